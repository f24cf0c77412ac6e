// The one time control: what the address says about time. Nothing: live. `at`: one moment. `from`, `to`: a span.
// `from=now-8h` alone is live too, with more behind it.

const SPAN_MS = 2 * 3600_000;
const UNITS = { m: 60_000, h: 3600_000, d: 86_400_000 };

const given = new URLSearchParams(location.search);

/** Milliseconds of `now-8h`, or null. */
function behind(text) {
  const [, count, unit] = /^now-(\d+(?:\.\d+)?)(m|h|d)$/.exec(text ?? "") ?? [];
  return unit ? Number(count) * UNITS[unit] : null;
}

function read() {
  const [at, from, to] = ["at", "from", "to"].map((name) => Date.parse(given.get(name) ?? "") || null);
  const length = behind(given.get("from"));
  if (at) return { isLive: false, kind: "at", from: at - SPAN_MS, to: at };
  if (from && from < (to ?? Date.now())) return { isLive: false, kind: "span", from, to: to ?? Date.now() };
  return { isLive: true, kind: "live", length: length ?? SPAN_MS };
}

/** @type {{isLive: boolean, kind: "live"|"at"|"span", from?: number, to?: number, length?: number}} */
export const moment = read();

/** The span that charts show, ms. asOf: what the twin calls now. */
export function spanOf(asOf) {
  return moment.isLive ? { from: asOf - moment.length, to: asOf } : { from: moment.from, to: moment.to };
}

export const lengthOf = () => (moment.isLive ? moment.length : moment.to - moment.from);

const iso = (ms) => new Date(ms).toISOString();

/** The span as parameters of the API; `ms` back from its end where it shall be another length. */
export function spanQuery(ms = lengthOf()) {
  return moment.isLive ? { from: `now-${Math.round(ms / 1000)}s` } : { from: iso(moment.to - ms), to: iso(moment.to) };
}

/** The instant as a parameter of the API, or nothing when it is now. */
export const atQuery = () => (moment.isLive ? {} : { at: iso(moment.to) });

/** The address of a page at the time that is shown here. */
export function href(path, query = {}) {
  const address = new URL(path, location.origin);
  for (const name of ["at", "from", "to"]) if (given.has(name)) address.searchParams.set(name, given.get(name));
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) address.searchParams.append(name, one);
  }
  return address.pathname + address.search;
}

/** Show this page at another time: `{}` is live. */
export function go(times) {
  const address = new URL(location.href);
  for (const name of ["at", "from", "to"]) address.searchParams.delete(name);
  for (const [name, value] of Object.entries(times)) {
    address.searchParams.set(name, typeof value === "number" ? iso(value) : value);
  }
  location.assign(address);
}
