// States over time as rectangles. What is not known is hatched; where nothing was told yet, the row is empty.

import { FOOT, hatch, sideOf, timeAxis } from "./chart.js";
import { el, svg, table } from "./dom.js";
import { clockText, lengthText } from "./format.js";
import { paint } from "./frame.js";
import { linear, onWidth } from "./scale.js";
import { icon, look, STATES } from "./states.js";

const ROW = 24;
const GAP = 8;
const LETTER_PX = 14;
/** Place of a bar in its row -> [from the top, height]. */
const PLACES = { full: [0, ROW], upper: [0, ROW / 2], lower: [ROW / 2, ROW / 2], thin: [ROW / 2 - 2, 4] };

export class Timeline {
  /** @param {{root: Element, legend: Element, shares: Element}} nodes */
  constructor(nodes, machines, spanMs) {
    Object.assign(this, { ...nodes, machines, spanMs, intervals: [], asOf: null, width: 0 });
    onWidth(this.root, (width) => {
      this.width = width;
      this.draw();
    });
  }

  /** Intervals of GET /states: what is settled, and what was corrected. */
  show(states) {
    const instant = (text) => (text ? Date.parse(text) : null);
    this.intervals = states.map((one) => ({ ...one, start: instant(one.from), end: instant(one.to) }));
    this.draw();
  }

  /** A state that has begun just now: the one before ends there. */
  begin(asset, { state, since }) {
    if (!state || !since) return;
    const start = Date.parse(since);
    const open = this.intervals.findLast((one) => one.asset === asset && one.end === null);
    if (open?.state === state || (open && open.start >= start)) return;
    if (open) open.end = start;
    this.intervals.push({ asset, state, start, end: null });
  }

  /** Let the open intervals grow to an instant. */
  advance(asOf) {
    this.asOf = asOf;
    this.draw();
  }

  draw() {
    if (this.asOf && this.width) paint(this, () => this.write());
  }

  write() {
    const { asOf, width, machines } = this;
    const start = asOf - this.spanMs;
    this.intervals = this.intervals.filter((one) => (one.end ?? asOf) > start);
    const side = sideOf(width);
    const height = machines.length * (ROW + GAP) + FOOT;
    const x = linear([start, asOf], [side, width - 1]);
    const rows = machines.map((machine, at) => this.row(machine, at * (ROW + GAP), x, start));
    const label = "States of each machine over time; the table below has the same in figures";
    this.root.replaceChildren(svg("svg", { width, height, role: "img", "aria-label": label },
      hatch("hatch-states"), timeAxis(x, start, asOf, height, width - side), ...rows));
    const used = STATES.filter((state) => this.intervals.some((one) => one.state === state));
    const sign = (state) => el("li", { "data-state": state }, icon(state), look(state).word);
    this.legend.replaceChildren(...used.map(sign));
    this.shares.replaceChildren(this.figures(start, used));
  }

  row(machine, y, x, start) {
    const own = this.intervals.filter((one) => one.asset === machine.path);
    const left = x(start);
    const back = svg("rect", { x: left, y, width: Math.max(0, x(this.asOf) - left), height: ROW, class: "track" });
    const name = svg("text", { x: left - 10, y: y + ROW / 2, class: "name" }, machine.display);
    return svg("g", { "data-asset": machine.path }, name, back, ...own.flatMap((one) => this.bar(one, y, x, start)));
  }

  bar({ state, start, end }, y, x, first) {
    const until = end ?? this.asOf;
    const left = x(Math.max(start, first));
    const width = Math.max(1, x(until) - left);
    const { word, letter, place } = look(state);
    const [top, height] = PLACES[place];
    const told = `${word}, ${lengthText(until - start)}: ${clockText(start)} to ${end ? clockText(end) : "now"}`;
    const box = { x: left.toFixed(1), y: y + top, width: width.toFixed(1), height };
    const rect = svg("rect", { ...box, class: "interval", "data-state": state }, svg("title", {}, told));
    if (!letter || width < LETTER_PX) return [rect];
    return [rect, svg("text", { x: left + width / 2, y: y + ROW / 2, class: "letter", "data-state": state }, letter)];
  }

  /** The same for people and programs that do not see pictures: how long in each state. */
  figures(start, used) {
    const rows = this.machines.map((machine) => {
      const own = this.intervals.filter((one) => one.asset === machine.path);
      const length = (state) => own.filter((one) => one.state === state)
        .reduce((sum, one) => sum + Math.max(0, (one.end ?? this.asOf) - Math.max(one.start, start)), 0);
      return [machine.display, ...used.map((state) => this.share(length(state)))];
    });
    return table(["Machine", ...used.map((state) => look(state).word)], rows, 1);
  }

  share(ms) {
    return ms ? `${((100 * ms) / this.spanMs).toFixed(1)} %, ${lengthText(ms)}` : "–";
  }
}
