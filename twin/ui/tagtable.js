// All tags with value, unit, status and age. Only what is near the top of the filter is in the page.

import { breakable, el, setAttribute, setText } from "./dom.js";
import { shortText, unitText } from "./format.js";
import { qualityOf, showValue, valueNode } from "./value.js";

const MOST_ROWS = 300;

export class TagTable {
  /**
   * @param {{table: HTMLTableElement, filter: HTMLInputElement, told: Element}} nodes
   * @param {object[]} tags of GET /tags, each with its `short` name
   * @param {(tag: string) => void} choose somebody wants to see the trend of a tag
   */
  constructor(nodes, tags, choose) {
    Object.assign(this, { ...nodes, tags, choose, rows: new Map() });
    this.filter.addEventListener("input", () => this.list());
    this.list();
  }

  /** Every word of the filter is a part of the name. */
  list() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.tags.filter((tag) => words.every((word) => tag.tag.toLowerCase().includes(word)));
    const shown = found.slice(0, MOST_ROWS);
    this.rows = new Map(shown.map((tag) => [tag.tag, this.row(tag)]));
    this.table.tBodies[0].replaceChildren(...[...this.rows.values()].map((row) => row.node));
    const more = found.length > shown.length ? `, the first ${shown.length} are shown` : "";
    setText(this.told, `${found.length} of ${this.tags.length}${more}`);
    this.refresh?.();
  }

  row(tag) {
    const attributes = { type: "button", class: "plain", title: `${tag.tag}: show its trend` };
    const name = el("button", attributes, ...breakable(tag.short));
    name.addEventListener("click", () => this.choose(tag.tag));
    const [value, status, age] = [valueNode(tag.tag), el("td", { class: "status" }), el("td", { class: "number age" })];
    const node = el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "number" }, value),
      el("td", { class: "unit" }, unitText(tag.unit)), status, el("td", { class: "from" }, tag.connection), age);
    return { node, value, status, age };
  }

  /** @param {Map<string, import("./value.js").Entry>} entries */
  show(entries, asOf, isSilent) {
    this.refresh = () => this.show(entries, asOf, isSilent);
    for (const [tag, row] of this.rows) {
      const entry = entries.get(tag);
      if (!entry) continue;
      showValue(row.value, entry, isSilent);
      setAttribute(row.node, "data-quality", qualityOf(entry, isSilent));
      setText(row.status, statusText(entry, isSilent));
      setText(row.age, entry.time ? shortText(asOf - Date.parse(entry.time)) : "");
    }
  }
}

function statusText(entry, isSilent) {
  const quality = qualityOf(entry, isSilent);
  if (quality === "none") return "no sample yet";
  return quality === "stale" ? `stale, was ${entry.status}` : entry.status;
}
