// <lt-trends>: tags side by side over time, an axis for each unit. What is shown is in the address.

import { html, nothing } from "./vendor/lit.js";
import { lengthText } from "./format.js";
import { go, lengthOf, moment, spanOf } from "./moment.js";
import { follow, now, onMessage } from "./now.js";
import { Part } from "./part.js";
import { append, load } from "./samples.js";
import "./tagtable.js";
import "./ts-chart.js";

const MOST = 6;

class Trends extends Part {
  static every = 1000;

  start() {
    this.chosen = new URLSearchParams(location.search).getAll("tag").slice(0, MOST);
    this.series = [];
    follow(this, this.chosen);
    this.again = this.poll(() => this.load(), 60_000);
    onMessage((message) => append(this.series, message));
    this.addEventListener("choose", ({ detail }) => this.choose([...this.chosen, detail].slice(-MOST)));
    this.addEventListener("drop", ({ detail }) => this.choose(this.chosen.filter((one) => one !== detail)));
    this.addEventListener("first", ({ detail }) => this.chosen.length || this.choose([detail]));
  }

  async load() {
    const asked = this.chosen;
    const found = await load(asked, 2 * (this.offsetWidth || 1200));
    if (String(asked) === String(this.chosen)) this.series = found;
    this.requestUpdate();
  }

  choose(tags) {
    this.chosen = [...new Set(tags)];
    const address = new URL(location.href);
    address.searchParams.delete("tag");
    for (const tag of this.chosen) address.searchParams.append("tag", tag);
    history.replaceState(null, "", address);
    follow(this, this.chosen);
    this.load();
  }

  render() {
    const span = now.asOf === null ? null : spanOf(now.asOf);
    const title = moment.isLive ? `last ${lengthText(lengthOf())}` : `${lengthText(lengthOf())} up to then`;
    return html`<section class="card" aria-labelledby="trend-title"><div class="head"><h2 id="trend-title">Trend, ${title}</h2>
      <span class="quiet">drag over a span to look closer; choose tags below</span></div>
      ${span && this.series.length ? html`<ts-chart id="trend" .series=${this.series.slice()} .from=${span.from} .to=${span.to}
        .height=${380} @zoom=${({ detail }) => go(detail)}></ts-chart>`
        : html`<p class="quiet empty">${this.chosen.length ? "loading" : "no tag chosen"}</p>`}</section>
      <lt-tags .chosen=${this.chosen}></lt-tags>${nothing}`;
  }
}
customElements.define("lt-trends", Trends);
