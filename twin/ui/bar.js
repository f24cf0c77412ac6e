// An analogue bar: where a value lies between its limits, seen at a glance. And the last hour as a small line.

import { html, nothing, svg } from "./vendor/lit.js";
import { numberText } from "./format.js";
import { linear } from "./scale.js";

const [WIDTH, HEIGHT] = [120, 18];

/**
 * @param {?number} value
 * @param {[number, number]} seen least and greatest of late: where no limit is set, this is the usual band
 * @param {{kind: "high"|"low", limit: number, priority: number}[]} limits
 * @param {string} quality
 */
export function bar(value, seen, limits, quality) {
  const bounds = [...(seen ?? []), ...limits.map((one) => one.limit), ...(value === null ? [] : [value])];
  if (!bounds.length) return nothing;
  const [least, most] = [Math.min(...bounds), Math.max(...bounds)];
  const air = (most - least || Math.abs(most) || 1) * 0.12;
  const scale = [least >= 0 ? Math.max(0, least - air) : least - air, most + air];
  const x = linear(scale, [1, WIDTH - 1]);
  const high = Math.min(...limits.filter((one) => one.kind === "high").map((one) => one.limit), scale[1]);
  const low = Math.max(...limits.filter((one) => one.kind === "low").map((one) => one.limit), scale[0]);
  const band = limits.length ? [low, high] : seen ?? scale;
  const isOut = value !== null && limits.length > 0 && (value > high || value < low);
  const said = `${value === null ? "no value" : numberText(value)}, ${limits.length ? "allowed" : "of late"} ${
    numberText(band[0])} to ${numberText(band[1])}`;
  return html`<svg class="bar-svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${said} data-quality=${quality}
    data-out=${isOut}><title>${said}</title>
    <rect class="track" x="0" y="5" width=${WIDTH} height="8"></rect>
    <rect class="band" x=${x(band[0])} y="5" width=${Math.max(1, x(band[1]) - x(band[0]))} height="8"></rect>
    ${limits.map((one) => svg`<path class="limit" d="M${x(one.limit)} 2v14"></path>`)}
    ${value === null || quality === "none" ? nothing : svg`<path class="pointer"
      d="M${x(value)} 8.5l-4.5 8h9Z M${x(value)} 3v10"></path>`}</svg>`;
}

/** @param {import("./samples.js").Series} series */
export function spark(series, from, to) {
  if (!series?.at.length) return nothing;
  const usable = series.value.filter((one) => one !== null);
  if (!usable.length) return nothing;
  const [low, high] = [Math.min(...usable), Math.max(...usable)];
  const x = linear([from, to], [0, WIDTH]);
  const y = high > low ? linear([low, high], [HEIGHT - 2, 2]) : () => HEIGHT / 2;
  let isDown = false;
  const path = series.at.map((at, row) => {
    const value = series.value[row];
    const part = value === null ? "" : `${isDown ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    isDown = value !== null;
    return part;
  }).join("");
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
    <path d=${path}></path></svg>`;
}
