// <lt-alarms>: what is wrong now, with the way to its cause and a button to acknowledge; `past`: what was.

import { html, nothing } from "./vendor/lit.js";
import { get, isAway, post } from "./api.js";
import { clockText, lengthText, numberText, percentText, unitText } from "./format.js";
import { can, machineOf, mayOperate, nameOf, shortOf } from "./known.js";
import { atQuery, href, moment, spanQuery } from "./moment.js";
import { now, onMessage } from "./now.js";
import { Part } from "./part.js";

const SHAPES = { 1: "■", 2: "▲", 3: "▼", 4: "◆" };
const SIGNS = { high: ">", low: "<", stale: "silent for" };
const WEEK = 7 * 86_400_000;
const SHORT = 8;

/** A priority as shape, number and colour. */
export const priority = (number) => html`<span class="priority" data-priority=${number}><span aria-hidden="true">${
  SHAPES[number] ?? "●"}</span><span class="unseen">priority </span>${number}</span>`;

/** The most urgent alarm of a tag that is active now, or undefined. */
export const activeOf = (tag) => Object.values(now.alarms).filter((one) => one.tag === tag && "BC".includes(one.state))
  .sort((a, b) => a.priority - b.priority)[0];

/** Its mark beside the value, with its text for those who do not see it. */
export const mark = (alarm) => (alarm ? html`<span class="mark-alarm" data-priority=${alarm.priority} title=${alarm.text}
  ><span aria-hidden="true">${SHAPES[alarm.priority] ?? "●"}</span><span class="unseen">${alarm.text}</span></span> ` : nothing);

class Alarms extends Part {
  static properties = { asset: {}, short: { type: Boolean }, past: { type: Boolean } };
  static every = 1000;

  start() {
    Object.assign(this, { all: [], noting: null, told: "" });
    if (!can("alarms")) return;
    this.again = this.poll(async () => {
      const wanted = this.past ? { state: "all", ...spanQuery(WEEK) } : { state: "open", ...atQuery() };
      const query = { ...(this.asset ? { asset: this.asset } : {}), ...wanted };
      this.all = (await get("/alarms", query)).alarms;
    }, 10_000);
    onMessage((message) => message.alarms && this.again());
  }

  /** Those to show: open ones by weight, past ones by time. */
  shown() {
    const live = Object.values(now.alarms);
    const isTold = moment.isLive && now.link !== "waiting";
    const mine = this.past ? this.all.filter((one) => one.to) : isTold ? live : this.all;
    const below = mine.filter((one) => !this.asset || one.asset === this.asset || one.asset.startsWith(`${this.asset}/`));
    return below.sort((a, b) => (this.past ? 0 : a.priority - b.priority) || (a.from < b.from ? 1 : -1));
  }

  render() {
    const title = this.past ? "Alarms that are over, 7 days" : moment.isLive ? "Open alarms" : "Alarms at that time";
    const shown = can("alarms") ? this.shown() : [];
    const few = this.short ? shown.slice(0, SHORT) : shown.slice(0, 300);
    return html`<section class="card" aria-label=${title}><div class="head"><h2>${title}</h2>
      <span class="quiet">${shown.length || ""}</span>${this.short ? html`<a class="quiet" href=${href("/alarms")}>all alarms</a>`
      : nothing}</div>${few.length ? this.table(few) : html`<p class="quiet">${can("alarms") ? "None." : "This twin has no alarms."}</p>`}
      <p class="told" role="status">${this.told}</p></section>`;
  }

  table(alarms) {
    return html`<div class="scroll" tabindex="0"><table class="alarm-table" ?data-short=${this.short}><thead><tr>
      <th scope="col"><span class="unseen">Priority</span></th><th scope="col">Alarm</th><th scope="col">State</th>
      <th scope="col" class="number">${this.past ? "Peak" : "Value"}</th><th scope="col" class="number limit-head">Limit</th><th scope="col">Since</th>
      ${this.short ? nothing : html`<th scope="col"><span class="unseen">Acknowledge</span></th>`}</tr></thead>
      <tbody>${alarms.map((one) => this.row(one))}</tbody></table></div>`;
  }

  row(one) {
    const from = Date.parse(one.from);
    const to = one.to ? Date.parse(one.to) : now.asOf;
    const value = this.past ? one.peak : one.value;
    const cause = machineOf(one.asset) ? href(`/machine/${one.asset}`) : one.tag ? href("/trends", { tag: one.tag }) : href("/connections");
    return html`<tr data-alarm=${one.id} data-state=${one.state} data-priority=${one.priority}><td>${priority(one.priority)}</td>
      <th scope="row"><a href=${cause} class="cause-link">${one.asset ? html`<b>${nameOf(one.asset)}</b> ` : nothing}${
      one.text || one.name}</a>${one.tag ? html` <a class="quiet tag-link" href=${href("/trends", { tag: one.tag })}>${
      shortOf(one.tag).split("/").at(-1)}</a>` : nothing}${one.chattering ? html` <span class="remark">chattering</span>` : nothing}</th>
      <td class="alarm-state">${one.state_text}${one.acknowledged ? html`<br><span class="quiet">${one.acknowledged.who}${
      one.acknowledged.note ? `: ${one.acknowledged.note}` : ""}</span>` : nothing}</td>
      <td class="number alarm-value">${one.kind === "stale" ? html`<span class="quiet">${one.cause || "silent"}</span>`
        : html`${typeof value === "number" ? numberText(value) : "–"} <span class="unit">${unitText(one.unit ?? "")}</span>`}</td>
      <td class="number limit-head">${typeof one.limit === "number" ? `${SIGNS[one.kind] ?? ""} ${numberText(one.limit)}${
        one.kind === "stale" ? " s" : ""}` : "–"}</td>
      <td class="when">${clockText(from)}<br><span class="quiet">${to ? lengthText(to - from) : ""}${one.activations > 1
        ? `, ${one.activations} times` : ""}</span></td>
      ${this.short ? nothing : html`<td class="ack">${this.acknowledge(one)}</td>`}</tr>`;
  }

  acknowledge(one) {
    if (one.acknowledged || this.past || !moment.isLive || !mayOperate) return nothing;
    if (this.noting !== one.id) {
      return html`<button type="button" data-ack @click=${() => this.note(one.id)}>Acknowledge</button>`;
    }
    const send = (event) => {
      event.preventDefault();
      this.send(one, event.target.elements.note.value);
    };
    return html`<form @submit=${send} @keydown=${(event) => event.key === "Escape" && this.note(null)}><label><span
      class="unseen">Note</span><input name="note" maxlength="500" placeholder="note, may stay empty"></label>
      <button type="submit">Acknowledge</button></form>`;
  }

  note(id) {
    this.noting = id;
    this.requestUpdate();
    this.updateComplete.then(() => this.querySelector("[name=note]")?.focus());
  }

  async send(one, note) {
    try {
      const answer = await post(`/alarms/${encodeURIComponent(one.id)}/ack`, note ? { note } : {});
      this.told = `${nameOf(one.asset)}: ${one.text || one.name} acknowledged`;
      this.all = this.all.map((old) => (old.id === one.id ? answer : old));
      if (now.alarms[one.id]) now.alarms[one.id] = answer;
    } catch (error) {
      if (!isAway(error)) throw error;
      this.told = error.message;
    }
    this.note(null);
    this.again();
  }
}
customElements.define("lt-alarms", Alarms);

/** Alarm performance: the figures of ISA-18.2 as the twin gives them. */
class Performance extends Part {
  static every = 60_000;

  start() {
    if (!can("alarms")) return;
    this.poll(async () => {
      this.figures = await get("/alarms/performance", spanQuery(moment.isLive ? 86_400_000 : undefined));
    }, 60_000);
  }

  render() {
    const { figures: found } = this;
    if (!found) return nothing;
    const { targets } = found;
    const figure = (name, value, target, text = numberText) => html`<div><dt>${name}</dt><dd data-over=${value > target}>${
      value > target ? "▲ " : ""}${text(value)} <span class="quiet">${target === undefined ? "" : `target: at most ${text(target)}`}</span></dd></div>`;
    return html`<section class="card" aria-label="Alarm performance"><div class="head"><h2>Alarm performance</h2>
      <span class="quiet">${moment.isLive ? "last 24 h" : "of the span"}, beside the targets of ISA-18.2</span></div>
      <dl class="facts">${figure("alarms", found.activations)}
      ${figure("in 10 min, average", found.average_per_10_min, targets.average_per_10_min)}
      ${figure("in 10 min, peak", found.peak_per_10_min, targets.peak_per_10_min)}
      ${figure("time in floods", found.flood_share, targets.flood_share, (share) => percentText(share, 0))}
      ${figure("chattering", found.chattering.length, targets.chattering)}
      ${figure("standing longer than a day", found.standing.length, targets.standing)}</dl>
      ${found.top.length ? html`<details><summary>Most frequent</summary>${listOf(found.top)}</details>` : nothing}</section>`;
  }
}
customElements.define("lt-alarm-performance", Performance);

const listOf = (rows) => html`<ul class="wrong">${rows.slice(0, 20).map((row) => html`<li>${typeof row === "object"
  ? Object.values(row).map((one) => (typeof one === "string" ? shortOf(one) : one)).join(", ") : row}</li>`)}</ul>`;
