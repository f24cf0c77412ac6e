// <lt-history>: states over time, and below them, instant under instant, what was measured.

import { html, nothing } from "./vendor/lit.js";
import { get } from "./api.js";
import { gapsOf } from "./coverage.js";
import { lengthText } from "./format.js";
import { inOrder, machinesBelow, machineOf } from "./known.js";
import { go, href, lengthOf, moment, spanOf, spanQuery } from "./moment.js";
import { mainTags } from "./mimic.js";
import { now, onMessage } from "./now.js";
import { Part } from "./part.js";
import { append, load } from "./samples.js";
import { onWidth } from "./scale.js";
import { begin, intervalsOf, legend, shares, timeline } from "./timeline.js";
import "./ts-chart.js";

class History extends Part {
  static properties = { asset: {} };
  static every = 1000;

  start() {
    this.machines = machinesBelow(this.asset ?? "").filter((one) => one.has_state);
    Object.assign(this, { intervals: [], gaps: [], series: [], tags: [], chosen: "", width: 0 });
    this.again = this.poll(async () => {
      this.intervals = intervalsOf((await get("/states", { asset: this.asset ?? "", ...spanQuery() })).states);
    }, 60_000);
    this.gapsAgain = this.poll(async () => {
      this.gaps = await gapsOf(this.asset ?? "", this.machines, spanQuery());
    }, 60_000);
    this.trendAgain = this.poll(() => this.loadTrend(), 60_000);
    onMessage((message) => this.take(message));
  }

  firstUpdated() {
    onWidth(this.querySelector(".timeline"), (width) => {
      this.width = width;
      this.requestUpdate();
    });
  }

  take(message) {
    for (const [path, machine] of Object.entries(message.machines ?? {})) begin(this.intervals, path, machine);
    append(this.series, message);
    if (message.type === "snapshot" || message.corrections) this.again();
    if (message.type !== "snapshot" && !message.connections) return;
    this.trendAgain();
    this.gapsAgain();
  }

  /** A machine shows all that it measures; a line one tag at a time. */
  async loadTrend() {
    if (!this.tags.length) {
      const { tags } = await get("/tags", { match: this.asset ?? "", limit: 5000 });
      this.tags = inOrder(tags.filter((tag) => tag.type === "number" && tag.unit));
      this.limits = Object.fromEntries(tags.map((tag) => [tag.tag, tag.limits ?? []]));
    }
    const known = new Map(this.tags.map((tag) => [tag.tag, tag]));
    const machine = machineOf(this.asset);
    this.chosen ||= this.tags[0]?.tag ?? "";
    const wanted = machine ? mainTags(machine, known).map(([, tag]) => tag) : [this.chosen].filter(Boolean);
    this.series = await load(wanted.filter((tag) => known.has(tag)), 2 * this.offsetWidth);
  }

  render() {
    if (!this.machines?.length) return nothing;
    const span = now.asOf === null ? null : spanOf(now.asOf);
    const title = moment.isLive ? `last ${lengthText(lengthOf())}` : `${lengthText(lengthOf())} up to then`;
    return html`<section class="card" aria-labelledby="states-title"><div class="head">
      <h2 id="states-title">States, ${title}</h2>${span ? legend(this.intervals, span) : nothing}</div>
      <div id="timeline" class="timeline">${span && this.width
        ? timeline(this.machines, this.intervals, span, this.width, this.gaps) : nothing}</div>
      <details @toggle=${() => this.requestUpdate()}><summary>As a table</summary><div id="shares" class="scroll"
        tabindex="0">${span ? shares(this.machines, this.intervals, span) : nothing}</div></details>
      ${this.trend(span)}</section>`;
  }

  trend(span) {
    if (!this.tags.length) return nothing;
    const choose = ({ target }) => {
      this.chosen = target.value;
      this.trendAgain();
      if (!moment.isLive) this.loadTrend().then(() => this.requestUpdate());
    };
    const select = machineOf(this.asset) ? nothing : html`<label>Tag <select id="trend-tag" @change=${choose}>${
      this.tags.map((tag) => html`<option value=${tag.tag} ?selected=${tag.tag === this.chosen}>${
        tag.tag.slice((this.asset ?? "").length + 1)}</option>`)}</select></label>`;
    const zoom = ({ detail }) => go(detail);
    const unit = (one) => (this.limits?.[one.tag] ?? []).map((limit) => ({ ...limit, unit: one.unit }));
    return html`<div class="head trend-head"><h2>Trend</h2>${select}<a class="quiet" href=${href("/trends", {
      tag: this.series.map((one) => one.tag) })}>compare tags</a></div>
      ${span ? this.series.map((one, at) => html`<ts-chart lone ?bare=${at < this.series.length - 1} .series=${[one]}
        .from=${span.from} .to=${span.to} .limits=${unit(one)} .height=${this.series.length > 1 ? 110 : 240}
        @zoom=${zoom}></ts-chart>`) : nothing}`;
  }
}
customElements.define("lt-history", History);
