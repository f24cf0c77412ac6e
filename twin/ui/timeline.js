// States over time as rectangles. What is not known is hatched; where nothing was told yet, the row is empty.

import { el, svg } from "./dom.js";
import { clockText, lengthText, minuteText } from "./format.js";
import { paint } from "./frame.js";
import { linear, onWidth, timeTicks } from "./scale.js";
import { icon, look, STATES } from "./states.js";

const ROW = 26;
const GAP = 6;
const FOOT = 20;
const LETTER_PX = 16;

export class Timeline {
  constructor(root, legend, shares, machines, spanMs) {
    Object.assign(this, { root, legend, shares, machines, spanMs, intervals: [], asOf: null, width: 0 });
    onWidth(root, (width) => {
      this.width = width;
      this.draw();
    });
  }

  /** Intervals of GET /states. */
  show(states, asOf) {
    this.intervals = states.map((one) => ({ ...one, start: Date.parse(one.from), end: one.to ? Date.parse(one.to) : null }));
    this.advance(asOf);
  }

  /** Let the open intervals grow. */
  advance(asOf) {
    this.asOf = asOf;
    this.draw();
  }

  draw() {
    if (this.asOf && this.width) paint(this, () => this.write());
  }

  write() {
    const start = this.asOf - this.spanMs;
    const side = sideOf(this.width);
    const height = this.machines.length * (ROW + GAP) + FOOT;
    const x = linear([start, this.asOf], [side, this.width - 1]);
    const rows = this.machines.map((machine, row) => this.row(machine, row * (ROW + GAP), x, start, side));
    const label = "States of each machine; the table below has the same in figures";
    this.root.replaceChildren(
      svg("svg", { width: this.width, height, role: "img", "aria-label": label }, hatch(), axis(x, start, this.asOf, height, this.width - side), ...rows),
    );
    const used = STATES.filter((state) => this.intervals.some((one) => one.state === state && (one.end ?? this.asOf) > start));
    this.legend.replaceChildren(...used.map((state) => el("li", { "data-state": state }, icon(state), look(state).word)));
    this.shares.replaceChildren(this.table(start, used));
  }

  row(machine, y, x, start, side) {
    const own = this.intervals.filter((one) => one.asset === machine.path && (one.end ?? this.asOf) > start);
    const back = svg("rect", { x: side, y, width: Math.max(0, x(this.asOf) - side), height: ROW, class: "nothing" });
    const name = svg("text", { x: side - 8, y: y + ROW / 2, class: "name" }, machine.display);
    return svg("g", { "data-asset": machine.path }, name, back, ...own.flatMap((one) => this.bar(one, y, x, start)));
  }

  bar(one, y, x, start) {
    const end = one.end ?? this.asOf;
    const left = x(Math.max(one.start, start));
    const width = Math.max(1, x(end) - left);
    const { word, letter } = look(one.state);
    const told = `${word}, ${lengthText(end - one.start)}: ${clockText(one.start)} to ${one.end ? clockText(end) : "now"}`;
    const classes = { class: "interval", "data-state": one.state, "data-final": one.known_from ? "yes" : "no" };
    const parts = [svg("rect", { x: left, y, width, height: ROW, ...classes }, svg("title", {}, told))];
    if (width > LETTER_PX) {
      parts.push(svg("text", { x: left + width / 2, y: y + ROW / 2, class: "letter", "data-state": one.state }, letter));
    }
    return parts;
  }

  /** The same for people and programs that do not see pictures: share of each state. */
  table(start, used) {
    const sums = new Map(this.machines.map((machine) => [machine.path, new Map()]));
    for (const one of this.intervals) {
      const length = Math.min(one.end ?? this.asOf, this.asOf) - Math.max(one.start, start);
      const own = sums.get(one.asset);
      if (own && length > 0) own.set(one.state, (own.get(one.state) ?? 0) + length);
    }
    const head = el("tr", {}, el("th", { scope: "col" }, "Machine"), ...used.map((s) => el("th", { scope: "col", class: "number" }, look(s).word)));
    const rows = this.machines.map((machine) => {
      const own = sums.get(machine.path);
      const cells = used.map((state) => el("td", { class: "number" }, own.has(state) ? shareText(own.get(state), this.spanMs) : "–"));
      return el("tr", {}, el("th", { scope: "row" }, machine.display), ...cells);
    });
    return el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
  }
}

/** Room for names at the left of a chart: the same for all, so that instants stand below each other. */
export const sideOf = (width) => (width < 600 ? 84 : 130);

const shareText = (ms, whole) => `${((100 * ms) / whole).toFixed(1)} % (${lengthText(ms)})`;

/** The pattern that means: not known. */
export function hatch() {
  const pattern = svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("rect", { width: 6, height: 6, class: "hatch-back" }), svg("path", { d: "M0 0v6", class: "hatch-line" }));
  return svg("defs", {}, pattern);
}

/** Times along the foot of a chart. */
export function axis(x, start, end, height, width) {
  const ticks = timeTicks(start, end, width);
  return svg("g", { class: "axis" }, ...ticks.flatMap((at) => [
    svg("path", { d: `M${x(at).toFixed(1)} 0V${height - FOOT + 3}`, class: "grid" }),
    svg("text", { x: x(at), y: height - 4 }, minuteText(at)),
  ]));
}
