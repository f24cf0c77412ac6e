// From instants and values to pixels, with ticks where people look for them.

const MINUTE = 60_000;

/** Linear: value -> pixel. */
export function linear([a, b], [x, y]) {
  const step = b === a ? 0 : (y - x) / (b - a);
  return (value) => x + (value - a) * step;
}

/** Instants on full minutes or hours, not nearer than `px` pixels. */
export function timeTicks(start, end, width, px = 90) {
  const isWide = (minutes) => (width * minutes * MINUTE) / (end - start) >= px;
  const every = ([1, 5, 15, 30, 60, 120, 240].find(isWide) ?? 480) * MINUTE;
  const ticks = [];
  for (let at = Math.ceil(start / every) * every; at <= end; at += every) ticks.push(at);
  return ticks;
}

/** About so many values on multiples of 1, 2 or 5 times a power of ten, and the decimals they need. */
export function valueTicks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((one) => one >= rough) ?? 10 * power;
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n += 1) ticks.push(n * step || 0); // no -0
  return { ticks, decimals: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

/** Call back with the width of a node, now and whenever it changes. */
export function onWidth(node, use) {
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now !== width && now > 0) use((width = now));
  }).observe(node);
}
