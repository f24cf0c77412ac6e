// How each machine state looks: a word, a shape and a letter; colour comes on top, for the abnormal only.

import { svg } from "./dom.js";

const SHAPES = {
  play: () => svg("path", { d: "M4 2.5 13 8 4 13.5Z" }),
  square: () => svg("path", { d: "M3 3h10v10H3Z" }),
  pause: () => svg("path", { d: "M3.5 3h3v10h-3ZM9.5 3h3v10h-3Z" }),
  full: () => svg("path", { d: "M2 3h8v10H2ZM12 3h2v10h-2Z" }),
  empty: () => svg("path", { d: "M6 3.8h7.2v8.4H6ZM2 3h2v10H2Z", class: "outline" }),
  ring: () => svg("circle", { cx: 8, cy: 8, r: 4.7, class: "outline" }),
  dots: () => svg("path", { d: "M2 6.5h3v3H2ZM6.5 6.5h3v3h-3ZM11 6.5h3v3h-3Z" }),
  slash: () => svg("path", { d: "M4.7 11.3a4.7 4.7 0 1 1 6.6-6.6 4.7 4.7 0 1 1-6.6 6.6ZM3 13 13 3", class: "outline" }),
  swap: () => svg("path", { d: "M2 5.5h8V3l4 3.7-4 3.6V7.8H2ZM6 12.5h8", class: "outline" }),
  wrench: () => svg("path", { d: "M8 2v12M2 8h12", class: "outline" }),
  unknown: () => svg("path", { d: "M5.2 6a2.8 2.8 0 1 1 4 2.6c-.9.5-1.2.9-1.2 1.9M8 12.6v1.2", class: "outline" }),
};

/** State -> [word, shape, letter]. The order is that of the legend. */
const LOOKS = {
  running: ["Running", "play", "R"],
  changeover: ["Changeover", "swap", "C"],
  blocked: ["Blocked", "full", "B"],
  starved: ["Starved", "empty", "S"],
  down: ["Down", "square", "D"],
  stopped: ["Stopped", "pause", "P"],
  waiting: ["Waiting", "dots", "W"],
  idle: ["Idle", "ring", "I"],
  maintenance: ["Maintenance", "wrench", "M"],
  off: ["Off", "slash", "O"],
  unknown: ["Unknown", "unknown", "?"],
};

export const STATES = Object.keys(LOOKS);

export function look(state) {
  if (state === null || state === undefined) return { word: "No data yet", shape: "ring", letter: "", name: "none" };
  const [word, shape, letter] = LOOKS[state] ?? [state, "ring", state.slice(0, 1).toUpperCase()];
  return { word, shape, letter, name: state };
}

/** The shape of a state, for people who see no colour. */
export function icon(state) {
  const { shape } = look(state);
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, SHAPES[shape]());
}
