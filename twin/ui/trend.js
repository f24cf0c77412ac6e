// One tag over time. The line breaks where samples are missing or bad; gaps that have a name are hatched.

import { el, setText, svg } from "./dom.js";
import { clockText, lengthText, numberText, unitText } from "./format.js";
import { paint } from "./frame.js";
import { linear, onWidth, valueTicks } from "./scale.js";
import { axis, hatch, sideOf } from "./timeline.js";

const HEIGHT = 240;
const FOOT = 20;
const HEAD = 8;
const MOST_LIVE = 4000;

export class Trend {
  constructor(root, spanMs) {
    Object.assign(this, { root, spanMs, tag: null, unit: "", points: [], gaps: [], asOf: null, width: 0, isStep: false, pointer: null });
    this.chart = el("div", { class: "chart" });
    this.told = el("figcaption", { class: "quiet" });
    root.append(this.chart, this.told);
    this.chart.addEventListener("pointermove", (event) => this.point(event.clientX - this.chart.getBoundingClientRect().left));
    this.chart.addEventListener("pointerleave", () => this.point(null));
    onWidth(this.chart, (width) => {
      this.width = width;
      this.draw();
    });
  }

  /** One series of GET /samples. */
  show(series, asOf) {
    this.tag = series.tag;
    this.unit = unitText(series.unit);
    this.isStep = !series.unit; // a state or a counter holds its value, what is measured moves between samples
    this.points = series.time.map((time, row) => ({ at: Date.parse(time), value: usable(series.value[row], series.status[row]) }));
    this.gaps = series.gaps.map((gap) => ({ from: Date.parse(gap.from), to: Date.parse(gap.to), cause: gap.cause }));
    this.advance(asOf);
  }

  /** A live sample of the tag shown. */
  append(entry) {
    const at = entry.time ? Date.parse(entry.time) : 0;
    const last = this.points.at(-1);
    if (!at || (last && at <= last.at)) return;
    this.points.push({ at, value: entry.quality === "bad" ? null : entry.value });
    if (this.points.length > MOST_LIVE) this.points.splice(0, this.points.length - MOST_LIVE);
  }

  advance(asOf) {
    this.asOf = asOf;
    this.draw();
  }

  draw() {
    if (this.asOf && this.width && this.tag) paint(this, () => this.write());
  }

  /** The numbers of the picture, for tests. */
  snapshot() {
    return { tag: this.tag, points: this.points, gaps: this.gaps };
  }

  write() {
    const start = this.asOf - this.spanMs;
    const seen = this.visible(start);
    const values = seen.map((point) => point.value).filter((value) => value !== null);
    const [low, high] = bounds(values);
    const side = sideOf(this.width);
    const x = linear([start, this.asOf], [side, this.width - 1]);
    const y = linear([low, high], [HEIGHT - FOOT - 4, HEAD]);
    this.x = x;
    const clip = svg("clipPath", { id: "plot" }, svg("rect", { x: side, y: 0, width: Math.max(0, this.width - side), height: HEIGHT }));
    const bands = this.gaps.filter((gap) => gap.to > start).map((gap) => band(gap, x, start));
    const line = svg("path", { d: this.path(seen, x, y), class: "curve", "clip-path": "url(#plot)" });
    const holes = seen.filter((point) => point.value === null && point.at >= start);
    const marks = holes.map((point) => svg("path", { d: `M${x(point.at).toFixed(1)} ${HEIGHT - FOOT - 4}v-7`, class: "bad" }));
    const label = `${this.tag}: ${values.length} samples`;
    this.chart.replaceChildren(
      svg("svg", { width: this.width, height: HEIGHT, role: "img", "aria-label": label },
        hatch(), clip, this.sideAxis(low, high, y, side), axis(x, start, this.asOf, HEIGHT, this.width - side), ...bands, line, ...marks),
    );
    this.tell();
  }

  /** What lies in the span, and the last point before it: the line comes in from the left. */
  visible(start) {
    const first = this.points.findIndex((point) => point.at >= start);
    return first < 0 ? this.points.slice(-1) : this.points.slice(Math.max(0, first - 1));
  }

  path(seen, x, y) {
    let pen = "M";
    let before = null;
    const parts = [];
    for (const point of seen) {
      if (point.value === null || (before && this.isApart(before.at, point.at))) pen = "M";
      if (point.value !== null) {
        const [px, py] = [x(point.at).toFixed(1), y(point.value).toFixed(1)];
        parts.push(pen === "L" && this.isStep ? `H${px}V${py}` : `${pen}${px} ${py}`);
        pen = "L";
      }
      before = point;
    }
    return parts.join("");
  }

  isApart(from, to) {
    return this.gaps.some((gap) => gap.from < to && gap.to > from);
  }

  sideAxis(low, high, y, side) {
    const { ticks, decimals } = valueTicks(low, high, 5);
    return svg("g", { class: "axis side" }, ...ticks.flatMap((at) => [
      svg("path", { d: `M${side} ${y(at).toFixed(1)}H${this.width}`, class: "grid" }),
      svg("text", { x: side - 8, y: y(at) }, decimals > 6 ? numberText(at) : at.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })),
    ]));
  }

  point(px) {
    this.pointer = px;
    if (this.x) paint(this.told, () => this.tell());
  }

  /** Under the chart: the sample at the pointer, else the range of all. */
  tell() {
    setText(this.told, this.pointer !== null && this.points.length ? this.nearest(this.pointer) : this.range());
  }

  nearest(px) {
    const near = this.points.reduce((best, one) => (Math.abs(this.x(one.at) - px) < Math.abs(this.x(best.at) - px) ? one : best));
    const value = near.value === null ? "no usable value" : `${numberText(near.value)} ${this.unit}`;
    return `${clockText(near.at)}: ${value}`;
  }

  range() {
    const values = this.points.map((point) => point.value).filter((value) => value !== null);
    const missing = this.gaps.length ? `; ${this.gaps.map((gap) => `gap of ${lengthText(gap.to - gap.from)}: ${gap.cause}`).join("; ")}` : "";
    const range = values.length ? `least ${numberText(values.reduce((a, b) => Math.min(a, b)))}, greatest ${numberText(values.reduce((a, b) => Math.max(a, b)))} ${this.unit}` : "no samples";
    return `${range}${missing}`;
  }
}

const usable = (value, status) => (value === null || status >= 0x80000000 ? null : value);

function bounds(values) {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!values.length) return [0, 1];
  const air = high > low ? (high - low) * 0.08 : Math.max(Math.abs(high) * 0.05, 1);
  return [low - air, high + air];
}

function band(gap, x, start) {
  const left = x(Math.max(gap.from, start));
  return svg("rect", { x: left, y: HEAD, width: Math.max(2, x(gap.to) - left), height: HEIGHT - FOOT - HEAD - 4, class: "gap" },
    svg("title", {}, `${gap.cause}: ${clockText(gap.from)} to ${clockText(gap.to)}`));
}
