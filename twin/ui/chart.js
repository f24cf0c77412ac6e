// What both charts share: room for names, the axis of time, the pattern that means "not known".

import { svg } from "./dom.js";
import { minuteText } from "./format.js";
import { timeTicks } from "./scale.js";

/** Room under a chart for its times. */
export const FOOT = 22;

/** Room for names at the left: the same in all charts, so that instants stand below each other. */
export const sideOf = (width) => (width < 600 ? 76 : 110);

/** The hatch; `id` is its own in each chart, for a page has one space of ids. */
export function hatch(id) {
  const back = svg("rect", { width: 6, height: 6, class: "hatch-back" });
  const line = svg("path", { d: "M0 0v6", class: "hatch-line" });
  const turned = { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  return svg("defs", {}, svg("pattern", turned, back, line));
}

/** Times along the foot, with lines up through the chart. */
export function timeAxis(x, start, end, height, width) {
  const ticks = timeTicks(start, end, width).flatMap((at) => [
    svg("path", { d: `M${x(at).toFixed(1)} 0V${height - FOOT + 4}`, class: "grid" }),
    svg("text", { x: Math.min(x(at), x(end) - 16), y: height - 5 }, minuteText(at)),
  ]);
  return svg("g", { class: "axis" }, ...ticks);
}
