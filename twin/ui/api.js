// The HTTP half of the API, and asking again and again.

/** What the twin answered instead of what was asked; its text says the place, the fact, the fix. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/**
 * GET below /api/v1. Throws Problem, or TypeError when the twin cannot be reached.
 * @param {string} path
 * @param {Object<string, string | number | string[]>} query a list repeats its name
 */
export async function get(path, query = {}) {
  const address = new URL(`/api/v1${path}`, location.href);
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) address.searchParams.append(name, one);
  }
  return bodyOf(await fetch(address, { headers: { Accept: "application/json" } }));
}

/** POST below /api/v1. */
export async function post(path, body) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return bodyOf(await fetch(`/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function bodyOf(answer) {
  const body = await answer.json();
  if (!answer.ok) throw new Problem(answer.status, body.detail ?? answer.statusText);
  return body;
}

/** Whether an error only says that the twin is away or refuses: the live link tells that to people. */
export const isAway = (error) => error instanceof Problem || error instanceof TypeError;

const SHORTEST_MS = 1000;

/**
 * Run `task` now, then each `everyMs` after the run before is over; not while the page is hidden.
 * @returns {() => void} asks for a run soon: many calls are one run, at most one a second
 */
export function repeat(task, everyMs) {
  let timer = 0;
  let isRunning = false;
  let isWanted = false;
  let begun = -SHORTEST_MS;
  const run = async () => {
    if (document.hidden) return;
    isRunning = true;
    isWanted = false;
    begun = performance.now();
    try {
      await task();
    } catch (error) {
      if (!isAway(error)) throw error;
    } finally {
      isRunning = false;
      after(isWanted ? 0 : everyMs);
    }
  };
  const after = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(run, Math.max(ms, begun + SHORTEST_MS - performance.now()));
  };
  const soon = () => {
    isWanted = true;
    if (!isRunning) after(0);
  };
  document.addEventListener("visibilitychange", () => document.hidden || soon());
  run();
  return soon;
}
