// What the page knows of the plant: live by the WebSocket, or one moment of the past by HTTP. Parts of the page watch it.

import { get, isAway, Problem } from "./api.js";
import { clockText, useZone } from "./format.js";
import { paint } from "./frame.js";
import { can, known, machineOf } from "./known.js";
import { Live } from "./live.js";
import { atQuery, moment } from "./moment.js";

/**
 * link: "waiting" before the first message, "live", "stale" when nothing came for 3 s, "past" for a moment of the past.
 * asOf: ms. notice: what must be said at the top.
 * model: the edition of the plant model that counted at a moment of the past.
 */
export const now = {
  link: "waiting", asOf: null, model: null, notice: "", tags: new Map(), machines: {}, connections: {}, alarms: {}, alerts: {},
};

const watchers = new Set();
const arrivals = new Set();
const wishes = new Map();
let live = null;

/** Be told, at most once per frame, that something changed. Gives what ends it. */
export function watch(told) {
  watchers.add(told);
  return () => watchers.delete(told);
}

/** Be told of each live message, before the watchers. */
export function onMessage(told) {
  arrivals.add(told);
  return () => arrivals.delete(told);
}

/** Ask for tags (globs, paths or prefixes) to be followed; the same key takes its earlier wish back. */
export function follow(key, tags) {
  if (String(wishes.get(key)) === String(tags)) return;
  wishes.set(key, tags);
  if (live) paint("subscribe", () => live.subscribe(wanted()));
  else if (!moment.isLive) paint("past", loadPast);
}

function wanted() {
  const tags = [...new Set([...wishes.values()].flat())];
  const people = can("alarms") ? { alarms: true } : {};
  return { tags: tags.length > 100 ? ["*"] : tags, assets: [""], columns: true, ...people };
}

export function changed() {
  paint("watchers", () => {
    document.body.dataset.link = now.link;
    for (const told of watchers) told();
  });
}

function take(message) {
  Object.assign(now, { link: "live", notice: "", asOf: Date.parse(message.as_of) });
  if (message.type === "snapshot") {
    Object.assign(now, { tags: new Map(), machines: {}, connections: {}, alarms: {}, alerts: {} });
    renewed();
  }
  for (const [tag, entry] of Object.entries(message.tags ?? {})) now.tags.set(tag, entry);
  for (const part of ["machines", "connections", "alarms", "alerts"]) Object.assign(now[part], message[part]);
  for (const part of [now.alarms, now.alerts]) for (const id in part) if (part[id] === null) delete part[id];
  for (const told of arrivals) told(message);
  changed();
}

function silent() {
  const since = now.asOf === null ? "yet" : `since ${clockText(now.asOf)}`;
  Object.assign(now, {
    link: "stale", notice: `No data from the twin ${since}; trying again. Nothing below is the present.`,
  });
  changed();
}

/** After a restart the plant may be another one: then this page begins anew. */
async function renewed() {
  try {
    const { digest } = await get("/plant");
    if (digest !== known.plant.digest) location.reload();
  } catch (error) {
    if (!isAway(error)) throw error;
  }
}

/** Machines, values and the model as they were at the moment of the address. */
async function loadPast() {
  try {
    const { machines, tags, model, as_of } = await get("/state", atQuery());
    Object.assign(now, { asOf: Date.parse(as_of), model });
    for (const machine of machines) {
      now.machines[machine.asset] = { state: machine.state, since: machine.since };
      const paths = machineOf(machine.asset)?.tags ?? {}; // of a model of then, today's may have another name for it
      for (const [name, entry] of Object.entries(machine.tags)) {
        now.tags.set(paths[name] ?? `${machine.asset}/${name}`, { ...entry, quality: qualityOfStatus(entry) });
      }
    }
    for (const entry of tags) now.tags.set(entry.tag, { ...entry, quality: qualityOfStatus(entry) });
    now.link = "past";
  } catch (error) {
    if (!isAway(error)) throw error;
    Object.assign(now, { link: "past", notice: error instanceof Problem ? error.message : "The twin does not answer." });
  }
  changed();
}

const qualityOfStatus = ({ status, time }) =>
  time === null ? "none" : /^Bad/.test(status) ? "bad" : /^Uncertain/.test(status) ? "uncertain" : "good";

/** Begin: once for each page, after its parts have said what they want to follow. */
export function begin() {
  if (!known) {
    now.notice = "This twin asks for a token. Open this page once as /?token=SECRET.";
    now.link = "stale";
    changed();
    return;
  }
  useZone(known.plant.timezone);
  if (!moment.isLive) {
    loadPast();
    return;
  }
  live = new Live(wanted(), take, silent);
}
