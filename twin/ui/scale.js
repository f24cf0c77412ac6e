// From instants to pixels, with ticks where people look for them.

const MINUTE = 60_000;

/** Room for names at the left: the same in all charts, so that instants stand below each other. */
export const sideOf = (width) => (width < 600 ? 76 : 110);

/** Linear: value -> pixel. */
export function linear([a, b], [x, y]) {
  const step = b === a ? 0 : (y - x) / (b - a);
  return (value) => x + (value - a) * step;
}

/** Instants on full minutes, hours or days, not nearer than `px` pixels. */
export function timeTicks(start, end, width, px = 90) {
  const isWide = (minutes) => (width * minutes * MINUTE) / (end - start) >= px;
  const every = ([1, 5, 15, 30, 60, 120, 240, 720, 1440].find(isWide) ?? 10_080) * MINUTE;
  const ticks = [];
  const last = end - (18 / width) * (end - start); // its text would not fit
  for (let at = Math.ceil(start / every) * every; at <= last; at += every) ticks.push(at);
  return ticks;
}

/** Call back with the width of a node, now and whenever it changes. */
export function onWidth(node, use) {
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now !== width && now > 0) use((width = now));
  }).observe(node);
}
