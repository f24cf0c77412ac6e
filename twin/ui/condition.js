// <lt-condition>: is this machine as it was when it was well, and what follows if not. <lt-alerts>: all alerts.

import { html, nothing } from "./vendor/lit.js";
import { get, isAway, post } from "./api.js";
import { clockText, leftText, lengthText, numberText, percentText, shortText } from "./format.js";
import { can, lineOf, mayOperate, nameOf, shortOf, withoutName } from "./known.js";
import { atQuery, go, href, moment, spanOf, spanQuery } from "./moment.js";
import { now, onMessage } from "./now.js";
import { Part } from "./part.js";
import "./ts-chart.js";

const WORDS = {
  learning: "learning what is normal", watching: "as learnt", alert: "not as learnt", no_model: "no model yet", off: "stands",
};
const SIGNS = { learning: "…", watching: "✓", alert: "◈", no_model: "○", off: "○" };
const TREND_MS = 8 * 3600_000;
const WEEK = 7 * 86_400_000;

class Condition extends Part {
  static properties = { asset: {} };
  static every = 1000;

  start() {
    if (!can("condition")) return;
    this.poll(async () => {
      const { machines } = await get("/condition", { asset: this.asset, ...atQuery() });
      this.one = machines.find((one) => one.asset === this.asset);
    }, 10_000);
  }

  render() {
    const { one } = this;
    const [sign, word] = one ? told(one) : [];
    return html`<section class="card condition" aria-labelledby="condition-title" data-condition=${one?.state ?? "none"}>
      <div class="head"><h2 id="condition-title">Condition</h2>${one ? html`<span class="state-word"><span aria-hidden="true">${
      sign}</span> <b>${word}</b></span>` : nothing}</div>${this.body(one)}</section>`;
  }

  body(one) {
    if (!can("condition") || !one) return html`<p class="quiet">No model watches this machine: the plant file has no
      <code>health</code> for it. How to give it one stands in docs/how-to/health.md.</p>`;
    const score = typeof one.score === "number" ? html`<div><dt>score now</dt><dd>${numberText(one.score)} <span class="quiet">limit
      ${numberText(one.limit ?? 1)}</span></dd></div>` : nothing;
    return html`<dl class="facts">${score}${one.forecast ? nothing : html`<div><dt>forecast</dt><dd class="quiet">${
      one.forecast_text ?? "none"}</dd></div>`}</dl>${one.forecast ? forecast(one.forecast, one.forecast_text) : nothing}
      ${one.onset ? html`<p>Begins to differ at <b>${clockText(Date.parse(one.onset))}</b>.</p>` : nothing}
      ${one.state === "alert" ? speaking(one.tags) : nothing}${this.trend(one)}
      ${one.model ? html`<p class="quiet">Model ${one.model.name}, learnt from ${clockText(Date.parse(one.model.learnt_from))} to
        ${clockText(Date.parse(one.model.learnt_to))}.</p>` : nothing}`;
  }

  trend(one) {
    if (!one.trend?.length || now.asOf === null) return nothing;
    const { to } = spanOf(now.asOf);
    const series = {
      tag: "score", label: "score, 8 h", unit: "", isStep: false, gaps: [],
      at: one.trend.map(([time]) => (typeof time === "number" ? time : Date.parse(time))), value: one.trend.map(([, score]) => score),
    };
    const from = Math.max(to - TREND_MS, series.at[0] - 60_000);
    return html`<ts-chart lone .series=${[series]} .from=${from} .to=${to} .height=${130}
      .limits=${[{ unit: "", limit: one.limit ?? 1 }]} @zoom=${({ detail }) => go(detail)}></ts-chart>`;
  }
}
customElements.define("lt-condition", Condition);

/** [sign, words]. Above its limit but for less than three minutes of running: no alert yet, and not as learnt either. */
function told({ state, score, limit }) {
  if (state === "watching" && score >= (limit ?? 1)) return ["▲", "above its limit, no alert yet"];
  return [SIGNS[state] ?? "?", WORDS[state] ?? state];
}

/** Time left to the limit, as a band: nine in ten, the middle, one in ten. */
function forecast({ p10_s: p10, p50_s: p50, p90_s: p90, made_at: made }, text) {
  const cell = (name, seconds, words) => html`<div><dt>${name}</dt><dd><b>${shortText(seconds * 1000)}</b></dd><dd class="quiet">${words}</dd></div>`;
  return html`<dl class="forecast">${cell("P10", p10, "1 in 10 sooner")}${cell("P50", p50, "as likely sooner as later")}${
    cell("P90", p90, "9 in 10 sooner")}</dl><p class="quiet">Time left, as seen at ${clockText(Date.parse(made))}: ${text}.</p>`;
}

/** The tags that speak for it, most first. */
function speaking(tags) {
  if (!tags?.length) return nothing;
  return html`<ul class="speaking">${tags.slice(0, 5).map(({ tag, share }) => html`<li><a href=${href("/trends", { tag })}>${
    shortOf(tag).split("/").at(-1).replaceAll("_", " ")}</a><svg viewBox="0 0 100 6" preserveAspectRatio="none" class="share-bar"
    aria-hidden="true"><rect class="track" width="100" height="6"></rect><rect class="band" width=${Math.max(0, Math.min(1, share)) * 100}
    height="6"></rect></svg><b>${percentText(share, 0)}</b></li>`)}</ul>`;
}

class Alerts extends Part {
  static properties = { asset: {} };
  static every = 1000;

  start() {
    this.all = [];
    if (!can("alerts")) return;
    this.again = this.poll(async () => {
      const query = { ...(this.asset ? { asset: this.asset } : {}), state: "all", ...spanQuery(WEEK) };
      this.all = (await get("/alerts", query)).alerts.sort((a, b) => (a.from < b.from ? 1 : -1));
    }, 30_000);
    onMessage((message) => message.alerts && this.again());
  }

  render() {
    const watched = lineOf(this.asset ?? "")?.machines.length;
    return html`<section class="card" aria-label="Condition alerts"><div class="head"><h2>Condition alerts</h2><span class="quiet">7 days</span></div>
      ${this.all.length ? html`<ul class="alerts">${this.all.slice(0, 20).map((one) => this.row(one))}</ul>`
      : html`<p class="quiet">${can("alerts") ? "None: no machine has left what it has learnt." : watched === undefined
        ? "" : "No model watches a machine here."}</p>`}</section>`;
  }

  row(one) {
    const from = Date.parse(one.from);
    const isOpen = !one.to;
    return html`<li data-alert=${one.id} data-open=${isOpen}><a href=${href(`/machine/${one.asset}`)}><span class="sign-alert"
      aria-hidden="true">◈</span> <b>${nameOf(one.asset)}</b> ${withoutName(one.title, one.asset)}</a><span class="quiet">since ${clockText(from)}${
      isOpen ? "" : `, over after ${lengthText(Date.parse(one.to) - from)}`}</span><span>${one.forecast && isOpen
      ? leftText(one.forecast)
      : one.forecast_text ?? ""}</span>${speaking(isOpen ? one.tags : [])}${this.judge(one)}</li>`;
  }

  judge(one) {
    if (one.verdict) return html`<span class="quiet">judged: ${one.verdict === "false" ? "false alert" : "confirmed"}</span>`;
    if (!mayOperate || !moment.isLive) return nothing;
    const say = (verdict) => async () => {
      try {
        await post(`/alerts/${encodeURIComponent(one.id)}/feedback`, { verdict });
      } catch (error) {
        if (!isAway(error)) throw error;
      }
      this.again();
    };
    return html`<span class="buttons"><button type="button" @click=${say("confirmed")}>It was right</button>
      <button type="button" @click=${say("false")}>False alert</button></span>`;
  }
}
customElements.define("lt-alerts", Alerts);
