// The line as people walk along it: machines in the order of the flow, buffers between them.

import { el, setAttribute, setText } from "./dom.js";
import { clockText, minuteText, numberText, shortText, unitText } from "./format.js";
import { icon, look } from "./states.js";
import { remark, showValue, valueNode } from "./value.js";

const MOST_VALUES = 4;

export class Mimic {
  /**
   * @param {Element} root
   * @param {object} plant answer of GET /plant
   * @param {Map<string, object>} tags path of a tag -> what GET /tags says of it
   */
  constructor(root, plant, tags) {
    this.cards = new Map();
    this.hours = [];
    root.replaceChildren(...plant.lines.map((line) => this.line(line, tags)));
  }

  line(line, tags) {
    const machines = new Map(line.machines.map((machine) => [machine.path, machine]));
    const stations = line.flow.map((station) => this.station(station, machines, tags));
    const rest = [...machines.values()].map((machine) => el("li", { class: "station" }, this.card(machine, tags)));
    const hour = el("span", { class: "quiet" });
    this.hours.push(hour);
    const bar = el("div", { class: "bar" }, el("h2", {}, line.display), hour);
    return el("section", { class: "line", "aria-label": line.display }, bar,
      el("ol", { class: "flow" }, ...stations, ...rest));
  }

  /** What stands at this place of the flow; machines that are placed leave the map. */
  station(station, machines, tags) {
    if (station.capacity !== null) return buffer(station);
    const cards = station.machines.map((path) => this.card(machines.get(path), tags));
    for (const path of station.machines) machines.delete(path);
    return el("li", { class: "station" }, ...cards);
  }

  card(machine, tags) {
    const word = el("b", { class: "word" });
    const length = el("span", { class: "length" });
    const state = el("p", { class: "state" }, icon(null), word, length);
    const since = el("p", { class: "since" });
    const roles = Object.keys(machine.counts).map((role) => countCell(machine, role));
    const counts = el("dl", { class: "counts" }, ...roles);
    const values = mainTags(machine, tags).map(([name, tag]) => valueRow(name, tag, tags.get(tag)?.unit ?? ""));
    const attributes = { "data-asset": machine.path, "data-state": "none", "aria-label": machine.display };
    const node = el("article", { class: "machine", ...attributes },
      el("h3", {}, machine.display), el("div", { class: "now" }, state, since), counts,
      el("dl", { class: "values" }, ...values.map((one) => one.row)));
    this.cards.set(machine.path, { node, state, word, length, since, counts, values });
    return node;
  }

  showStates(machines, asOf, isSilent) {
    for (const [path, now] of Object.entries(machines)) {
      const card = this.cards.get(path);
      if (card) showState(card, now, asOf, isSilent);
    }
  }

  showValues(tags, asOf, isSilent) {
    for (const one of [...this.cards.values()].flatMap((card) => card.values)) {
      const entry = tags.get(one.tag);
      if (!entry) continue;
      showValue(one.node, entry, isSilent);
      setText(one.note, remark(entry, asOf));
    }
  }

  /** Pieces of the current hour out of an answer of GET /counts by hour. */
  showCounts({ counts, as_of }) {
    const hour = counts.reduce((last, one) => (one.from > last ? one.from : last), "");
    const now = counts.filter((one) => one.from === hour);
    const pieces = new Map(now.map((one) => [`${one.asset}:${one.role}`, one.pieces]));
    for (const [path, card] of this.cards) {
      for (const node of card.counts.querySelectorAll("[data-count]")) {
        showCount(node, pieces.get(node.dataset.count), pieces.get(`${path}:total`), as_of);
      }
    }
    const text = hour ? `pieces since ${minuteText(Date.parse(hour))}` : "";
    for (const node of this.hours) setText(node, text);
  }
}

function buffer({ capacity, unit }) {
  const room = [el("span", {}, "buffer"), " ", el("b", {}, numberText(capacity)), " ", el("span", {}, unit)];
  return el("li", { class: "buffer" },
    el("span", { class: "arrow", "aria-hidden": "true" }), el("span", { class: "room" }, ...room));
}

function countCell(machine, role) {
  const number = el("b", { "data-count": `${machine.path}:${role}`, "data-quality": "none", "data-ts": "" }, "–");
  const share = el("span", { class: "share" });
  const words = role === "total" ? `total, ${machine.makes}` : role;
  return el("div", {}, el("dt", {}, words, share), el("dd", {}, number));
}

function showCount(node, pieces, total, asOf) {
  setText(node, pieces === undefined ? "–" : numberText(pieces));
  setAttribute(node, "data-quality", pieces === undefined ? "none" : "good");
  setAttribute(node, "data-ts", asOf);
  const isShare = pieces !== undefined && total && !node.dataset.count.endsWith(":total");
  setText(node.closest("div").querySelector(".share"), isShare ? ` ${((100 * pieces) / total).toFixed(1)} %` : "");
}

function valueRow(name, tag, unit) {
  const node = valueNode(tag);
  const note = el("span", { class: "note" });
  const row = el("div", {}, el("dt", {}, name.replaceAll("_", " ")), el("dd", {}, node),
    el("dd", { class: "unit" }, unitText(unit)), el("dd", { class: "said" }, note));
  return { tag, node, note, row };
}

function showState(card, now, asOf, isSilent) {
  if (card.node.dataset.state !== (now.state ?? "none")) {
    setAttribute(card.node, "data-state", now.state ?? "none");
    card.state.firstChild.replaceWith(icon(now.state));
  }
  setText(card.word, look(now.state).word);
  setAttribute(card.node, "data-quality", isSilent ? "stale" : "good");
  setAttribute(card.node, "data-ts", now.since ?? "");
  const since = now.since ? Date.parse(now.since) : null;
  setText(card.length, since === null ? "" : shortText(asOf - since));
  setText(card.since, since === null ? "" : `since ${clockText(since)}`);
}

/** What has a unit is measured, so it tells most; a state word or a counter is shown in other ways. */
function mainTags(machine, tags) {
  const own = Object.entries(machine.tags);
  const measured = own.filter(([, tag]) => tags.get(tag)?.unit);
  return (measured.length ? measured : own).slice(0, MOST_VALUES);
}
