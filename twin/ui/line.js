// The line page: fetches the plant once, follows it live, hands everything to its parts.

import { get, Problem, repeat } from "./api.js";
import { Connections } from "./connections.js";
import { el, setText } from "./dom.js";
import { clockText, lengthText, minuteText, useZone } from "./format.js";
import { paint } from "./frame.js";
import { Live } from "./live.js";
import { Mimic } from "./mimic.js";
import { TagTable } from "./tagtable.js";
import { Timeline } from "./timeline.js";
import { Trend } from "./trend.js";

const SPAN_MS = 2 * 3600_000;
const MOST_TAGS = 5000;
const RETRY_MS = 2000;
const $ = (id) => document.getElementById(id);

/** What the page knows of the plant now. */
const now = { tags: new Map(), machines: {}, connections: {}, asOf: null, isSilent: true, corrected: 0 };

function notice(text) {
  setText($("notice"), text);
  $("notice").hidden = !text;
}

async function allTags() {
  const tags = [];
  let cursor = "";
  do {
    const page = await get("/tags", { limit: 1000, cursor });
    tags.push(...page.tags);
    cursor = page.cursor ?? "";
  } while (cursor && tags.length < MOST_TAGS);
  return tags;
}

async function start() {
  let plant, tags;
  try {
    [plant, tags] = await Promise.all([get("/plant"), allTags()]);
  } catch (error) {
    const help = error.status === 401 ? " Open this page once as /?token=SECRET." : "";
    notice(`${error instanceof Problem ? error.message : "The twin does not answer."}${help}`);
    setTimeout(start, RETRY_MS);
    return;
  }
  notice("");
  run(plant, tags);
}

function run(plant, tags) {
  setText($("zone"), useZone(plant.timezone));
  const root = plant.lines.length === 1 ? plant.lines[0].path : plant.path;
  const prefix = root ? `${root}/` : "";
  for (const tag of tags) tag.short = tag.tag.startsWith(prefix) ? tag.tag.slice(prefix.length) : tag.tag;
  const machines = plant.lines.flatMap((line) => line.machines);
  const parts = {
    connections: new Connections($("connections")),
    mimic: new Mimic($("lines"), plant, new Map(tags.map((tag) => [tag.tag, tag]))),
    timeline: new Timeline($("timeline"), $("legend"), $("shares"), machines.filter((one) => one.has_state), SPAN_MS),
    trend: new Trend($("trend"), SPAN_MS),
  };
  const trendNow = trendOf(parts.trend, tags, machines[0]);
  parts.table = new TagTable($("tags"), $("filter"), $("tags-shown"), tags, (tag) => trendNow(tag, true));
  const statesNow = repeat(async () => {
    const { states, as_of } = await get("/states", { from: "now-2h" });
    parts.timeline.show(states, Date.parse(as_of));
  }, 30_000);
  const countsNow = repeat(() => hourCounts(parts.mimic), 5_000);
  follow(parts, plant, { statesNow, countsNow, trendNow });
}

/** Counts since the last full hour, as the clock on the wall of the plant shows it. */
async function hourCounts(mimic) {
  const { counts } = await get("/counts", { from: "now-1h", by: "hour" });
  const newest = counts.reduce((last, one) => (one.from > last ? one.from : last), "");
  paint("counts", () => mimic.showCounts(counts.filter((one) => one.from === newest), minuteText(Date.parse(newest))));
}

function trendOf(trend, tags, machine) {
  const select = $("trend-tag");
  const usual = tags.filter((tag) => tag.type === "number");
  select.append(...usual.map((tag) => el("option", { value: tag.tag }, tag.short)));
  const own = new Set(Object.values(machine?.tags ?? {}));
  const measured = usual.filter((tag) => tag.unit);
  const first = measured.findLast((tag) => own.has(tag.tag)) ?? measured[0] ?? usual[0];
  if (first) select.value = first.tag;
  const load = async () => {
    if (!select.value) return;
    const most = Math.max(300, Math.min(4000, 2 * $("trend").clientWidth));
    const { samples, as_of } = await get("/samples", { tag: select.value, from: "now-2h", max_points: most });
    if (samples[0].tag === select.value) trend.show(samples[0], Date.parse(as_of));
  };
  const again = repeat(load, 60_000);
  select.addEventListener("change", again);
  return (tag, isWanted) => {
    if (tag) select.value = tag;
    if (isWanted) $("trend-title").scrollIntoView({ block: "start" });
    again();
  };
}

function follow(parts, plant, again) {
  let drawnAt = 0;
  const show = () => paint("live", () => {
    document.body.dataset.link = now.isSilent ? "stale" : "live";
    $("silent-for").hidden = !now.isSilent;
    setText($("link"), now.isSilent ? "no data since" : "data as of");
    setText($("as-of"), now.asOf === null ? "–" : clockText(now.asOf));
    parts.connections.show(now.connections, now.asOf);
    parts.mimic.showStates(now.machines, now.asOf, now.isSilent);
    parts.mimic.showValues(now.tags, now.asOf, now.isSilent);
    parts.table.show(now.tags, now.asOf, now.isSilent);
    if (Math.abs(now.asOf - drawnAt) >= 1000) {
      drawnAt = now.asOf;
      parts.timeline.advance(now.asOf);
      parts.trend.advance(now.asOf);
    }
  });
  const live = new Live({ tags: ["*"], assets: [""] }, {
    message(kind, body) {
      const wasSilent = now.isSilent;
      now.isSilent = false;
      now.asOf = live.asOf;
      if (wasSilent) notice("");
      take(kind, body, parts.trend);
      if (kind === "snapshot") {
        renewed(plant);
        for (const refresh of Object.values(again)) refresh();
      } else if (kind === "corrections") {
        now.corrected += body.corrections.length;
        setText($("corrections"), `Late data corrected ${now.corrected} results while you watched, last at ${clockText(now.asOf)}.`);
        again.statesNow();
        again.countsNow();
      } else if (body.machines) {
        again.statesNow();
      }
      show();
    },
    silent(asOf, forMs) {
      now.isSilent = true;
      const since = asOf === null ? "yet" : `since ${clockText(asOf)}`;
      notice(`No data from the twin ${since}; trying again. Nothing below is the present.`);
      setText($("silent-for"), lengthText(forMs));
      show();
    },
  });
}

function take(kind, body, trend) {
  if (kind === "snapshot") {
    now.tags = new Map();
    now.machines = {};
    now.connections = {};
  }
  for (const [tag, entry] of Object.entries(body.tags ?? {})) {
    now.tags.set(tag, entry);
    if (tag === trend.tag) trend.append(entry);
  }
  Object.assign(now.machines, body.machines ?? {});
  Object.assign(now.connections, body.connections ?? {});
}

/** After a restart the plant may be another one: then this page begins anew. */
async function renewed(plant) {
  try {
    const { digest } = await get("/plant");
    if (digest !== plant.digest) location.reload();
  } catch (error) {
    if (!(error instanceof Problem || error instanceof TypeError)) throw error; // gone again: the live link tells it
  }
}

start();
