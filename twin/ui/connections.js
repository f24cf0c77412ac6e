// <lt-connections>: each connection with its link, since when, why not, what it counted, what could not be read.

import { html, nothing } from "./vendor/lit.js";
import { get } from "./api.js";
import { clockText, lengthText, numberText, shortText } from "./format.js";
import { moment } from "./moment.js";
import { now, onMessage } from "./now.js";
import { Part } from "./part.js";

const SIGNS = { up: "✓", down: "✕", stopped: "■", connecting: "…", off: "○" };

class Connections extends Part {
  static every = 1000;

  start() {
    Object.assign(this, { all: [], letters: new Map() });
    if (!moment.isLive) return;
    const again = this.poll(async () => {
      this.all = (await get("/connections")).connections;
      const some = this.all.filter((one) => Object.entries(one.counters).some(([name, n]) => n && /dead|undecod|letter/.test(name)));
      for (const { id } of some) this.letters.set(id, await get(`/connections/${encodeURIComponent(id)}/dead-letters`));
    }, 2000);
    onMessage((message) => message.connections && again());
  }

  render() {
    if (!moment.isLive) return html`<section class="card"><h2>Connections</h2><p class="quiet">Only the present is known
      here; what was lost and gained in the past stands among the events below.</p></section>
      <lt-coverage asset=""></lt-coverage>`;
    return html`<div class="links">${this.all.map((one) => this.card({ ...one, ...now.connections[one.id], problems: one.problems }))}</div>`;
  }

  card(one) {
    const since = one.since && Date.parse(one.since);
    const wrong = Object.entries(one.problems ?? {});
    const counters = Object.entries(one.counters ?? {});
    return html`<section class="card link" data-connection=${one.id} data-state=${this.isStale ? "stale" : one.state}
      aria-label="Connection ${one.id}"><div class="head"><h2>${one.id}</h2><span class="state-word"><span
      aria-hidden="true">${SIGNS[one.state] ?? "?"}</span> <b>${one.state}</b></span>
      <span class="quiet">${since ? `for ${shortText(now.asOf - since)}, since ${clockText(since)}` : ""}</span></div>
      <p class="address"><code>${one.url}</code></p>
      ${one.state === "up" ? nothing : html`<p class="cause">${one.cause}${one.attempts > 1 ? ` (attempt ${one.attempts})` : ""}${one.next_attempt ? `; next at ${clockText(Date.parse(one.next_attempt))}` : ""}</p>`}
      <dl class="facts"><div><dt>lag</dt><dd>${one.lag_s ? lengthTextS(one.lag_s) : "–"}</dd></div>
      ${counters.map(([name, count]) => html`<div><dt>${name.replaceAll("_", " ")}</dt><dd>${numberText(count)}</dd></div>`)}</dl>
      ${wrong.length ? html`<details open><summary>${wrong.length} tags do not work</summary><ul class="wrong">${wrong.map(
        ([tag, why]) => html`<li><code>${tag}</code> ${why}</li>`)}</ul></details>` : nothing}
      <lt-coverage connection=${one.id}></lt-coverage>
      ${this.dead(one.id)}</section>`;
  }

  dead(id) {
    const found = this.letters.get(id);
    if (!found?.letters.length) return nothing;
    const total = Object.values(found.causes).reduce((sum, one) => sum + one, 0);
    return html`<details><summary>${numberText(total)} messages could not be read</summary><ul class="wrong">${found.letters.map(
      (one) => html`<li><b>${clockText(Date.parse(one.time))}</b> ${one.place}: ${one.cause}<br><code>${one.payload}</code></li>`)}
      </ul></details>`;
  }
}
customElements.define("lt-connections", Connections);

const lengthTextS = (seconds) => (seconds < 10 ? `${seconds.toFixed(seconds < 1 ? 3 : 1)} s` : lengthText(seconds * 1000));
