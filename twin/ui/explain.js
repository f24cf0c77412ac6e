// Where an OEE comes from: the equations with their numbers, then the intervals, rates and counters behind them.

import { html, nothing } from "./vendor/lit.js";
import { clockText, lengthText, numberText, percentText } from "./format.js";
import { nameOf, shortOf } from "./known.js";
import { href } from "./moment.js";
import { icon, look } from "./states.js";

const ELEMENTS = {
  apt: "producing", aust: "changeover", adet: "stopped or waiting", adot: "idle or off", unknown: "not known",
};

/** One result of GET /oee with `explain`. */
export function explained({ explain, elements, pieces, ...figures }) {
  if (!explain) return nothing;
  return html`<div class="explained">${equations(elements, pieces, figures)}${intervals(explain.states ?? [])}
    ${rates(explain)}${counters(explain.counters ?? [])}
    ${explain.micro_stop_s ? html`<p class="quiet">Stops shorter than ${explain.micro_stop_s} s are micro-stops: they count as
      lost speed, in the producing time.</p>` : nothing}</div>`;
}

/** Only those that are defined: a line has no times of its own. */
function equations({ apt, pbt }, { produced, good }, { availability, effectiveness, quality, oee }) {
  const time = (seconds) => lengthText(seconds * 1000);
  const is = (share, ...parts) => (typeof share === "number" ? html`<p>${parts} = <b>${percentText(share, 2)}</b></p>` : nothing);
  return html`${is(availability, `Availability: producing ${time(apt)} of ${time(pbt)} planned`)}
    ${is(effectiveness, `Effectiveness: ${pieces(produced)} pieces at their ideal rate, of the producing time`)}
    ${is(quality, `Quality: ${pieces(good)} good of ${pieces(produced)}`)}
    ${is(oee, typeof availability === "number" ? "OEE: availability × effectiveness × quality"
      : `OEE: ${pieces(good)} good pieces at their ideal rate, of ${time(pbt)} planned`)}`;
}

const pieces = (count) => (typeof count === "number" ? Math.round(count).toLocaleString("en") : "–");

/** Each opens the trends of its own time. */
function intervals(states) {
  if (!states.length) return nothing;
  const row = (one) => html`<tr><th scope="row"><a href=${around(one)}>${clockText(Date.parse(one.from))}</a></th>
    <td class="stop-state">${icon(one.state)} ${look(one.state).word}</td>
    <td class="number">${lengthText(Date.parse(one.to) - Date.parse(one.from))}</td>
    <td>${ELEMENTS[one.element] ?? one.element}${one.micro ? ", micro-stop" : ""}</td></tr>`;
  return html`<h3>${states.length} intervals</h3><div class="scroll intervals" tabindex="0"><table><thead><tr><th scope="col">From</th>
    <th scope="col">State</th><th scope="col" class="number">Length</th><th scope="col">Counts as</th></tr></thead>
    <tbody>${states.map(row)}</tbody></table></div>`;
}

/** The page as it was at the end of an interval, with some time before it. */
function around({ from, to }) {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const air = Math.max(60_000, (end - start) / 2);
  const query = new URLSearchParams({ from: new Date(start - air).toISOString(), to: new Date(end).toISOString() });
  return `${location.pathname}?${query}`;
}

function rates({ products = [], rates: all = [] }) {
  const ideal = (made) => all.findLast((one) => one.product === made.product && Date.parse(one.from) <= Date.parse(made.from))?.ideal_s;
  const known = products.filter((one) => one.product);
  if (!known.length) return nothing;
  return html`<h3>Products</h3><ul>${known.map((one) => html`<li>${one.product} from ${clockText(Date.parse(one.from))} to ${
    clockText(Date.parse(one.to))}${ideal(one) ? `: ideal ${numberText(60 / ideal(one))} a minute` : ""}</li>`)}</ul>`;
}

function counters(all) {
  if (!all.length) return nothing;
  return html`<h3>Counters</h3><ul>${all.map((one) => html`<li><a href=${href("/trends", { tag: one.tag })}>${shortOf(one.tag)}</a>
    (${one.role} of ${nameOf(one.asset)}): ${pieces((one.counted ?? []).reduce((sum, part) => sum + part.pieces, 0))} pieces</li>`)}</ul>`;
}
