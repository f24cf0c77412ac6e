// Samples of tags as the charts take them: GET /samples, then what comes live.

import { get } from "./api.js";
import { shortOf } from "./known.js";
import { moment, spanQuery } from "./moment.js";
import { unitText } from "./format.js";

const BAD = 0x80000000;
const MOST_POINTS = 12_000;

/**
 * One tag over time. at: ms. value: null where it is not usable. bad: instants of rows that are not usable.
 * @typedef {{tag: string, label: string, unit: string, isStep: boolean, at: number[], value: (?number)[],
 *   gaps: {from: number, to: number, cause: string}[]}} Series
 */

/** @returns {Promise<Series[]>} at most so many points of each, peaks kept */
export async function load(tags, points, query = spanQuery()) {
  if (!tags.length) return [];
  const { samples } = await get("/samples", { tag: tags, ...query, max_points: Math.max(100, Math.min(4000, points)) });
  return samples.map((one) => ({
    tag: one.tag,
    label: shortOf(one.tag),
    unit: unitText(one.unit),
    isStep: one.interpolation !== "sloped", // the plant file says so
    at: one.time.map((time) => Date.parse(time)),
    value: one.value.map((value, row) => (one.status[row] >= BAD ? null : value)),
    gaps: one.gaps.map(({ from, to, cause }) => ({ from: Date.parse(from), to: Date.parse(to), cause })),
  }));
}

/** Add the live samples of a message to series; true when one had any. */
export function append(series, message) {
  if (!moment.isLive) return false;
  let isNew = false;
  for (const one of series) {
    const entry = message.tags?.[one.tag];
    const at = entry?.time ? Date.parse(entry.time) : 0;
    if (!at || at <= (one.at.at(-1) ?? 0)) continue;
    one.at.push(at);
    one.value.push(entry.quality === "bad" ? null : entry.value);
    isNew = true;
    if (one.at.length > MOST_POINTS) for (const column of [one.at, one.value]) column.splice(0, 100);
  }
  return isNew;
}

/** Least and greatest usable value, or null when there is none. */
export function rangeOf({ value, at }, from = -Infinity) {
  let [low, high] = [Infinity, -Infinity];
  value.forEach((one, row) => {
    if (one === null || at[row] < from) return;
    if (one < low) low = one;
    if (one > high) high = one;
  });
  return high < low ? null : [low, high];
}

/** How many gaps, and how long: a time that is missing for two causes counts once. gaps: by their start. */
export function missing(gaps) {
  let [count, length, end] = [0, 0, -Infinity];
  for (const { from, to } of gaps) {
    if (from > end) count += 1;
    length += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return { count, length };
}
