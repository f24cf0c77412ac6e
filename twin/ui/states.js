// How each machine state looks: a word, a shape, a letter, a place in its row. Colour comes on top, for the abnormal.

import { html } from "./vendor/lit.js";

const SHAPES = {
  play: { d: "M4 2.5 13 8 4 13.5Z" },
  square: { d: "M3 3h10v10H3Z" },
  pause: { d: "M3.5 3h3v10h-3ZM9.5 3h3v10h-3Z" },
  wallAhead: { d: "M2 4.5 9 8l-7 3.5ZM11 2h3v12h-3Z" },
  nothingComes: { d: "M2 2h3v12H2ZM7 4.5 14 8l-7 3.5Z", class: "outline" },
  dots: { d: "M2 6.5h3v3H2ZM6.5 6.5h3v3h-3ZM11 6.5h3v3h-3Z" },
  ring: { d: "M12.7 8a4.7 4.7 0 1 1-9.4 0 4.7 4.7 0 1 1 9.4 0Z", class: "outline" },
  swap: { d: "M2 5h10M9.5 2.5 12 5 9.5 7.5M14 11H4M6.5 8.5 4 11l2.5 2.5", class: "outline" },
  cross: { d: "M8 2.5v11M2.5 8h11", class: "outline" },
  hand: { d: "M4 14V8M7 14V4M10 14V4M13 14V7M3 14h11", class: "outline" },
  slash: { d: "M12.7 8a4.7 4.7 0 1 1-9.4 0 4.7 4.7 0 1 1 9.4 0ZM3 13 13 3", class: "outline" },
  query: { d: "M5.2 6a2.8 2.8 0 1 1 4 2.6c-.9.5-1.2.9-1.2 1.9M8 12.6v1.2", class: "outline" },
};

/**
 * State -> [word, shape, letter in the timeline, place of its bar in the row]; the order is that of the legend.
 * What waits for another machine fills half of its row (above: cannot give, below: does not get), what rests a thin
 * line, so that a state is known without its colour where it is too short for a letter.
 */
const LOOKS = {
  running: ["Running", "play", "", "full"],
  changeover: ["Changeover", "swap", "C", "full"],
  blocked: ["Blocked", "wallAhead", "", "upper"],
  starved: ["Starved", "nothingComes", "", "lower"],
  waiting: ["Waiting", "dots", "", "thin"],
  down: ["Down", "square", "D", "full"],
  stopped: ["Stopped", "pause", "S", "full"],
  idle: ["Idle", "ring", "", "thin"],
  maintenance: ["Maintenance", "cross", "M", "full"],
  manual: ["Manual", "hand", "H", "full"],
  off: ["Off", "slash", "", "thin"],
  unknown: ["Unknown", "query", "?", "full"],
};

export const STATES = Object.keys(LOOKS);

/** @param {?string} state null or undefined: nothing came yet */
export function look(state) {
  if (!state) return { word: "No data yet", shape: "ring", letter: "", place: "thin" };
  const [word, shape, letter, place] = LOOKS[state] ?? [state, "ring", state.slice(0, 1).toUpperCase(), "full"];
  return { word, shape, letter, place };
}

/** The shape of a state, for people who see no colour. */
export function icon(state) {
  const { d, class: kind } = SHAPES[look(state).shape];
  return html`<svg viewBox="0 0 16 16" class="icon" aria-hidden="true"><path d=${d} class=${kind ?? ""}></path></svg>`;
}
