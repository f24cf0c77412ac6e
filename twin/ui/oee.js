// <lt-oee>: OEE of the shift, opened to where the time went. And what the tiles show of it.

import { html, nothing, svg } from "./vendor/lit.js";
import { get } from "./api.js";
import { clockText, lengthText, minuteText, numberText, percentText } from "./format.js";
import { can, known, nameOf } from "./known.js";
import { moment, spanQuery } from "./moment.js";
import { Part } from "./part.js";
import { linear } from "./scale.js";

const SHIFTS_BACK = 24 * 3600_000;
const FACTORS = [["availability", "Availability"], ["effectiveness", "Effectiveness"], ["quality", "Quality"]];
/** Elements of time, in the order of the bar: key, words, how it looks. */
const ELEMENTS = [
  ["apt", "producing", "made"], ["micro", "micro-stops", "micro"], ["adet", "down and waiting", "lost"],
  ["unknown", "not known", "unknown"],
];

export const noShifts = () => !known?.has_shifts;

/** The shift that runs (or ran, at the moment of the past) of a machine or a line, or undefined. */
export async function shiftOf(asset, more = {}) {
  const { results } = await get("/oee", { asset, by: "shift", ...spanQuery(SHIFTS_BACK), ...more });
  return results.filter((one) => one.asset === asset).reduce((last, one) => (!last || one.from > last.from ? one : last), undefined);
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
      docs/how-to/oee.md.</p>`;
    const { shift } = this;
    if (!shift) return html`<p class="quiet">No shift at this time.</p>`;
    return html`<div class="oee"><div class="oee-figure"><b class="figure" data-kpi="oee">${percentText(shift.oee)}</b>
      ${shift.oee > 1 ? html`<span class="remark">above 100 %: the ideal rate is too low</span>` : nothing}</div>
      <dl class="factors">${FACTORS.map(([key, name]) => factor(name, shift[key]))}</dl></div>
      ${times(shift.elements)}
      <dl class="facts"><div><dt>produced</dt><dd>${pieces(shift.pieces?.produced)}</dd></div>
      <div><dt>good</dt><dd>${pieces(shift.pieces?.good)}</dd></div><div><dt>reject</dt><dd>${pieces(shift.pieces?.reject)}</dd></div>
      <div><dt>unit</dt><dd>${shift.pieces?.unit ?? "–"}</dd></div>
      <div><dt>NEE</dt><dd>${percentText(shift.nee)}</dd></div><div><dt>TEEP</dt><dd>${percentText(shift.teep)}</dd></div></dl>
      ${(shift.flags ?? []).filter(({ code }) => code !== "so_far").length ? html`<ul class="remarks">${shift.flags
        .filter(({ code }) => code !== "so_far").map((one) => html`<li>${one.text}</li>`)}</ul>` : nothing}
      <details @toggle=${(event) => this.open(event.target.open)}><summary>Where does it come from?</summary>
        ${this.opened ? explained(this.opened.explain) : nothing}</details>`;
  }

  async open(isOpen) {
    if (!isOpen) return;
    this.opened = await shiftOf(this.asset, { explain: "1" });
    this.requestUpdate();
  }
}
customElements.define("lt-oee", Oee);

const pieces = (count) => (typeof count === "number" ? numberText(Math.round(count)) : "–");

function factor(name, share) {
  const width = typeof share === "number" ? Math.max(0, Math.min(1, share)) * 100 : 0;
  return html`<div><dt>${name}</dt><dd><svg viewBox="0 0 100 6" preserveAspectRatio="none" class="share-bar" aria-hidden="true">
    <rect class="track" width="100" height="6"></rect><rect class="band" width=${width} height="6"></rect></svg>
    <b>${percentText(share)}</b></dd></div>`;
}

/** Where the planned time went. */
function times(elements) {
  const shown = ELEMENTS.filter(([key]) => elements?.[key] > 0);
  const whole = shown.reduce((sum, [key]) => sum + elements[key], 0);
  if (!whole) return nothing;
  const x = linear([0, whole], [0, 100]);
  let left = 0;
  const parts = shown.map(([key, , kind]) => {
    const width = x(elements[key]);
    const rect = svg`<rect class="time-${kind}" x=${left} width=${Math.max(0.3, width)} height="10"></rect>`;
    left += width;
    return rect;
  });
  return html`<svg viewBox="0 0 100 10" preserveAspectRatio="none" class="time-bar" aria-hidden="true">${parts}</svg>
    <ul class="legend">${shown.map(([key, words, kind]) => html`<li><span class="swatch time-${kind}" aria-hidden="true"></span>
      ${words} <b>${lengthText(elements[key] * 1000)}</b></li>`)}</ul>`;
}

/** What the number is made of, level below level; instants and counts as they come. */
export function explained(what, depth = 0) {
  if (what === null || what === undefined) return html`<span class="quiet">–</span>`;
  if (Array.isArray(what)) {
    const shown = what.slice(0, 100);
    if (shown.every((one) => one && typeof one === "object" && !Array.isArray(one))) return rows(shown, what.length);
    return html`${shown.map(plain).join(", ")}`;
  }
  if (typeof what !== "object") return html`${plain(what)}`;
  return html`<dl class=${depth ? "explained" : "explained first"}>${Object.entries(what).map(([key, value]) => html`<div><dt>${
    key.replaceAll("_", " ")}</dt><dd>${explained(value, depth + 1)}</dd></div>`)}</dl>`;
}

function rows(all, count) {
  const heads = [...new Set(all.flatMap((one) => Object.keys(one)))];
  return html`<div class="scroll" tabindex="0"><table><thead><tr>${heads.map((head) => html`<th scope="col">${
    head.replaceAll("_", " ")}</th>`)}</tr></thead><tbody>${all.map((one) => html`<tr>${heads.map((head) => html`<td>${
    typeof one[head] === "object" ? JSON.stringify(one[head] ?? "") : plain(one[head])}</td>`)}</tr>`)}</tbody></table></div>
    ${count > all.length ? html`<p class="quiet">and ${count - all.length} more</p>` : nothing}`;
}

function plain(value) {
  if (typeof value === "number") return numberText(value);
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return clockText(Date.parse(value));
  if (typeof value === "string" && value.includes("/")) return nameOf(value);
  return String(value ?? "–");
}
