// <lt-connections>: each connection with its link, since when, why not, what should be known, how much flows and how
// late, what it counted, what could not be read.

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
      ${notices(one.notices)}
      <dl class="facts first">${figures(one).map(fact)}</dl>
      ${wrong.length ? html`<details open><summary>${wrong.length} tags do not work</summary><ul class="wrong">${wrong.map(
        ([tag, why]) => html`<li><code>${tag}</code> ${why}</li>`)}</ul></details>` : nothing}
      <lt-coverage connection=${one.id}></lt-coverage>
      ${this.dead(one.id)}
      <details class="more"><summary>all figures</summary><dl class="facts">${asked(one.gauges ?? {}).map(fact)}${counters.map(
        ([name, count]) => fact([name.replaceAll("_", " "), numberText(count)]))}</dl></details></section>`;
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

/** What people should know although values flow: before any figure. */
const notices = (all) => {
  const told = Object.entries(all ?? {});
  return told.length ? html`<ul class="notices">${told.map(([about, text]) => html`<li><span aria-hidden="true">▲</span>
    <span><b>${about.replaceAll("_", " ")}</b> ${text}</span></li>`)}</ul>` : nothing;
};

const fact = ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

/** What matters first, and nothing that is not there. */
function figures(one) {
  const { gauges = {}, counters = {} } = one;
  const lost = ["overflow", "dead_letters", "too_old"].filter((name) => counters[name]);
  return [
    ["values/s, 10 s", numberText(one.rate_10s)],
    ["values/s, 60 s", numberText(one.rate_60s)],
    ["lag, half within", lagText(one.lag_p50_s)],
    ["lag, 99 % within", lagText(one.lag_p99_s)],
    ["reconnects", numberText(counters.reconnects ?? 0)],
    ...lost.map((name) => [name.replaceAll("_", " "), numberText(counters[name])]),
    ...("clock_offset_s" in gauges ? [["clock ahead by", offsetText(gauges.clock_offset_s)]] : []),
    ...ofClock(one.clock),
    ...("certificate_days" in gauges ? [["certificate ends in", daysText(gauges.certificate_days)]] : []),
  ];
}

/** What its samples say of the source's clock. */
function ofClock(clock) {
  if (!clock) return [];
  const { offset_s: offset, jitter_s: jitter, drift_ppm: drift, jump } = clock;
  return [
    ["samples ahead by", html`<span data-clock="offset">${offsetText(offset)}</span>`],
    ["jitter", lengthTextS(jitter)],
    ...(drift === null ? [] : [["clock drift", `${drift.toFixed(1)} ppm`]]),
    ...(jump ? [["clock jumped", html`<span data-clock="jump">${clockText(Date.parse(jump.time))} by ${
      jumpText(jump.size_s)}${jump.like ? ` (like ${jump.like})` : ""}</span>`]] : []),
  ];
}

/** The figures of the connector: what was asked beside what was granted, then the others. */
function asked(gauges) {
  const pairs = ["publishing", "sampling"].filter((name) => `${name}_s` in gauges).map((name) =>
    [`${name}, asked → granted`, `${lengthTextS(gauges[`${name}_asked_s`] ?? 0)} → ${lengthTextS(gauges[`${name}_s`])}`]);
  const shown = /^(publishing|sampling)(_asked)?_s$|^(clock_offset_s|certificate_days)$/;
  return [...pairs, ...Object.entries(gauges).filter(([name]) => !shown.test(name)).map(gauge)];
}

function gauge([name, value]) {
  const text = name.endsWith("_days") ? daysText(value) : name.endsWith("_s") ? lengthTextS(value) : numberText(value);
  return [name.replace(/_(s|days)$/, "").replaceAll("_", " "), text];
}

const lagText = (seconds) => (typeof seconds === "number" ? lengthTextS(seconds) : "–");
const jumpText = (seconds) => `${seconds < 0 ? "−" : "+"}${lengthTextS(Math.abs(seconds))}`;
const offsetText = (seconds) => `${seconds < 0 ? "−" : ""}${lengthTextS(Math.abs(seconds))}`;
const daysText = (days) => (days < 0 ? "is over" : `${Math.floor(days).toLocaleString("en")} ${Math.floor(days) === 1 ? "day" : "days"}`);
const lengthTextS = (seconds) => (seconds < 10 ? `${seconds.toFixed(seconds < 1 ? 3 : 1)} s` : lengthText(seconds * 1000));
