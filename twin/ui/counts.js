// Pieces of the machines: since the full hour, and of the shift where the plant has shifts.

import { get } from "./api.js";
import { moment } from "./moment.js";
import { now } from "./now.js";

const MINUTE = 60_000;

/** Pieces of the hour that runs: {from: ms, asOf: text, of: Map "asset:role" -> pieces}. */
export async function hourCounts(asset) {
  const to = moment.isLive ? null : Math.floor(moment.to / MINUTE) * MINUTE;
  const iso = (ms) => new Date(ms).toISOString();
  const span = to === null ? { from: "now-1h" } : { from: iso(to - 60 * MINUTE), to: iso(to) };
  const { counts, as_of } = await get("/counts", { asset, by: "hour", inputs: "0", ...span });
  const hour = counts.reduce((last, one) => (one.from > last ? one.from : last), "");
  const mine = counts.filter((one) => one.from === hour);
  return {
    from: hour ? Date.parse(hour) : now.asOf,
    asOf: as_of,
    of: new Map(mine.map((one) => [`${one.asset}:${one.role}`, one.pieces])),
  };
}
