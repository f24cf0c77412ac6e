// <lt-machine>: one machine: its state, what it makes, what it measures with limits and the last hour.

import { html, nothing } from "./vendor/lit.js";
import { activeOf, mark } from "./alarms.js";
import { get } from "./api.js";
import { bar, spark } from "./bar.js";
import { hourCounts } from "./counts.js";
import { clockText, lengthText, minuteText, numberText, shortText, unitText } from "./format.js";
import { machineOf } from "./known.js";
import { href, moment, spanQuery } from "./moment.js";
import { follow, now, onMessage } from "./now.js";
import { Part } from "./part.js";
import { append, load, rangeOf } from "./samples.js";
import { icon, look } from "./states.js";
import { flags } from "./mimic.js";
import { qualityOf, remark, valueOf } from "./value.js";

const HOUR = 3600_000;

class MachineView extends Part {
  static properties = { asset: {} };
  static every = 200;

  start() {
    this.machine = machineOf(this.asset);
    if (!this.machine) return;
    Object.assign(this, { tags: new Map(), series: new Map(), counts: { of: new Map() } });
    follow(this, [this.asset]);
    this.poll(async () => {
      const { tags } = await get("/tags", { match: this.asset, limit: 1000 });
      this.tags = new Map(tags.map((tag) => [tag.tag, tag]));
      const numbers = Object.values(this.machine.tags).filter((tag) => this.tags.get(tag)?.unit);
      this.series = new Map((await load(numbers.slice(0, 50), 200, spanQuery(HOUR))).map((one) => [one.tag, one]));
    }, 60_000);
    this.poll(async () => {
      this.counts = await hourCounts(this.asset);
    }, 2000);
    onMessage((message) => append([...this.series.values()], message));
  }

  render() {
    const { machine } = this;
    if (!machine) return nothing;
    const measured = Object.entries(machine.tags).filter(([, tag]) => this.tags.get(tag)?.unit);
    const rest = Object.entries(machine.tags).filter(([, tag]) => !this.tags.get(tag)?.unit);
    return html`<section class="card"><div class="machine wide-machine" data-asset=${this.asset}
      data-state=${now.machines[this.asset]?.state ?? "none"} data-quality=${this.isStale ? "stale" : "good"}>
      ${this.state()}
      <dl class="counts">${Object.keys(machine.counts).map((role) => this.count(role))}</dl>
      <p class="quiet since-hour">${this.counts.from ? `pieces since ${minuteText(this.counts.from)}` : ""}</p></div>
      <div class="scroll" tabindex="0"><table class="measured"><caption class="unseen">What it measures</caption>
      <thead><tr><th scope="col">Measured</th><th scope="col" class="number">Value</th><th scope="col">Unit</th>
      <th scope="col">Range</th><th scope="col">Last hour</th><th scope="col">Status</th></tr></thead>
      <tbody>${measured.map(([name, tag]) => this.measure(name, tag))}</tbody></table></div>
      <ul class="words">${rest.map(([name, tag]) => this.word(name, tag))}</ul></section>`;
  }

  state() {
    const { state, since } = now.machines[this.asset] ?? {};
    const start = since ? Date.parse(since) : null;
    return html`<div class="now"><p class="state">${icon(state)}<b class="word">${look(state).word}</b>
      <span class="length">${start === null ? "" : shortText(now.asOf - start)}</span></p>
      <p class="since">${start === null ? "" : `since ${clockText(start)}`} ${flags(this.asset)}</p></div>`;
  }

  count(role) {
    const pieces = this.counts.of.get(`${this.asset}:${role}`);
    const total = this.counts.of.get(`${this.asset}:total`);
    const share = role !== "total" && pieces !== undefined && total ? ` ${((100 * pieces) / total).toFixed(1)} %` : "";
    return html`<div><dt>${role === "total" ? `total, ${this.machine.makes}` : role}${share}</dt><dd><b
      data-count="${this.asset}:${role}" data-ts=${this.counts.asOf ?? ""}
      data-quality=${pieces === undefined ? "none" : "good"}>${pieces === undefined ? "–" : numberText(pieces)}</b></dd></div>`;
  }

  measure(name, tag) {
    const about = this.tags.get(tag);
    const entry = now.tags.get(tag);
    const alarm = activeOf(tag);
    const series = this.series.get(tag);
    const value = typeof entry?.value === "number" ? entry.value : null;
    const seen = series ? rangeOf(series) : null;
    const to = moment.isLive ? now.asOf : moment.to;
    return html`<tr data-quality=${qualityOf(entry)}><th scope="row"><a href=${href("/trends", { tag })}>${
      about.display || name.replaceAll("_", " ")}</a></th><td class="number">${mark(alarm)}${valueOf(tag, entry)}</td>
      <td class="unit">${unitText(about.unit)}</td><td>${bar(value, seen, about.limits ?? [], qualityOf(entry))}</td>
      <td>${to ? spark(series, to - HOUR, to) : nothing}</td><td class="status">${alarm ? `${alarm.text}, priority ${alarm.priority}. ` : ""}${remark(entry)}</td></tr>`;
  }

  word(name, tag) {
    const entry = now.tags.get(tag);
    const age = entry?.time && entry.stale ? lengthText(now.asOf - Date.parse(entry.time)) : "";
    return html`<li><a href=${href("/trends", { tag })}>${name.replaceAll("_", " ")}</a> ${valueOf(tag, entry)}
      <span class="quiet">${age}</span></li>`;
  }
}
customElements.define("lt-machine", MachineView);
