// The HTTP half of the API.

/** An error with the text of the problem that the twin told. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** GET below /api/v1; a list as a value repeats its name. Throws Problem. */
export async function get(path, query = {}) {
  const address = new URL(`/api/v1${path}`, location.href);
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) address.searchParams.append(name, one);
  }
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  const body = await answer.json();
  if (!answer.ok) throw new Problem(answer.status, body.detail ?? answer.statusText);
  return body;
}

/** Run `task` now and then again and again, each run after the one before is over. */
export function repeat(task, everyMs) {
  let again = false;
  let timer = 0;
  let running = false;
  const run = async () => {
    clearTimeout(timer);
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await task();
    } catch (error) {
      if (!(error instanceof Problem || error instanceof TypeError)) throw error; // no network: the live link tells it
    } finally {
      running = false;
      timer = setTimeout(run, again ? 200 : everyMs);
      again = false;
    }
  };
  run();
  return run;
}
