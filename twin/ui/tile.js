// <lt-tile>: a line in one look: states, OEE of the shift, pieces against the ideal, alarms, alerts, health of the data.

import { html, nothing } from "./vendor/lit.js";
import { hourCounts } from "./counts.js";
import { leftText, numberText, percentText } from "./format.js";
import { can, lineOf, nameOf, withoutName } from "./known.js";
import { href } from "./moment.js";
import { now } from "./now.js";
import { noShifts, shiftOf, shiftTitle } from "./oee.js";
import { Part } from "./part.js";
import { priority } from "./alarms.js";
import { icon, look, STATES } from "./states.js";

class Tile extends Part {
  static properties = { asset: {} };

  start() {
    this.line = lineOf(this.asset);
    if (!this.line) return;
    this.counts = { of: new Map() };
    this.poll(async () => {
      this.counts = await hourCounts(this.line.path);
      if (can("oee")) this.oee = await shiftOf(this.line.path, { inputs: "0" });
    }, 5000);
  }

  render() {
    if (!this.line) return nothing;
    return html`<section class="tile" aria-label="${this.line.display} in short" data-quality=${this.isStale ? "stale" : "good"}>
      ${this.states()}${this.shift()}${this.pieces()}${this.alarms()}${this.alerts()}${this.data()}</section>`;
  }

  states() {
    const count = {};
    for (const { path } of this.line.machines) {
      const state = now.machines[path]?.state ?? "none";
      count[state] = (count[state] ?? 0) + 1;
    }
    const shown = [...STATES, "none"].filter((state) => count[state]);
    return cell("Machines", html`<ul class="summary">${shown.map((state) => html`<li data-state=${state}>
      ${icon(state === "none" ? null : state)}<b>${count[state]}</b> ${look(state === "none" ? null : state).word}</li>`)}</ul>`);
  }

  shift() {
    if (!can("oee")) return nothing;
    if (noShifts()) return cell("OEE", html`<span class="quiet">no shifts in the plant file: no OEE
      (docs/how-to/shifts.md)</span>`);
    const one = this.oee;
    const unknown = one?.flags?.find(({ code }) => code === "unknown_time");
    return cell(one ? `OEE, ${shiftTitle(one)}` : "OEE of the shift",
      html`<b class="figure">${percentText(one?.oee)}</b>${one?.oee > 1 ? html`<span class="remark">above 100 %</span>` : nothing}${
      unknown ? html`<span class="remark">${unknown.text}</span>` : nothing}`);
  }

  pieces() {
    const output = this.line.output[0] ?? this.line.machines.at(-1)?.path;
    const machine = this.line.machines.find((one) => one.path === output);
    const good = this.oee?.pieces?.good;
    if (typeof good === "number") {
      const ideal = this.oee.oee > 0 ? good / this.oee.oee : null;
      return cell("Good of the shift", html`<b class="figure">${numberText(Math.round(good))}</b>
        <span class="unit">${this.oee.pieces.unit ?? machine?.makes ?? ""}</span>
        <span class="remark">${ideal === null ? "" : `ideal ${Math.round(ideal).toLocaleString("en")}`}</span>`);
    }
    const made = this.counts.of.get(`${output}:total`);
    return cell("This hour", html`<b class="figure">${made === undefined ? "–" : numberText(made)}</b>
      <span class="unit">${machine?.makes ?? ""}</span>`);
  }

  alarms() {
    if (!can("alarms")) return nothing;
    const mine = this.below(Object.values(now.alarms)).sort((a, b) => a.priority - b.priority || (a.from < b.from ? 1 : -1));
    const [top] = mine;
    const waiting = mine.filter((one) => !one.acknowledged).length;
    return cell("Alarms", top ? html`<a class="top-alarm" data-kind="alarm" href=${href("/alarms")}>${priority(top.priority)}
      <b>${nameOf(top.asset)}: ${top.text || top.name}</b></a><span class="remark">${mine.length} active, ${waiting} not
      acknowledged</span>` : html`<span class="quiet">none</span>`);
  }

  alerts() {
    if (!can("alerts")) return nothing;
    const mine = this.below(Object.values(now.alerts)).filter((one) => !one.to);
    const [top] = mine;
    const left = top?.forecast;
    return cell("Condition", top ? html`<a class="top-alarm" data-kind="alert" href=${href(`/machine/${top.asset}`)}><span
      class="sign-alert" aria-hidden="true">◈</span> <b>${nameOf(top.asset)}: ${withoutName(top.title, top.asset)}</b></a><span class="remark">${
      left ? leftText(left) : "no forecast yet"}</span>`
      : html`<span class="quiet">no alert</span>`);
  }

  data() {
    if (now.link === "past") return nothing;
    const all = Object.entries(now.connections);
    const away = all.filter(([, one]) => one.state !== "up");
    const tags = all.reduce((sum, [, one]) => sum + (one.problems ?? 0), 0);
    const said = this.isStale ? html`<b>twin silent</b>`
      : away.length ? html`<a href=${href("/connections")} class="bad-link"><b>✕ ${away.map(([id]) => id).join(", ")}</b>
        ${away[0][1].state}</a>`
      : html`<b>✓ ${all.length} of ${all.length} connected</b>`;
    return cell("Data", html`${said}${tags ? html`<span class="remark">${tags} tags do not work</span>` : nothing}`);
  }

  below(all) {
    return all.filter((one) => !one.asset || one.asset === this.line.path || one.asset.startsWith(`${this.line.path}/`));
  }
}
customElements.define("lt-tile", Tile);

const cell = (title, body) => html`<div class="cell"><h3>${title}</h3><div>${body}</div></div>`;
