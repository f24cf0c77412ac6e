// One live value. Carries data-tag, data-quality, data-ts: other tools and tests read them.

import { el, setAttribute, setText } from "./dom.js";
import { lengthText, valueText } from "./format.js";

/**
 * A tag now, as the live channel tells it.
 * @typedef {{value: ?number, text?: string, status: string, quality: string, time: ?string, stale: boolean}} Entry
 */

/** The node of a tag's value before anything is known of it. */
export function valueNode(tag) {
  return el("span", { class: "value", "data-tag": tag, "data-quality": "none", "data-ts": "" }, "–");
}

/** How much a value can be trusted, in one word: stale stands above what it was when it came. */
export function qualityOf(entry, isSilent) {
  if (entry.quality === "none") return "none";
  return isSilent || entry.stale ? "stale" : entry.quality;
}

/** Bring a node up to its entry. */
export function showValue(node, entry, isSilent) {
  setText(node, valueText(entry));
  setAttribute(node, "data-quality", qualityOf(entry, isSilent));
  setAttribute(node, "data-ts", entry.time ?? "");
  setAttribute(node, "title", `${entry.status}${entry.time ? `, ${entry.time}` : ""}`);
}

/** What must be said beside a value: nothing while it is good and present. A silent twin is told once, at the top. */
export function remark(entry, asOf) {
  const quality = qualityOf(entry, false);
  if (quality === "stale") return `stale, ${lengthText(asOf - Date.parse(entry.time))} old`;
  return quality === "bad" || quality === "uncertain" ? entry.status : "";
}
