// <lt-outlets>: where the log goes: each outlet with its link, how far it is behind, and what was refused there.

import { html, nothing } from "./vendor/lit.js";
import { get } from "./api.js";
import { clockText, lengthText, numberText } from "./format.js";
import { moment } from "./moment.js";
import { Part } from "./part.js";

const SIGNS = { up: "✓", down: "✕", stopped: "■", connecting: "…", off: "○" };

class Outlets extends Part {
  static every = 1000;

  start() {
    this.all = [];
    if (!moment.isLive) return;
    this.poll(async () => { this.all = (await get("/outlets")).outlets; }, 2000);
  }

  render() {
    return this.all.length ? html`<h2>Outlets</h2><div class="links">${this.all.map((one) => this.card(one))}</div>` : nothing;
  }

  card(one) {
    const causes = Object.entries(one.causes);
    return html`<section class="card link" data-outlet=${one.id} data-state=${this.isStale ? "stale" : one.state}
      aria-label="Outlet ${one.id}"><div class="head"><h2>${one.id}</h2><span class="state-word"><span
      aria-hidden="true">${SIGNS[one.state] ?? "?"}</span> <b>${one.state}</b></span>
      <span class="quiet">${one.since ? `since ${clockText(Date.parse(one.since))}` : ""}</span></div>
      <p class="address"><code>${one.url}</code></p>
      ${one.cause ? html`<p class="cause">${one.cause}${one.next_attempt ? `; next at ${clockText(Date.parse(one.next_attempt))}` : ""}</p>` : nothing}
      ${one.notices.length ? html`<ul class="notices">${one.notices.map((text) => html`<li><span aria-hidden="true">▲</span>
        <span>${text}</span></li>`)}</ul>` : nothing}
      <dl class="facts first">${figures(one).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      ${causes.length ? html`<details><summary>${numberText(one.quarantine)} rows were refused and wait for a decision</summary>
        <ul class="wrong">${causes.map(([cause, rows]) => html`<li><b>${numberText(rows)}</b> ${cause}</li>`)}</ul>
        <p class="quiet"><code>twin outlet quarantine ${one.id}</code></p></details>` : nothing}</section>`;
  }
}
customElements.define("lt-outlets", Outlets);

/** What matters first, and nothing that is not there. */
function figures(one) {
  const counted = ["refused", "mended", "dropped", "overflowed"].filter((name) => one[name]);
  return [
    ["rows/s, 60 s", numberText(one.rate)],
    ["rows that wait", numberText(one.waiting_rows)],
    ["oldest waits for", one.waiting_rows ? lengthText(one.waiting_s * 1000) : "–"],
    ["sent", numberText(one.sent)],
    ...counted.map((name) => [name, numberText(one[name])]),
  ];
}
