// The line page: fetches the plant once, follows it live, hands everything to its parts.

import { get, isAway, Problem, repeat } from "./api.js";
import { Connections } from "./connections.js";
import { el, setText } from "./dom.js";
import { clockText, useZone } from "./format.js";
import { paint } from "./frame.js";
import { Live } from "./live.js";
import { Mimic } from "./mimic.js";
import { showNews } from "./news.js";
import { TagTable } from "./tagtable.js";
import { Timeline } from "./timeline.js";
import { Trend } from "./trend.js";

const SPAN = "now-2h";
const SPAN_MS = 2 * 3600_000;
const MOST_TAGS = 5000;
const RETRY_MS = 2000;
const $ = (id) => document.getElementById(id);

/** What the page knows of the plant now. asOf: ms, null before the first message. */
const now = { tags: new Map(), machines: {}, connections: {}, asOf: null, isSilent: false };

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
  try {
    const [plant, tags] = await Promise.all([get("/plant"), allTags()]);
    notice("");
    build(plant, tags);
  } catch (error) {
    if (!isAway(error)) throw error;
    const help = error.status === 401 ? " Open this page once as /?token=SECRET." : "";
    notice(`${error instanceof Problem ? error.message : "The twin does not answer; trying again."}${help}`);
    setTimeout(start, RETRY_MS);
  }
}

function build(plant, tags) {
  setText($("zone"), useZone(plant.timezone));
  const root = plant.lines.length === 1 ? plant.lines[0].path : plant.path;
  for (const tag of tags) tag.short = tag.tag.startsWith(`${root}/`) ? tag.tag.slice(root.length + 1) : tag.tag;
  const machines = plant.lines.flatMap((line) => line.machines);
  const chart = { root: $("timeline"), legend: $("legend"), shares: $("shares") };
  const parts = {
    connections: new Connections($("connections")),
    mimic: new Mimic($("lines"), plant, new Map(tags.map((tag) => [tag.tag, tag]))),
    timeline: new Timeline(chart, machines.filter((one) => one.has_state), SPAN_MS),
    trend: new Trend($("trend"), SPAN_MS),
  };
  const again = polls(parts);
  const choose = chooser(parts.trend, tags, machines[0], again.trend);
  parts.table = new TagTable({ table: $("tags"), filter: $("filter"), told: $("tags-shown") }, tags, choose);
  follow(parts, plant, again);
}

/** What comes by HTTP, each again after a while or when it is asked for. */
function polls({ mimic, timeline, trend }) {
  return {
    states: repeat(async () => timeline.show((await get("/states", { from: SPAN })).states), 60_000),
    counts: repeat(async () => {
      const answer = await get("/counts", { from: "now-1h", by: "hour" });
      paint("counts", () => mimic.showCounts(answer));
    }, 2_000),
    trend: repeat(async () => {
      const tag = $("trend-tag").value;
      if (!tag) return;
      const most = Math.max(300, Math.min(4000, 2 * $("trend").clientWidth));
      const { samples } = await get("/samples", { tag, from: SPAN, max_points: most });
      if ($("trend-tag").value === tag) trend.show(samples[0]);
    }, 60_000),
    news: repeat(async () => {
      const [{ events }, { corrections }] = await Promise.all([get("/events", { limit: 20 }), get("/corrections")]);
      paint("news", () => showNews($("news"), events, corrections));
    }, 30_000),
  };
}

/** The choice of the tag of the trend; gives what the table calls when somebody picks a tag there. */
function chooser(trend, tags, machine, load) {
  const select = $("trend-tag");
  const numbers = tags.filter((tag) => tag.type === "number");
  select.append(...numbers.map((tag) => el("option", { value: tag.tag }, tag.short)));
  const own = new Set(Object.values(machine?.tags ?? {}));
  const measured = numbers.filter((tag) => tag.unit);
  select.value = (measured.find((tag) => own.has(tag.tag)) ?? measured[0] ?? numbers[0])?.tag ?? "";
  select.addEventListener("change", load);
  return (tag) => {
    select.value = tag;
    $("trend-title").scrollIntoView({ block: "start" });
    load();
  };
}

function follow(parts, plant, again) {
  const shown = { asOf: 0 };
  const show = () => paint("live", () => write(parts, shown));
  const onMessage = (message) => {
    take(message, parts);
    if (message.type === "snapshot") {
      renewed(plant);
      for (const refresh of Object.values(again)) refresh();
    }
    if (message.corrections) for (const refresh of [again.states, again.counts, again.news]) refresh();
    if (message.connections) again.news();
    show();
  };
  const onSilence = () => {
    now.isSilent = true;
    const since = now.asOf === null ? "yet" : `since ${clockText(now.asOf)}`;
    notice(`No data from the twin ${since}; trying again. Nothing below is the present.`);
    show();
  };
  new Live({ tags: ["*"], assets: [""] }, onMessage, onSilence);
}

/** Bring what the page knows up to a message. */
function take(message, { timeline, trend }) {
  if (now.isSilent) notice("");
  now.isSilent = false;
  now.asOf = Date.parse(message.as_of);
  if (message.type === "snapshot") Object.assign(now, { tags: new Map(), machines: {}, connections: {} });
  for (const [tag, entry] of Object.entries(message.tags ?? {})) {
    now.tags.set(tag, entry);
    if (tag === trend.tag) trend.append(entry);
  }
  for (const [path, machine] of Object.entries(message.machines ?? {})) timeline.begin(path, machine);
  Object.assign(now.machines, message.machines);
  Object.assign(now.connections, message.connections);
}

function write({ connections, mimic, table, timeline, trend }, shown) {
  const { tags, machines, asOf, isSilent } = now;
  document.body.dataset.link = isSilent ? "stale" : "live";
  setText($("link"), isSilent ? "no data since" : "data as of");
  if (asOf === null) return;
  setText($("as-of"), clockText(asOf));
  connections.show(now.connections, asOf);
  mimic.showStates(machines, asOf, isSilent);
  mimic.showValues(tags, asOf, isSilent);
  table.show(tags, asOf, isSilent);
  if (Math.abs(asOf - shown.asOf) < 1000) return; // charts move by less than a pixel in that time
  shown.asOf = asOf;
  timeline.advance(asOf);
  trend.advance(asOf);
}

/** After a restart the plant may be another one: then this page begins anew. */
async function renewed(plant) {
  try {
    const { digest } = await get("/plant");
    if (digest !== plant.digest) location.reload();
  } catch (error) {
    if (!isAway(error)) throw error;
  }
}

start();
