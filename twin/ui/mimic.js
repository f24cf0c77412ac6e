// <lt-mimic>: the line as people walk along it, machines in the order of the flow, buffers between them.

import { html, nothing } from "./vendor/lit.js";
import { activeOf, mark } from "./alarms.js";
import { get } from "./api.js";
import { hourCounts } from "./counts.js";
import { clockText, minuteText, numberText, shortText, unitText } from "./format.js";
import { lineOf } from "./known.js";
import { href } from "./moment.js";
import { follow, now } from "./now.js";
import { Part } from "./part.js";
import { icon, look } from "./states.js";
import { qualityOf, remark, valueOf } from "./value.js";

const MOST_VALUES = 4;

class Mimic extends Part {
  static properties = { asset: {} };

  start() {
    this.line = lineOf(this.asset);
    if (!this.line) return;
    this.counts = { of: new Map() };
    this.tags = new Map();
    follow(this, [this.line.path]);
    get("/tags", { match: this.line.path, limit: 5000 }).then(({ tags }) => {
      this.tags = new Map(tags.map((tag) => [tag.tag, tag]));
      this.requestUpdate();
    }, () => {});
    this.poll(async () => {
      this.counts = await hourCounts(this.line.path);
    }, 2000);
  }

  render() {
    if (!this.line) return nothing;
    const placed = new Set(this.line.flow.flatMap((station) => station.machines));
    const rest = this.line.machines.filter((one) => !placed.has(one.path)).map((one) => ({ machines: [one.path] }));
    const since = this.counts.from ? `pieces since ${minuteText(this.counts.from)}` : "";
    return html`<section class="line" aria-label=${this.line.display}>
      <div class="head"><h2><a href=${href(`/line/${this.line.path}`)}>${this.line.display}</a></h2>
        <span class="quiet">${since}</span></div>
      <ol class="flow">${[...this.line.flow, ...rest].map((station) => station.capacity ? buffer(station)
        : html`<li class="station">${station.machines.map((path) => this.card(path))}</li>`)}</ol></section>`;
  }

  card(path) {
    const machine = this.line.machines.find((one) => one.path === path);
    const { state, since } = now.machines[path] ?? {};
    const start = since ? Date.parse(since) : null;
    return html`<article class="machine" data-asset=${path} data-state=${state ?? "none"} data-ts=${since ?? ""}
      data-quality=${this.isStale ? "stale" : "good"} aria-label=${machine.display}>
      <h3><a href=${href(`/machine/${path}`)}>${machine.display}</a>${flags(path)}</h3>
      <div class="now"><p class="state">${icon(state)}<b class="word">${look(state).word}</b>
        <span class="length">${start === null ? "" : shortText(now.asOf - start)}</span></p>
        <p class="since">${start === null ? "" : `since ${clockText(start)}`}</p></div>
      <dl class="counts">${Object.keys(machine.counts).map((role) => this.count(machine, role))}</dl>
      <dl class="values">${mainTags(machine, this.tags).map(([name, tag]) => this.value(name, tag))}</dl></article>`;
  }

  count(machine, role) {
    const { of, asOf } = this.counts;
    const pieces = of.get(`${machine.path}:${role}`);
    const total = of.get(`${machine.path}:total`);
    const share = role !== "total" && pieces !== undefined && total ? ` ${((100 * pieces) / total).toFixed(1)} %` : "";
    return html`<div><dt>${role === "total" ? `total, ${machine.makes}` : role}<span class="share">${share}</span></dt>
      <dd><b data-count="${machine.path}:${role}" data-quality=${pieces === undefined ? "none" : "good"}
        data-ts=${asOf ?? ""}>${pieces === undefined ? "–" : numberText(pieces)}</b></dd></div>`;
  }

  value(name, tag) {
    const entry = now.tags.get(tag);
    return html`<div data-quality=${qualityOf(entry)}><dt>${name.replaceAll("_", " ")}</dt><dd>${mark(activeOf(tag))}${valueOf(tag, entry)}</dd>
      <dd class="unit">${unitText(this.tags.get(tag)?.unit ?? "")}</dd><dd class="said">${remark(entry)}</dd></div>`;
  }
}
customElements.define("lt-mimic", Mimic);

/** Marks beside a machine's name: its worst open alarm, an alert of its condition. */
export function flags(path) {
  const open = Object.values(now.alarms).filter((one) => one.asset === path);
  const alerts = Object.values(now.alerts).filter((one) => one.asset === path && !one.to);
  const worst = open.reduce((least, one) => Math.min(least, one.priority), 9);
  return html`<span class="flags">${open.length ? html`<a class="flag" data-priority=${worst}
    href=${href("/alarms")} aria-label="${open.length} open alarms, highest priority ${worst}">${open.length}</a>` : nothing}
    ${alerts.length ? html`<a class="flag alert" href=${href(`/machine/${path}`)} aria-label="condition alert">◈</a>`
    : nothing}</span>`;
}

function buffer({ capacity, unit }) {
  return html`<li class="buffer"><span class="arrow" aria-hidden="true"></span><span class="room"><span>buffer of</span>
    <b>${numberText(capacity)}</b> <span>${unit}</span></span></li>`;
}

/** What has a unit is measured, so it tells most; a state word or a counter is shown in other ways. */
export function mainTags(machine, tags, most = MOST_VALUES) {
  const own = Object.entries(machine.tags);
  const measured = own.filter(([, tag]) => tags.get(tag)?.unit);
  return (measured.length ? measured : own).slice(0, most);
}
