// <lt-oee>: OEE of the shift, opened to where the time went. And what the tiles show of it.

import { html, nothing, svg } from "./vendor/lit.js";
import { get } from "./api.js";
import { explained } from "./explain.js";
import { lengthText, minuteText, numberText, percentText } from "./format.js";
import { can, known } from "./known.js";
import { moment } from "./moment.js";
import { Part } from "./part.js";
import { linear } from "./scale.js";

const MINUTE = 60_000;
const FACTORS = [["availability", "Availability"], ["effectiveness", "Effectiveness"], ["quality", "Quality"]];
/** Elements of time, in the order of the bar: key, words, how it looks. */
const ELEMENTS = [
  ["made", "producing", ({ apt, micro }) => apt - (micro ?? 0)], ["micro", "micro-stops", ({ micro }) => micro],
  ["setup", "changeover", ({ aust }) => aust], ["lost", "stopped or waiting", ({ adet }) => adet],
  ["idle", "idle or off", ({ adot }) => adot], ["unknown", "not known", ({ unknown }) => unknown],
];

export const noShifts = () => !known?.has_shifts;

/** The shift that runs of a machine or a line, or undefined; of the past: as far as it had come then. */
export async function shiftOf(asset, more = {}) {
  const at = moment.isLive ? "now" : new Date(moment.to).toISOString();
  const one = await oeeOf({ asset, by: "shift", from: at, to: at, ...more });
  if (moment.isLive || !one) return one;
  const to = new Date(Math.floor(moment.to / MINUTE) * MINUTE).toISOString();
  if (Date.parse(to) <= Date.parse(one.from)) return undefined;
  return { ...await oeeOf({ asset, from: one.from, to, ...more }), name: one.name, so_far: Date.parse(to) < Date.parse(one.ends ?? one.to) };
}

async function oeeOf(query) {
  const { results } = await get("/oee", query);
  return results.find((one) => one.asset === query.asset);
}

/** early shift, so far */
export const shiftTitle = ({ name, so_far: soFar }) => `${name}${soFar ? ", so far" : ""}`;

class Oee extends Part {
  static properties = { asset: {} };
  static every = 60_000;

  start() {
    if (!can("oee") || noShifts()) return;
    this.poll(async () => {
      this.shift = await shiftOf(this.asset);
    }, 10_000);
  }

  render() {
    return html`<section class="card" aria-labelledby="oee-title"><div class="head"><h2 id="oee-title">OEE${
      this.shift ? ` of the shift: ${shiftTitle(this.shift)}` : ""}</h2>${this.shift ? html`<span class="quiet">${
      minuteText(Date.parse(this.shift.from))} to ${minuteText(Date.parse(this.shift.to))}</span>` : nothing}</div>
      ${this.body()}</section>`;
  }

  body() {
    if (!can("oee")) return html`<p class="quiet">This twin has no OEE.</p>`;
    if (noShifts()) return html`<p class="quiet">No shifts in the plant file: no OEE. How to give it some stands in
      docs/how-to/shifts.md.</p>`;
    const { shift } = this;
    if (!shift) return html`<p class="quiet">No shift at this time.</p>`;
    return html`<div class="oee"><div class="oee-figure"><b class="figure" data-kpi="oee">${percentText(shift.oee)}</b>
      ${shift.oee > 1 ? html`<span class="remark">above 100 %: the ideal rate is too low</span>` : nothing}</div>
      <dl class="factors">${FACTORS.filter(([key]) => typeof shift[key] === "number" || shift.level === "machine")
        .map(([key, name]) => factor(name, shift[key]))}</dl></div>
      ${standsOn(shift.inputs?.oee)}
      ${times(shift.elements)}
      <dl class="facts"><div><dt>produced</dt><dd>${pieces(shift.pieces?.produced)}</dd></div>
      <div><dt>good</dt><dd>${pieces(shift.pieces?.good)}</dd></div><div><dt>reject</dt><dd>${pieces(shift.pieces?.reject)}</dd></div>
      <div><dt>unit</dt><dd>${shift.pieces?.unit ?? "–"}</dd></div>
      ${[["NEE", shift.nee], ["TEEP", shift.teep]].filter(([, share]) => typeof share === "number").map(([name, share]) =>
        html`<div><dt>${name}</dt><dd>${percentText(share)}</dd></div>`)}</dl>
      ${(shift.flags ?? []).filter(({ code }) => code !== "so_far").length ? html`<ul class="remarks">${shift.flags
        .filter(({ code }) => code !== "so_far").map((one) => html`<li>${one.text}</li>`)}</ul>` : nothing}
      ${shift.method ? html`<p class="quiet method">${shift.method}</p>` : nothing}
      ${this.opened && !this.opened.explain ? nothing : html`<details @toggle=${(event) => this.open(event.target.open)}>
        <summary>Where does it come from?</summary>${this.opened ? explained(this.opened) : nothing}</details>`}`;
  }

  async open(isOpen) {
    if (!isOpen) return;
    this.opened = await shiftOf(this.asset, { explain: "1" });
    this.requestUpdate();
  }
}
customElements.define("lt-oee", Oee);

const pieces = (count) => (typeof count === "number" ? numberText(Math.round(count)) : "–");

/** What share of the time the values behind it were good, and of the rest what they were. */
function standsOn(inputs) {
  if (!inputs) return nothing;
  const rest = ["uncertain", "bad", "missing"].filter((kind) => inputs[kind] > 0)
    .map((kind) => `${partText(inputs[kind])} ${kind}`);
  return html`<p class="quiet inputs" data-inputs=${inputs.good}>${inputs.good < 0.95 ? html`<span aria-hidden="true">▲</span> ` : nothing}
    stands on ${partText(inputs.good)} good values${rest.length ? `; ${rest.join(", ")}` : ""}</p>`;
}

/** Never 100 % of what is not all, never 0 % of what is there. */
const partText = (share) => (share === 1 ? "100 %" : share < 0.001 ? "below 0.1 %" : `${Math.min(99.9, 100 * share).toFixed(1)} %`);

function factor(name, share) {
  const width = typeof share === "number" ? Math.max(0, Math.min(1, share)) * 100 : 0;
  return html`<div><dt>${name}</dt><dd><svg viewBox="0 0 100 6" preserveAspectRatio="none" class="share-bar" aria-hidden="true">
    <rect class="track" width="100" height="6"></rect><rect class="band" width=${width} height="6"></rect></svg>
    <b>${percentText(share)}</b></dd></div>`;
}

/** Where the planned time went. */
function times(elements) {
  if (typeof elements?.apt !== "number") return nothing;
  const shown = ELEMENTS.map(([kind, words, of]) => [kind, words, of(elements)]).filter(([, , seconds]) => seconds > 0);
  const whole = shown.reduce((sum, [, , seconds]) => sum + seconds, 0);
  if (!whole) return nothing;
  const x = linear([0, whole], [0, 100]);
  let left = 0;
  const parts = shown.map(([kind, , seconds]) => {
    const width = x(seconds);
    const rect = svg`<rect class="time-${kind}" x=${left} width=${Math.max(0.3, width)} height="10"></rect>`;
    left += width;
    return rect;
  });
  return html`<svg viewBox="0 0 100 10" preserveAspectRatio="none" class="time-bar" aria-hidden="true">
    <pattern id="hatch-time" width="0.8" height="10" patternUnits="userSpaceOnUse"><rect class="stripe" width="0.4" height="10">
    </rect></pattern>${parts}</svg>
    <ul class="legend">${shown.map(([kind, words, seconds]) => html`<li><span class="swatch time-${kind}" aria-hidden="true"></span>
      ${words} <b>${lengthText(seconds * 1000)}</b></li>`)}</ul>`;
}
