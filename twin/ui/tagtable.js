// <lt-tags>: all tags with value, unit, status and age. Only what is near the top of the filter is in the page.

import { html, nothing, repeat } from "./vendor/lit.js";
import { get } from "./api.js";
import { shortText, unitText } from "./format.js";
import { inOrder, shortOf } from "./known.js";
import { moment } from "./moment.js";
import { follow, now } from "./now.js";
import { Part } from "./part.js";
import { qualityOf, valueOf } from "./value.js";

const MOST_ROWS = 100;
const MOST_TAGS = 20_000;

class Tags extends Part {
  static properties = { chosen: { attribute: false } };
  static every = 200;

  start() {
    Object.assign(this, { tags: [], words: [], chosen: this.chosen ?? [] });
    this.load();
  }

  async load() {
    let cursor = "";
    do {
      const page = await get("/tags", { limit: 5000, cursor });
      this.tags.push(...page.tags.map((tag) => ({ ...tag, short: shortOf(tag.tag), lower: tag.tag.toLowerCase() })));
      cursor = page.cursor ?? "";
    } while (cursor && this.tags.length < MOST_TAGS);
    this.tags = inOrder(this.tags);
    const first = this.tags.find((tag) => tag.type === "number" && tag.unit) ?? this.tags[0];
    if (first) this.dispatchEvent(new CustomEvent("first", { detail: first.tag, bubbles: true }));
    this.list();
  }

  /** Every word of the filter is a part of the name. */
  list() {
    this.found = this.tags.filter((tag) => this.words.every((word) => tag.lower.includes(word)));
    this.shown = this.found.slice(0, MOST_ROWS);
    follow(this, this.shown.length > 90 ? ["*"] : this.shown.map((tag) => tag.tag));
    this.requestUpdate();
  }

  render() {
    const more = this.found && this.found.length > MOST_ROWS ? `, the first ${MOST_ROWS} are shown` : "";
    const filter = ({ target }) => {
      this.words = target.value.toLowerCase().split(/\s+/).filter(Boolean);
      this.list();
    };
    return html`<section class="card" aria-labelledby="tags-title"><div class="head"><h2 id="tags-title">Tags</h2>
      <label>Filter <input id="filter" type="search" autocomplete="off" spellcheck="false" placeholder="part of a name"
        @input=${filter}></label><span id="tags-shown" class="quiet">${this.found
        ? `${this.found.length} of ${this.tags.length}${more}` : ""}</span></div>
      <table id="tags"><thead><tr><th scope="col">Tag</th><th scope="col" class="number">Value</th><th scope="col">Unit</th>
      <th scope="col">Status</th><th scope="col" class="from">Connection</th><th scope="col" class="number">Age</th></tr>
      </thead><tbody>${repeat(this.shown ?? [], (tag) => tag.tag, (tag) => this.row(tag))}</tbody></table></section>`;
  }

  row(tag) {
    const entry = now.tags.get(tag.tag) ?? (moment.isLive ? tag : undefined); // until the first snapshot: as the list said
    const isChosen = this.chosen.includes(tag.tag);
    const pick = () => this.dispatchEvent(new CustomEvent(isChosen ? "drop" : "choose", { detail: tag.tag, bubbles: true }));
    return html`<tr data-quality=${qualityOf(entry)}><th scope="row"><button type="button" class="plain" @click=${pick}
      aria-pressed=${isChosen} title=${tag.tag}><span class="tick" aria-hidden="true">${isChosen ? "☑" : "☐"}</span>
      ${breakable(tag.short)}</button></th><td class="number">${valueOf(tag.tag, entry)}</td>
      <td class="unit">${unitText(tag.unit)}</td><td class="status">${statusText(entry)}</td>
      <td class="from">${tag.compute ? html`<span title=${tag.compute}>computed</span>` : tag.connection}${came(tag, entry)}</td>
      <td class="number age">${entry?.time && moment.isLive ? shortText(now.asOf - Date.parse(entry.time)) : ""}</td></tr>`;
  }
}
customElements.define("lt-tags", Tags);

const CAME = { filled: "from its history", import: "imported", api: "by the API" };

/** How this value came, where that is not the usual way. Live messages do not say it; the list does, of its own value. */
function came(tag, entry) {
  const origin = entry?.origin ?? (entry?.time === tag.time ? tag.origin : null);
  return origin in CAME ? html` <small class="origin">${CAME[origin]}</small>` : nothing;
}

/** A path that may break after / and _, so that long names stay inside narrow columns. */
const breakable = (path) => path.split(/(?<=[/_])/).map((part, at) => (at ? html`<wbr>${part}` : html`${part}`));

function statusText(entry) {
  const quality = qualityOf(entry);
  if (quality === "none") return entry ? "no sample yet" : nothing;
  return quality === "stale" ? `stale, was ${entry.status}` : entry.status;
}
