// One value. Carries data-tag, data-quality, data-ts: other tools and tests read them.

import { html, nothing } from "./vendor/lit.js";
import { lengthText, valueText } from "./format.js";
import { now } from "./now.js";

/**
 * A tag now, as the live channel tells it.
 * @typedef {{value: ?number, text?: string, status: string, quality: string, time: ?string, stale: boolean}} Entry
 */

/** How much a value can be trusted, in one word: stale stands above what it was when it came. */
export function qualityOf(entry) {
  if (!entry || entry.quality === "none") return "none";
  return now.link === "stale" || entry.stale ? "stale" : entry.quality;
}

/** A tag's value. @param {?Entry} entry */
export function valueOf(tag, entry) {
  const told = entry ? `${entry.status}${entry.time ? `, ${entry.time}` : ""}` : nothing;
  return html`<span class="value" data-tag=${tag} data-quality=${qualityOf(entry)} data-ts=${entry?.time ?? ""}
    title=${told}>${entry ? valueText(entry) : "–"}</span>`;
}

/** What must be said beside a value: nothing while it is good and present. A silent twin is told once, at the top. */
export function remark(entry) {
  if (!entry || entry.quality === "none") return "";
  if (entry.stale) return `stale, ${lengthText(now.asOf - Date.parse(entry.time))} old`;
  return entry.quality === "bad" || entry.quality === "uncertain" ? entry.status : "";
}
