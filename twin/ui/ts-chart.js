// <ts-chart>: tags over time. uPlot draws; everything else here is ours, so that it can be replaced.
//
// A line breaks where samples are missing or bad; gaps that have a name are hatched; rows without a usable value have a
// mark at the foot. The arrow keys read it sample by sample. Dragging over a span says `zoom`.

import { html, LitElement, nothing } from "./vendor/lit.js";
import uPlot from "./vendor/uplot.js";
import { clockText, dayText, lengthText, minuteText, numberText, zone } from "./format.js";
import { paint } from "./frame.js";
import { missing, rangeOf } from "./samples.js";
import { onWidth, sideOf, timeTicks } from "./scale.js";

const DAY = 86_400_000;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, PageUp: -60, PageDown: 60 };
const MOST_ROWS = 200;
const DASHES = [[], [7, 3], [2, 2], [9, 3, 2, 3]];
export const COLOURS = 6;

const css = (node, name) => getComputedStyle(node).getPropertyValue(name).trim();

export class TsChart extends LitElement {
  static properties = {
    series: { attribute: false }, from: { attribute: false }, to: { attribute: false },
    height: { type: Number }, lone: { type: Boolean }, bare: { type: Boolean }, limits: { attribute: false },
  };

  constructor() {
    super();
    Object.assign(this, { series: [], from: 0, to: 0, height: 240, lone: false, limits: [], read: null, width: 0 });
  }

  createRenderRoot() {
    return this;
  }

  firstUpdated() {
    this.plate = this.querySelector(".plate");
    onWidth(this.plate, (width) => {
      this.width = width;
      this.build();
    });
    this.themes = new MutationObserver(() => this.build());
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.build());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.themes?.disconnect();
    this.plot?.destroy();
  }

  /** The numbers of the picture, for tests and for the table. */
  snapshot() {
    return { from: this.from, to: this.to, series: this.series };
  }

  render() {
    const label = `${this.series.map((one) => `${one.label}: ${told(one)}`).join("; ")}; the arrow keys read it`;
    const reading = html`<div class="reading">${this.series.map((one, at) => this.legend(one, at))}</div>`;
    return html`${this.lone ? reading : nothing}<div class="plate" tabindex="0" role="group" aria-label=${label} @keydown=${this.key}
      @blur=${() => this.readAt(null)}></div>
      ${this.lone ? nothing : reading}<details @toggle=${() => this.requestUpdate()}><summary>As a table</summary>
        ${this.querySelector("details")?.open ? this.table() : nothing}</details>`;
  }

  legend(one, at) {
    const row = this.read === null || !one.at.length ? -1 : nearest(one.at, this.read);
    const gap = this.read === null ? null : one.gaps.find(({ from, to }) => from <= this.read && this.read <= to);
    const value = gap ? `samples missing for ${lengthText(gap.to - gap.from)}: ${gap.cause}` : row < 0 ? told(one) : `${clockText(one.at[row])}  ${
      one.value[row] === null ? "no usable value" : `${numberText(one.value[row])} ${one.unit}`}`;
    const remove = () => this.dispatchEvent(new CustomEvent("drop", { detail: one.tag, bubbles: true }));
    return html`<span class="key" data-series=${at % COLOURS}>${this.lone ? nothing : html`<span class="swatch"
      aria-hidden="true"></span>`}<b>${one.label}</b> <span aria-live=${this.isSpoken ? "polite" : "off"}>${value}</span>
      ${this.lone ? nothing : html`<button type="button" class="plain drop" @click=${remove}
        aria-label="Take ${one.label} out">✕</button>`}</span>`;
  }

  updated(changed) {
    const isOther = changed.has("series") && this.shape !== shapeOf(this.series);
    paint(this, () => (isOther || !this.plot ? this.build() : this.draw()));
  }

  build() {
    this.plot?.destroy();
    this.plot = null;
    if (!this.width || !this.series.length || !this.plate) return;
    this.shape = shapeOf(this.series);
    this.plot = new uPlot(this.options(), this.data(), this.plate);
    this.draw();
  }

  draw() {
    if (!this.plot) return this.build();
    this.plot.batch(() => {
      this.plot.setData(this.data(), false);
      this.plot.setScale("x", { min: this.from / 1000, max: this.to / 1000 });
    });
  }

  /** All series on one axis of time; `undefined` where only another one has a sample, `null` where its line breaks. */
  data() {
    const tables = this.series.map((one) => {
      const [at, value] = [[], []];
      one.at.forEach((time, row) => {
        const before = one.at[row - 1];
        const gap = before && one.gaps.find(({ from, to }) => from < time && to > before);
        if (gap) [at, value].forEach((column, n) => column.push(n ? null : Math.min(gap.from + 1, time - 1) / 1000));
        at.push(time / 1000);
        value.push(one.value[row]);
      });
      const last = one.at.at(-1);
      const isHeld = one.isStep && last < this.to && !one.gaps.some((gap) => gap.to > last);
      if (isHeld) [at, value].forEach((column, n) => column.push(n ? one.value.at(-1) : this.to / 1000));
      return [at, value];
    });
    return uPlot.join(tables, tables.map((table) => table.map(() => 1)));
  }

  options() {
    const units = [...new Set(this.series.map((one) => one.unit))];
    const side = sideOf(this.width);
    const [quiet, grid] = [css(this, "--quiet"), css(this, "--grid")];
    const font = `12px ${getComputedStyle(document.documentElement).fontFamily}`;
    const look = { stroke: quiet, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
    const times = (_, at) => at.map((one) => (this.to - this.from > 2 * DAY
      ? dayText(one * 1000).split(" ").slice(1, 3).join(" ") : minuteText(one * 1000)));
    return {
      width: this.width, height: this.height, legend: { show: false }, padding: [8, units.length > 1 ? 4 : 1, 0, 0],
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone),
      cursor: { y: false, sync: { key: "time" }, drag: { x: true, y: false, setScale: false }, points: { size: 7 } },
      scales: { x: { time: true }, ...Object.fromEntries(units.map((unit) => [scaleOf(unit), { range: this.range(unit) }])) },
      axes: [
        { ...look, values: this.bare ? () => [] : times, splits: () => this.ticks(), size: this.bare ? 4 : 26 },
        ...units.map((unit, at) => ({
          ...look, scale: scaleOf(unit), side: at ? 1 : 3, size: at ? roomFor : side, gap: 8, label: undefined,
          grid: at ? { show: false } : look.grid, space: 34,
          values: (_, values) => values.map((value, n) =>
            `${value.toLocaleString("en", { maximumFractionDigits: 6 })}${n === values.length - 1 && unit ? ` ${unit}` : ""}`),
        })),
      ],
      series: [{}, ...this.series.map((one, at) => ({
        scale: scaleOf(one.unit), stroke: css(this, `--s${at % COLOURS}`), width: 1.5, points: { show: false },
        dash: this.lone ? [] : DASHES[at % DASHES.length], spanGaps: false,
        ...(one.isStep ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
      }))],
      hooks: {
        drawClear: [(plot) => this.back(plot)], draw: [(plot) => this.marks(plot)],
        setCursor: [(plot) => this.point(plot)], setSelect: [(plot) => this.select(plot)],
      },
    };
  }

  /** The same instants as the timeline has. */
  ticks() {
    return timeTicks(this.from, this.to, this.width - sideOf(this.width)).map((at) => at / 1000);
  }

  range(unit) {
    return () => {
      const all = this.series.filter((one) => one.unit === unit).map((one) => rangeOf(one, this.from)).filter(Boolean);
      if (!all.length) return [0, 1];
      const bounds = [...all.flat(), ...this.limits.filter((one) => one.unit === unit).map((one) => one.limit)];
      const [low, high] = [Math.min(...bounds), Math.max(...bounds)];
      const air = high > low ? (high - low) * 0.08 : Math.max(Math.abs(high) * 0.05, 1);
      return [low < 0 || low > air * 6 ? low - air : Math.min(0, low), high + air];
    };
  }

  /** Under the lines: gaps that have a name, hatched. */
  back({ ctx, bbox, valToPos }) {
    ctx.save();
    ctx.strokeStyle = css(this, "--hatch");
    for (const gap of this.series.flatMap((one) => one.gaps)) {
      const left = Math.max(bbox.left, valToPos(gap.from / 1000, "x", true));
      const right = Math.min(bbox.left + bbox.width, valToPos(gap.to / 1000, "x", true));
      if (right <= bbox.left || left >= bbox.left + bbox.width) continue;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, bbox.top, Math.max(2, right - left), bbox.height);
      ctx.clip();
      ctx.beginPath();
      for (let x = left - bbox.height; x < right; x += 7 * devicePixelRatio) {
        ctx.moveTo(x, bbox.top + bbox.height);
        ctx.lineTo(x + bbox.height, bbox.top);
      }
      ctx.stroke();
      ctx.restore();
    }
    ctx.restore();
  }

  /** Over the lines: limits, and a mark at the foot for each sample without a usable value. */
  marks({ ctx, bbox, valToPos, scales }) {
    ctx.save();
    ctx.strokeStyle = css(this, "--warn");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const { limit, unit } of this.limits) {
      if (!scales[scaleOf(unit)]) continue;
      const y = valToPos(limit, scaleOf(unit), true);
      if (y >= bbox.top && y <= bbox.top + bbox.height) line(ctx, bbox.left, y, bbox.left + bbox.width, y);
    }
    ctx.setLineDash([]);
    ctx.strokeStyle = css(this, "--alarm");
    ctx.lineWidth = 2 * devicePixelRatio;
    const foot = bbox.top + bbox.height;
    for (const { at, value } of this.series) {
      value.forEach((one, row) => {
        const x = one === null && at[row] >= this.from ? valToPos(at[row] / 1000, "x", true) : -1;
        if (x >= bbox.left) line(ctx, x, foot, x, foot - 7 * devicePixelRatio);
      });
    }
    ctx.restore();
  }

  select({ select, posToVal }) {
    if (select.width < 8) return;
    const [from, to] = [select.left, select.left + select.width].map((x) => Math.round(posToVal(x, "x") * 1000));
    this.dispatchEvent(new CustomEvent("zoom", { detail: { from, to }, bubbles: true }));
  }

  point({ cursor, posToVal }) {
    if (this.isSpoken) return;
    this.readAt(cursor.left >= 0 ? posToVal(cursor.left, "x") * 1000 : null);
  }

  readAt(instant) {
    if (instant === null) this.isSpoken = false; // only what keys ask for is spoken, never what ticks
    if (this.read === instant) return;
    this.read = instant;
    const gap = instant && this.series.flatMap((one) => one.gaps).find(({ from, to }) => from <= instant && instant <= to);
    this.plate.title = gap ? `samples missing: ${gap.cause}` : "";
    this.requestUpdate();
  }

  key(event) {
    const [first] = this.series;
    if (!(event.key in STEPS) || !first?.at.length || !this.plot) return;
    event.preventDefault();
    const now = this.read === null ? first.at.length : nearest(first.at, this.read);
    const row = Math.min(first.at.length - 1, Math.max(0, now + STEPS[event.key]));
    this.isSpoken = true;
    this.plot.setCursor({ left: this.plot.valToPos(first.at[row] / 1000, "x"), top: 10 }, false);
    this.readAt(first.at[row]);
  }

  /** The newest rows of each series, for people and programs that do not see pictures. */
  table() {
    const rows = this.series.flatMap((one) => one.at.map((at, row) => ({ one, at, row })))
      .filter(({ at }) => at >= this.from).sort((a, b) => b.at - a.at).slice(0, MOST_ROWS);
    return html`<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Time</th><th scope="col">Tag</th>
      <th scope="col" class="number">Value</th><th scope="col">Unit</th></tr></thead><tbody>${rows.map(({ one, at, row }) =>
      html`<tr><th scope="row">${clockText(at)}</th><td>${one.label}</td><td class="number">${
        one.value[row] === null ? "no usable value" : numberText(one.value[row])}</td><td>${one.unit}</td></tr>`)}
      </tbody></table></div>`;
  }
}

const scaleOf = (unit) => `y ${unit}`;
/** Room for the longest text of an axis on the right: the count of a counter has eight figures and more. */
const roomFor = (_, texts) => Math.max(58, ...(texts ?? []).map((text) => 16 + 7 * text.length));
const shapeOf = (series) => series.map((one) => `${one.tag} ${one.unit}`).join();

/** The range in words, and how much is missing. */
function told(one) {
  const range = rangeOf(one);
  if (!range) return "no samples";
  const { count, length } = missing(one.gaps);
  const gaps = count ? `; ${count === 1 ? "1 gap" : `${count} gaps`}, ${lengthText(length)}` : "";
  return `${numberText(range[0])} to ${numberText(range[1])} ${one.unit}${gaps}`;
}

function nearest(times, instant) {
  let [low, high] = [0, times.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < instant) low = middle + 1;
    else high = middle;
  }
  return low > 0 && instant - times[low - 1] < times[low] - instant ? low - 1 : low;
}

function line(ctx, x1, y1, x2, y2) {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

customElements.define("ts-chart", TsChart);
