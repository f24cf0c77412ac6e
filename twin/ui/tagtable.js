// All tags with value, unit, status and age. Only what is near the top of the filter is in the page.

import { el, setAttribute, setText } from "./dom.js";
import { ageText, unitText } from "./format.js";
import { qualityOf, showValue, valueNode } from "./value.js";

const MOST_ROWS = 300;

/** A path that may be broken behind `/` and `_`. */
function breakable(path) {
  return path.split(/(?<=[/_])/).flatMap((part, row) => (row ? [el("wbr"), part] : [part]));
}

export class TagTable {
  constructor(table, filter, told, tags, choose) {
    Object.assign(this, { body: table.tBodies[0], told, tags, choose, rows: new Map() });
    filter.addEventListener("input", () => this.filter(filter.value));
    this.filter("");
  }

  filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.tags.filter((tag) => words.every((word) => tag.tag.toLowerCase().includes(word)));
    const shown = found.slice(0, MOST_ROWS);
    this.rows = new Map(shown.map((tag) => [tag.tag, this.row(tag)]));
    this.body.replaceChildren(...[...this.rows.values()].map((row) => row.node));
    const more = found.length > shown.length ? `, the first ${shown.length} are shown` : "";
    setText(this.told, `${found.length} of ${this.tags.length}${more}`);
    this.refresh?.();
  }

  row(tag) {
    const name = el("button", { type: "button", class: "plain", title: "show its trend" }, ...breakable(tag.short));
    name.addEventListener("click", () => this.choose(tag.tag));
    const value = valueNode(tag.tag);
    const status = el("td", { class: "status" });
    const age = el("td", { class: "number age" });
    const amount = el("td", { class: "number amount" }, value, " ", el("span", { class: "unit" }, unitText(tag.unit)));
    const node = el("tr", { title: tag.tag }, el("th", { scope: "row" }, name), amount, status, age);
    return { node, value, status, age };
  }

  show(entries, asOf, isSilent) {
    this.refresh = () => this.show(entries, asOf, isSilent);
    for (const [tag, row] of this.rows) {
      const entry = entries.get(tag);
      if (!entry) continue;
      showValue(row.value, entry, isSilent);
      const quality = qualityOf(entry, isSilent);
      setAttribute(row.node, "data-quality", quality);
      setText(row.status, quality === "none" ? "no sample yet" : quality === "stale" ? `stale (${entry.status})` : entry.status);
      setText(row.age, entry.time ? ageText(asOf - Date.parse(entry.time)) : "");
    }
  }
}
