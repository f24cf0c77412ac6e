// One tag over time. The line breaks where samples are missing or bad; gaps that have a name are hatched.

import { FOOT, hatch, sideOf, timeAxis } from "./chart.js";
import { el, setText, svg } from "./dom.js";
import { clockText, lengthText, numberText, unitText } from "./format.js";
import { paint } from "./frame.js";
import { linear, onWidth, valueTicks } from "./scale.js";

const HEIGHT = 250;
const HEAD = 8;
const FLOOR = HEIGHT - FOOT - 4;
const MOST_POINTS = 12_000;
const BAD = 0x80000000;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -60, PageDown: 60 };

export class Trend {
  constructor(root, spanMs) {
    Object.assign(this, { root, spanMs, tag: null, unit: "", points: [], gaps: [], asOf: null, width: 0 });
    /** Instant that is read out, null: none. */
    this.read = null;
    const label = "Trend; the arrow keys read it sample by sample";
    this.chart = el("div", { class: "chart", tabindex: 0, role: "group", "aria-label": label });
    this.told = el("figcaption", { class: "quiet" });
    root.append(this.chart, this.told);
    this.listen();
    onWidth(this.chart, (width) => {
      this.width = width;
      this.draw();
    });
  }

  listen() {
    this.chart.addEventListener("pointermove", (event) => {
      this.readAt(this.at?.(event.clientX - this.chart.getBoundingClientRect().left));
    });
    for (const away of ["pointerleave", "blur"]) {
      this.chart.addEventListener(away, () => {
        this.told.removeAttribute("aria-live"); // only what keys ask for is spoken, never what ticks
        this.readAt(null);
      });
    }
    this.chart.addEventListener("keydown", (event) => {
      if (!(event.key in STEPS) || !this.points.length) return;
      event.preventDefault();
      this.told.setAttribute("aria-live", "polite");
      const now = this.read === null ? this.points.length : this.points.indexOf(this.nearest(this.read));
      const next = Math.min(this.points.length - 1, Math.max(0, now + STEPS[event.key]));
      this.readAt(this.points[next].at);
    });
  }

  /** One series of GET /samples. */
  show(series) {
    if (this.tag !== series.tag) this.read = null;
    this.tag = series.tag;
    this.unit = unitText(series.unit);
    this.isStep = !series.unit; // a state or a counter holds its value; what is measured moves between samples
    const usable = (row) => (series.status[row] >= BAD ? null : series.value[row]);
    this.points = series.time.map((time, row) => ({ at: Date.parse(time), value: usable(row) }));
    this.gaps = series.gaps.map(({ from, to, cause }) => ({ from: Date.parse(from), to: Date.parse(to), cause }));
    this.draw();
  }

  /** A live sample of the tag shown. */
  append(entry) {
    const at = entry.time ? Date.parse(entry.time) : 0;
    if (!at || at <= (this.points.at(-1)?.at ?? 0)) return;
    this.points.push({ at, value: entry.quality === "bad" ? null : entry.value });
    if (this.points.length > MOST_POINTS) this.points.splice(0, this.points.length - MOST_POINTS);
  }

  advance(asOf) {
    this.asOf = asOf;
    this.draw();
  }

  /** The numbers of the picture, for tests. */
  snapshot() {
    return { tag: this.tag, points: this.points, gaps: this.gaps };
  }

  draw() {
    if (this.asOf && this.width && this.tag) paint(this, () => this.write());
  }

  write() {
    const { asOf, width } = this;
    const start = asOf - this.spanMs;
    const side = sideOf(width);
    const seen = this.visible(start);
    const [low, high] = bounds(seen.map((point) => point.value).filter((value) => value !== null));
    const x = linear([start, asOf], [side, width - 1]);
    const y = linear([low, high], [FLOOR, HEAD]);
    Object.assign(this, { x, y, at: linear([side, width - 1], [start, asOf]) });
    const plot = svg("rect", { x: side, y: 0, width: Math.max(0, width - side), height: HEIGHT });
    const line = svg("path", { d: this.path(seen, x, y), class: "curve", "clip-path": "url(#plot)" });
    this.cursor = svg("g", { class: "cursor" });
    const attributes = { width, height: HEIGHT, role: "img", "aria-label": `${this.tag}: ${this.range()}` };
    this.chart.replaceChildren(svg("svg", attributes,
      hatch("hatch-trend"), svg("clipPath", { id: "plot" }, plot),
      this.valueAxis(low, high, y, side), timeAxis(x, start, asOf, HEIGHT, width - side),
      ...this.gaps.filter((gap) => gap.to > start).map((gap) => band(gap, x, start)),
      line, ...holes(seen, x, start), this.cursor));
    this.tell();
  }

  /** What lies in the span, and the last point before it: the line comes in from the left. */
  visible(start) {
    const first = this.points.findIndex((point) => point.at >= start);
    return first < 0 ? this.points.slice(-1) : this.points.slice(Math.max(0, first - 1));
  }

  path(seen, x, y) {
    let isDown = false;
    let before = -Infinity;
    const parts = [];
    for (const { at, value } of seen) {
      const isOn = isDown && !this.gaps.some((gap) => gap.from < at && gap.to > before);
      if (value !== null) {
        const [px, py] = [x(at).toFixed(1), y(value).toFixed(1)];
        parts.push(!isOn ? `M${px} ${py}` : this.isStep ? `H${px}V${py}` : `L${px} ${py}`);
      }
      isDown = value !== null;
      before = at;
    }
    if (isDown && this.isStep && !this.gaps.some((gap) => gap.to > before)) parts.push(`H${x(this.asOf).toFixed(1)}`);
    return parts.join("");
  }

  valueAxis(low, high, y, side) {
    const { ticks, decimals } = valueTicks(low, high, 5);
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    const text = (value) => (decimals > 6 ? numberText(value) : value.toLocaleString("en", digits));
    const unit = svg("text", { x: side + 6, y: HEAD + 4, class: "unit" }, this.unit);
    return svg("g", { class: "axis side" }, unit, ...ticks.flatMap((value) => [
      svg("path", { d: `M${side} ${y(value).toFixed(1)}H${this.width}`, class: "grid" }),
      svg("text", { x: side - 10, y: y(value) }, text(value)),
    ]));
  }

  readAt(instant) {
    this.read = instant ?? null;
    if (this.x) paint(this.told, () => this.tell());
  }

  /** Under the chart: the sample that is read, else the range of all. */
  tell() {
    const near = this.read === null || !this.points.length ? null : this.nearest(this.read);
    this.cursor.replaceChildren(...(near ? this.cross(near) : []));
    const value = near && (near.value === null ? "no usable value" : `${numberText(near.value)} ${this.unit}`);
    setText(this.told, near ? `${clockText(near.at)}  ${value}` : this.range());
  }

  cross({ at, value }) {
    const px = this.x(at).toFixed(1);
    const line = svg("path", { d: `M${px} ${HEAD}V${FLOOR}` });
    return value === null ? [line] : [line, svg("circle", { cx: px, cy: this.y(value).toFixed(1), r: 4 })];
  }

  nearest(instant) {
    return this.points.reduce((best, one) => (Math.abs(one.at - instant) < Math.abs(best.at - instant) ? one : best));
  }

  range() {
    const values = this.points.map((point) => point.value).filter((value) => value !== null);
    if (!values.length) return "no samples";
    const [low, high] = extremes(values);
    const missing = this.gaps.map((gap) => `; gap of ${lengthText(gap.to - gap.from)}: ${gap.cause}`).join("");
    return `least ${numberText(low)}, greatest ${numberText(high)} ${this.unit}${missing}`;
  }
}

/** Without spread arguments: there may be more values than a call takes. */
function extremes(values) {
  return values.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [Infinity, -Infinity]);
}

function bounds(values) {
  if (!values.length) return [0, 1];
  const [low, high] = extremes(values);
  const air = high > low ? (high - low) * 0.08 : Math.max(Math.abs(high) * 0.05, 1);
  return [low - air, high + air];
}

function band(gap, x, start) {
  const left = x(Math.max(gap.from, start));
  return svg("rect", { x: left, y: HEAD, width: Math.max(2, x(gap.to) - left), height: FLOOR - HEAD, class: "gap" },
    svg("title", {}, `${gap.cause}: ${clockText(gap.from)} to ${clockText(gap.to)}`));
}

/** A mark at the foot for each sample without a usable value. */
function holes(seen, x, start) {
  const bad = seen.filter((point) => point.value === null && point.at >= start);
  return bad.map((point) => svg("path", { d: `M${x(point.at).toFixed(1)} ${FLOOR}v-7`, class: "bad" }));
}
