// One live value: text, unit, age, status. Carries data-tag, data-quality, data-ts for tests and for other tools.

import { el, setAttribute, setText } from "./dom.js";
import { lengthText, valueText } from "./format.js";

/** The node of a tag's value, before anything is known of it. */
export function valueNode(tag) {
  return el("span", { class: "value", "data-tag": tag, "data-quality": "none" }, "–");
}

/** How much a value can be trusted, in one word: stale stands above what it was when it came. */
export function qualityOf(entry, isSilent) {
  if (!entry || entry.quality === "none") return "none";
  return isSilent || entry.stale ? "stale" : entry.quality;
}

/** Bring a node up to its entry. */
export function showValue(node, entry, isSilent) {
  if (!entry) return;
  setText(node, valueText(entry));
  setAttribute(node, "data-quality", qualityOf(entry, isSilent));
  setAttribute(node, "data-ts", entry.time ?? "");
  setAttribute(node, "title", `${entry.status}${entry.time ? `, ${entry.time}` : ""}`);
}

/** What must be said beside a value: nothing while it is good and present. That the twin is silent is said once. */
export function remark(entry, asOf) {
  const quality = qualityOf(entry, false);
  if (quality === "good" || quality === "none") return "";
  const age = entry.time ? lengthText(asOf - Date.parse(entry.time)) : "";
  return quality === "stale" ? `stale, ${age} old` : entry.status;
}
