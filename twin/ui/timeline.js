// States over time as rectangles. What is not known is hatched; where nothing was told yet, the row is empty.

import { html, nothing, svg } from "./vendor/lit.js";
import { clockText, dayText, lengthText, minuteText } from "./format.js";
import { linear, sideOf, timeTicks } from "./scale.js";
import { icon, look, STATES } from "./states.js";

const ROW = 24;
const GAP = 8;
const FOOT = 22;
const LETTER_PX = 14;
const DAY = 86_400_000;
/** Place of a bar in its row -> [from the top, height]. */
const PLACES = { full: [0, ROW], upper: [0, ROW / 2], lower: [ROW / 2, ROW / 2], thin: [ROW / 2 - 2, 4] };

/** @typedef {{asset: string, state: string, start: number, end: ?number}} Interval */

/** Intervals of GET /states. @returns {Interval[]} */
export function intervalsOf(states) {
  const instant = (text) => (text ? Date.parse(text) : null);
  return states.map(({ asset, state, from, to }) => ({ asset, state, start: instant(from), end: instant(to) }));
}

/** A state that has begun just now: the one before ends there. */
export function begin(intervals, asset, { state, since }) {
  if (!state || !since) return;
  const start = Date.parse(since);
  const open = intervals.findLast((one) => one.asset === asset && one.end === null);
  if (open?.state === state || (open && open.start >= start)) return;
  if (open) open.end = start;
  intervals.push({ asset, state, start, end: null });
}

/** @typedef {{asset: string, from: number, to: number, why: string}} Gap samples of a machine that are missing */

/** The picture. @param {{display: string, path: string}[]} machines @param {Interval[]} intervals @param {Gap[]} gaps */
export function timeline(machines, intervals, { from, to }, width, gaps = []) {
  const side = sideOf(width);
  const height = machines.length * (ROW + GAP) + FOOT;
  const x = linear([from, to], [side, width - 1]);
  const ticks = timeTicks(from, to, width - side);
  const word = (at) => (to - from > 2 * DAY ? dayText(at).split(" ").slice(1, 3).join(" ") : minuteText(at));
  return html`<svg width=${width} height=${height} role="img"
    aria-label="States of each machine over time; the table below has the same in figures">
    <defs><pattern id="hatch-states" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="6" height="6" class="hatch-back"></rect><path d="M0 0v6" class="hatch-line"></path></pattern></defs>
    <g class="axis">${ticks.map((at) => svg`<path d="M${x(at).toFixed(1)} 0V${height - FOOT + 4}" class="grid"></path>
      <text x=${x(at).toFixed(1)} y=${height - 5}>${word(at)}</text>`)}</g>
    ${machines.map((machine, at) => row(machine, at * (ROW + GAP), intervals, gaps, { from, to, x }))}</svg>`;
}

function row(machine, y, intervals, gaps, view) {
  const left = view.x(view.from);
  const own = intervals.filter((one) => one.asset === machine.path && one.start < view.to && (one.end ?? view.to) > view.from);
  return svg`<g data-asset=${machine.path}><text x=${left - 10} y=${y + ROW / 2} class="name">${machine.display}</text>
    <rect x=${left} y=${y} width=${Math.max(0, view.x(view.to) - left)} height=${ROW} class="track"></rect>
    ${own.map((one) => bar(one, y, view))}${gaps.filter((one) => one.asset === machine.path).map((one) => gap(one, y, view))}</g>`;
}

/** Under the states, as thin as it is certain: samples of this time are missing, and why. */
function gap({ from: start, to: end, why }, y, { from, to, x }) {
  const left = x(Math.max(start, from));
  const width = Math.max(2, x(Math.min(end, to)) - left);
  return svg`<rect x=${left.toFixed(1)} y=${y + ROW} width=${width.toFixed(1)} height=${GAP - 3} class="gap"
    data-gap=${why}><title>${`samples missing, ${lengthText(end - start)} from ${clockText(start)}: ${why}`}</title></rect>`;
}

function bar({ state, start, end }, y, { from, to, x }) {
  const until = Math.min(end ?? to, to);
  const left = x(Math.max(start, from));
  const width = Math.max(1, x(until) - left);
  const { word, letter, place } = look(state);
  const [top, height] = PLACES[place];
  const told = `${word}, ${lengthText(until - start)}: ${clockText(start)} to ${end ? clockText(end) : "now"}`;
  return svg`<rect x=${left.toFixed(1)} y=${y + top} width=${width.toFixed(1)} height=${height} class="interval"
    data-state=${state}><title>${told}</title></rect>${letter && width >= LETTER_PX
    ? svg`<text x=${left + width / 2} y=${y + ROW / 2} class="letter" data-state=${state}>${letter}</text>` : nothing}`;
}

const usedStates = (intervals, { from, to }) =>
  STATES.filter((state) => intervals.some((one) => one.state === state && one.start < to && (one.end ?? to) > from));

export const legend = (intervals, span) => html`<ul class="legend" aria-label="Legend">${usedStates(intervals, span)
  .map((state) => html`<li data-state=${state}>${icon(state)} ${look(state).word}</li>`)}</ul>`;

/** The same for people and programs that do not see pictures: how long in each state. */
export function shares(machines, intervals, span) {
  const used = usedStates(intervals, span);
  const length = (path, state) => intervals.filter((one) => one.asset === path && one.state === state)
    .reduce((sum, one) => sum + Math.max(0, Math.min(one.end ?? span.to, span.to) - Math.max(one.start, span.from)), 0);
  const cell = (ms) => (ms ? `${((100 * ms) / (span.to - span.from)).toFixed(1)} %, ${lengthText(ms)}` : "–");
  return html`<table><thead><tr><th scope="col">Machine</th>${used.map((state) => html`<th scope="col"
    class="number">${look(state).word}</th>`)}</tr></thead><tbody>${machines.map((machine) => html`<tr><th scope="row">${
    machine.display}</th>${used.map((state) => html`<td class="number">${cell(length(machine.path, state))}</td>`)}</tr>`)}
    </tbody></table>`;
}
