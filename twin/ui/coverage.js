// <lt-coverage>: how much of the time shown is covered, and why the rest is missing; of a machine or of a connection.

import { html, nothing } from "./vendor/lit.js";
import { get } from "./api.js";
import { lengthText } from "./format.js";
import { lengthOf, moment, spanQuery } from "./moment.js";
import { onMessage } from "./now.js";
import { Part } from "./part.js";

const MOST = 4;
const MOST_TAGS = 1000;
const WHY = {
  gap: "gap", lost: "connection lost", stopped: "twin stopped", uncovered: "not subscribed", never: "not watched before",
};

/**
 * What is missing of each machine below a path, with its cause; what nothing watched before is not.
 * @returns {Promise<import("./timeline.js").Gap[]>}
 */
export async function gapsOf(asset, machines, span) {
  const { tags } = await get("/coverage", { asset, ...span, rows: "false", limit: MOST_TAGS });
  const owner = new Map(machines.flatMap((one) => Object.values(one.tags).map((tag) => [tag, one.path])));
  const found = new Map();
  for (const { tag, stretches } of tags.filter((one) => owner.has(one.tag))) {
    for (const { from, to, why, cause } of stretches.filter((one) => one.state === "missing" && one.why !== "never")) {
      const gap = { asset: owner.get(tag), from: Date.parse(from), to: Date.parse(to), why: [WHY[why], cause].filter(Boolean).join(": ") };
      found.set(Object.values(gap).join("|"), gap);
    }
  }
  return [...found.values()];
}

class Coverage extends Part {
  static properties = { asset: {}, connection: {} };
  static every = 10_000;

  start() {
    this.summary = null;
    const about = this.connection ? { connection: this.connection } : { asset: this.asset ?? "" };
    const again = this.poll(async () => {
      this.summary = (await get("/coverage", { ...about, ...spanQuery(), rows: "false", limit: 1 })).summary;
    }, 30_000);
    onMessage((message) => message.connections && again());
  }

  render() {
    if (!this.summary) return nothing;
    if (this.connection) return html`<div class="coverage"><p>${this.figure()}</p>${this.causes()}</div>`;
    return html`<section class="card coverage" aria-labelledby="coverage-title"><div class="head">
      <h2 id="coverage-title">Coverage</h2></div><p>${this.figure()}</p>${this.causes()}</section>`;
  }

  /** Of the time since something watched the tags: what came before is not lost, it was never to be had. */
  figure() {
    const { covered_s: covered, filled_s: filled, missing_s: missing, never_s: never } = this.summary;
    const watched = covered + filled + missing - never;
    if (!watched) return html`<b class="share" data-share="none">–</b> <span class="quiet">nothing watched it yet</span>`;
    const share = (covered + filled) / watched;
    const span = moment.isLive ? `of the last ${lengthText(lengthOf())}` : `of ${lengthText(lengthOf())} up to then`;
    return html`<b class="share" data-share=${share}>${shareText(share)} covered</b>
      <span class="quiet">${never ? "since it is watched" : span}</span>`;
  }

  causes() {
    const { causes, causes_left_out: more, filled_s: filled, tags } = this.summary;
    const missing = causes.filter((one) => one.why !== "never");
    const rest = missing.length - MOST + more;
    if (!missing.length && !filled) return html`<p class="quiet">Nothing is missing of ${tagsText(tags)}.</p>`;
    return html`<ul class="wrong">${missing.slice(0, MOST).map((one) => html`<li data-why=${one.why}><b>${
      lengthText((1000 * one.missing_s) / one.tags)}</b> of ${tagsText(one.tags)}: ${WHY[one.why]}${one.cause
      ? `: ${one.cause}` : ""}${one.unfilled ? html` <span class="quiet">not in the source's history: ${one.unfilled}</span>`
      : nothing}</li>`)}
      ${rest > 0 ? html`<li class="quiet">and ${rest} more causes</li>` : nothing}
      ${filled ? html`<li data-why="filled"><b>${lengthText((1000 * filled) / tags)}</b> on average filled from the source's
        own history</li>` : nothing}</ul>`;
  }
}
customElements.define("lt-coverage", Coverage);

const tagsText = (count) => (count === 1 ? "1 tag" : `${count} tags`);

/** Never 100 % of what is not all. */
const shareText = (share) => (share === 1 ? "100 %" : `${Math.min(99.99, Math.floor(10_000 * share) / 100).toFixed(2)} %`);
