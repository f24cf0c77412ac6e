// What happened lately: connections, gaps, runs, imports, and results that late data corrected.

import { el } from "./dom.js";
import { clockText, lengthText } from "./format.js";

const MOST = 12;

/** Kind of event -> what people read. `name` is the last part of its subject. */
const WORDS = {
  "connection.up": ({ name }) => `${name} connected`,
  "connection.lost": ({ name, body }) => `${name} lost: ${body.cause ?? ""}`,
  gap: ({ name, body }) => `${name}: samples missing for ${lengthText((body.to - body.from) / 1e6)}: ${body.cause}`,
  "clock.ahead": ({ name, body }) => `${name}: its clock is ${lengthText(body.ahead_ns / 1e6)} ahead of ours`,
  "plant.loaded": ({ body }) => `plant file loaded (${String(body.digest).slice(0, 8)})`,
  "run.started": () => "twin started",
  "run.stopped": () => "twin stopped",
  "import.done": ({ body }) => `${Number(body.rows).toLocaleString("en")} samples imported from ${body.file}`,
};
const ABNORMAL = new Set(["connection.lost", "gap", "clock.ahead"]);

const lastPart = (path) => path.slice(path.lastIndexOf("/") + 1);

/** Events of GET /events and corrections of GET /corrections as one list, newest first. */
export function showNews(list, events, corrections) {
  const all = [...events.map(ofEvent), ...ofCorrections(corrections)].sort((a, b) => b.at - a.at).slice(0, MOST);
  const rows = all.map(({ at, kind, text, isAbnormal }) =>
    el("li", { "data-kind": kind, class: isAbnormal ? "abnormal" : null },
      el("time", { datetime: new Date(at).toISOString() }, clockText(at)),
      el("span", { class: "sign", "aria-hidden": "true" }, isAbnormal ? "▲" : "·"), el("span", {}, text)));
  list.replaceChildren(...(rows.length ? rows : [el("li", { class: "quiet" }, "Nothing happened.")]));
}

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
