// <lt-news>: what happened lately: connections, gaps, runs, imports, people, results that late data corrected.

import { html, nothing } from "./vendor/lit.js";
import { get } from "./api.js";
import { clockText, dayText, lengthText } from "./format.js";
import { moment, spanQuery } from "./moment.js";
import { onMessage } from "./now.js";
import { Part } from "./part.js";

const MOST = 12;
const DAY = 86_400_000;

/** Kind of event -> what people read. `name` is the last part of its subject. */
const WORDS = {
  "connection.up": ({ name }) => `${name} connected`,
  "connection.lost": ({ name, body }) => `${name} lost: ${body.cause ?? ""}`,
  gap: ({ name, body }) => `${name}: samples missing for ${lengthText((body.to - body.from) / 1e6)}: ${body.cause}`,
  "gap.filled": ({ name, body }) => `${name}: ${body.rows} samples of ${tagsText(body)} came from its own history`,
  "tags.covered": ({ name, body }) => `${name}: ${body.resumed ? `nothing missed of ${tagsText(body)} since ${
    clockText(body.since / 1e6)}` : `${tagsText(body)} followed`}`,
  "tags.uncovered": ({ name, body }) => `${name}: ${tagsText(body)} cannot come: ${body.cause}`,
  "clock.offset": ({ name, body }) => `${name}: its clock is ${lengthText(Math.abs(body.offset_ns) / 1e6)} ${
    body.offset_ns < 0 ? "behind" : "ahead of"} ours`,
  "clock.jumped": ({ name, body }) => `${name}: its clock went ${body.jump_ns < 0 ? "back" : "ahead"} by ${
    lengthText(Math.abs(body.jump_ns) / 1e6)}${body.like ? `, like ${body.like}` : ""}`,
  "clock.ahead": ({ name, body }) => `${name}: its clock is ${lengthText(body.ahead_ns / 1e6)} ahead of ours`,
  "plant.loaded": ({ body }) => `plant file loaded (${String(body.digest).slice(0, 8)})${
    body.why ? `: ${body.why}` : ""}`,
  "run.started": () => "twin started",
  "run.stopped": () => "twin stopped",
  "import.done": ({ body }) => `${Number(body.rows).toLocaleString("en")} samples imported from ${body.file}`,
  "alarm.acknowledged": ({ name, body }) => `alarm of ${name} acknowledged${body.note ? `: ${body.note}` : ""}`,
  "stop.labelled": ({ name, body }) => `stop of ${name} at ${clockText(body.from / 1e6)}: ${[body.reason, body.text]
    .filter(Boolean).join(": ")}`,
  "model.learnt": ({ name }) => `normal running of ${name} learnt`,
  "alert.judged": ({ name, body }) => `alert of ${name} judged ${body.verdict ?? ""}`,
};
const ABNORMAL = new Set(["connection.lost", "gap", "tags.uncovered", "clock.ahead", "clock.jumped"]);

const tagsText = ({ tags }) => (tags.length === 1 ? "1 tag" : `${tags.length} tags`);
const lastPart = (path) => path.split("@")[0].split("/").at(-1);

class News extends Part {
  static every = 60_000;

  start() {
    this.all = null;
    const again = this.poll(async () => {
      const query = moment.isLive ? {} : spanQuery(DAY);
      const [{ events }, corrected] = await Promise.all([
        get("/events", { limit: 20, ...query }), moment.isLive ? get("/corrections", { limit: 200 }) : { corrections: [] },
      ]);
      const found = [...events.map(ofEvent), ...ofCorrections(corrected.corrections)];
      this.all = found.sort((a, b) => b.at - a.at).slice(0, MOST);
    }, 30_000);
    onMessage((message) => (message.type === "snapshot" || message.connections || message.corrections) && again());
  }

  render() {
    const title = moment.isLive ? "Events and corrections" : "Events up to then";
    let day = "";
    return html`<section class="card" aria-labelledby="news-title"><div class="head"><h2 id="news-title">${title}</h2></div>
      <ol id="news" class="news">${this.all?.length ? this.all.map((one) => {
        const today = dayText(one.at);
        const heads = today !== day ? html`<li class="day quiet">${today}</li>` : nothing;
        day = today;
        return html`${heads}<li data-kind=${one.kind} class=${one.isAbnormal ? "abnormal" : ""}><time
          datetime=${new Date(one.at).toISOString()}>${clockText(one.at)}</time><span class="sign"
          aria-hidden="true">${one.isAbnormal ? "▲" : "·"}</span><span>${one.text}</span></li>`;
      }) : html`<li class="day quiet">${this.all ? "Nothing happened." : ""}</li>`}</ol></section>`;
  }
}
customElements.define("lt-news", News);

function ofEvent({ time, kind, subject, who, body }) {
  const say = WORDS[kind] ?? (({ name }) => `${kind} ${name}`);
  const text = say({ name: lastPart(subject), body });
  return { at: Date.parse(time), kind, text: who ? `${text} (${who})` : text, isAbnormal: ABNORMAL.has(kind) };
}

/** What one late delivery corrected is one row. */
function ofCorrections(corrections) {
  const byInstant = new Map();
  for (const one of corrections) byInstant.set(one.known, [...(byInstant.get(one.known) ?? []), one]);
  return [...byInstant].map(([known, all]) => ({ at: Date.parse(known), kind: "correction", text: told(all) }));
}

function told(all) {
  const records = all.flatMap((one) => [one.removed, one.added]).filter(Boolean);
  const starts = records.map((one) => Date.parse(one.from));
  const ends = records.map((one) => Date.parse(one.to));
  const whose = new Set(records.map((one) => lastPart(one.key)));
  const names = whose.size > 3 ? `${whose.size} assets` : [...whose].join(", ");
  const span = `${clockText(Math.min(...starts))} to ${clockText(Math.max(...ends))}`;
  return `late data corrected ${all.length} ${all.length === 1 ? "result" : "results"} of ${names}, ${span}`;
}
