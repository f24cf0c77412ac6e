// The line as people walk along it: machines in the order of the flow, buffers between them.

import { el, setAttribute, setText } from "./dom.js";
import { lengthText, numberText, sinceText, unitText } from "./format.js";
import { icon, look } from "./states.js";
import { remark, showValue, valueNode } from "./value.js";

const MOST_VALUES = 4;

export class Mimic {
  constructor(root, plant, units) {
    this.cards = new Map();
    for (const line of plant.lines) root.append(this.line(line, units));
  }

  line(line, units) {
    const machines = new Map(line.machines.map((machine) => [machine.path, machine]));
    const stations = line.flow.map((station) => this.station(station, machines, units));
    const rest = [...machines.values()].map((machine) => el("li", { class: "station" }, this.card(machine, units)));
    const bar = el("div", { class: "bar" }, el("h2", {}, line.display), el("span", { class: "quiet since-hour" }));
    return el("section", { class: "line" }, bar, el("ol", { class: "flow" }, ...stations, ...rest));
  }

  station(station, machines, units) {
    if (station.capacity !== null) {
      const text = `buffer ${numberText(station.capacity)} ${station.unit}`;
      return el("li", { class: "buffer" }, el("span", { class: "arrow", "aria-hidden": "true" }), el("span", {}, text));
    }
    const cards = station.machines.map((path) => this.card(machines.get(path), units));
    for (const path of station.machines) machines.delete(path);
    return el("li", { class: "station" }, ...cards);
  }

  card(machine, units) {
    const state = el("p", { class: "state" });
    const since = el("p", { class: "since" });
    const counts = el("dl", { class: "counts" });
    const values = mainTags(machine, units).map(([name, tag]) => ({
      tag, name, node: valueNode(tag), note: el("span", { class: "note" }), unit: unitText(units.get(tag)?.unit ?? ""),
    }));
    const list = el("dl", { class: "values" });
    for (const one of values) {
      const unit = el("span", { class: "unit" }, one.unit);
      list.append(el("div", {}, el("dt", {}, one.name.replaceAll("_", " ")), el("dd", {}, one.node, " ", unit, one.note)));
    }
    const node = el("article", { class: "machine", "data-asset": machine.path, "aria-label": machine.display },
      el("h3", {}, machine.display), state, since, counts, list);
    this.cards.set(machine.path, { machine, node, state, since, counts, values, shown: undefined });
    return node;
  }

  showStates(machines, asOf, isSilent) {
    for (const [path, now] of Object.entries(machines)) {
      const card = this.cards.get(path);
      if (!card) continue;
      if (card.shown !== now.state) {
        card.shown = now.state;
        card.state.replaceChildren(icon(now.state), el("span", {}, look(now.state).word));
        setAttribute(card.node, "data-state", now.state ?? "none");
      }
      setAttribute(card.node, "data-quality", isSilent ? "stale" : "good");
      const since = now.since ? Date.parse(now.since) : null;
      setText(card.since, since === null ? "" : `${lengthText(asOf - since)}, since ${sinceText(since, asOf)}`);
      setAttribute(card.since, "data-ts", now.since ?? "");
    }
  }

  showValues(tags, asOf, isSilent) {
    for (const card of this.cards.values()) {
      for (const one of card.values) {
        const entry = tags.get(one.tag);
        showValue(one.node, entry, isSilent);
        setText(one.note, entry ? remark(entry, asOf) : "");
      }
    }
  }

  /** Counts of the current hour, from GET /counts. */
  showCounts(counts, since) {
    for (const [asset, card] of this.cards) {
      const own = counts.filter((one) => one.asset === asset);
      const total = own.find((one) => one.role === "total")?.pieces;
      card.counts.replaceChildren(...own.map((one) => countRow(one, total)));
    }
    for (const node of document.querySelectorAll(".since-hour")) setText(node, `pieces since ${since}`);
  }
}

function countRow(one, total) {
  const more = one.role !== "reject" ? one.of : total ? `(${((100 * one.pieces) / total).toFixed(1)} %)` : "";
  const number = el("b", { "data-count": `${one.asset}:${one.role}` }, numberText(one.pieces));
  return el("div", {}, el("dt", {}, one.role), el("dd", {}, number, ` ${more}`));
}

/** What has a unit is measured, so it tells most; a state word or a counter is shown in other ways. */
function mainTags(machine, units) {
  const own = Object.entries(machine.tags);
  const measured = own.filter(([, tag]) => units.get(tag)?.unit);
  return (measured.length ? measured : own).slice(0, MOST_VALUES);
}
