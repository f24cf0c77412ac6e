// Numbers, instants and lengths of time as people read them. Instants are ms since 1970, shown in the plant's zone.

const clockIn = (timeZone) =>
  new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" });

const dayIn = (timeZone) =>
  new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", day: "numeric", month: "short", year: "numeric" });

const partsIn = (timeZone) =>
  new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });

let clock = clockIn("UTC");
let day = dayIn("UTC");
let parts = partsIn("UTC");

/** The zone in which instants are shown. */
export let zone = "UTC";

/** From here on instants are shown in this zone; in UTC where the browser does not know it. */
export function useZone(name) {
  try {
    [clock, day, parts] = [clockIn(name), dayIn(name), partsIn(name)];
    zone = name;
  } catch {
    zone = "UTC";
  }
}

/** 2026-11-27T14:03:12 on the clocks of the plant: what a field for date and time takes. */
export const localText = (ms) => parts.format(ms).replace(" ", "T");

/** The instant of such a text, or NaN. */
export function fromLocal(text) {
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return NaN;
  const offset = (at) => Date.parse(`${localText(at)}Z`) - Math.floor(at / 1000) * 1000;
  const first = asUtc - offset(asUtc);
  return asUtc - offset(first);
}

/** Fri, 27 Nov 2026 */
export const dayText = (ms) => day.format(ms);

/** 14:03:12 */
export const clockText = (ms) => clock.format(ms);

/** 14:03 */
export const minuteText = (ms) => clock.format(ms).slice(0, 5);

/** As many decimals as help: about four digits. */
export function numberText(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value)) return size < 1e15 ? value.toLocaleString("en") : value.toPrecision(8);
  if (size >= 1e9 || size < 1e-3) return value.toPrecision(4);
  return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3);
}

/** What a tag shows: its text (which is exact), its number, or a dash. */
export const valueText = ({ value, text }) => text ?? (typeof value === "number" ? numberText(value) : "–");

/** 8 s, 2 min 10 s, 35 min, 3 h 5 min, 2 d 4 h */
export function lengthText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [minutes, hours, days] = [60, 3600, 86400].map((unit) => Math.floor(seconds / unit));
  if (days >= 2) return joined(days, "d", hours % 24, "h");
  if (hours) return joined(hours, "h", minutes % 60, "min");
  if (minutes >= 10) return `${minutes} min`;
  return minutes ? joined(minutes, "min", seconds % 60, "s") : `${seconds} s`;
}

const joined = (large, unit, small, part) => (small ? `${large} ${unit} ${small} ${part}` : `${large} ${unit}`);

/** The same in its largest unit only: 8 s, 2 min, 3 h, 2 d. For columns. */
export const shortText = (ms) => lengthText(ms).split(" ").slice(0, 2).join(" ");

/** The time left by a forecast, with its band (8 in 10): about 11 min left (5 min to 20 min) */
export function leftText({ p10_s: p10, p50_s: p50, p90_s: p90 }) {
  const [soon, middle, late] = [p10, p50, p90].map((seconds) => shortText(seconds * 1000));
  return `about ${middle} left (${soon} to ${late})`;
}

const SIGNS = { degC: "°C", degF: "°F", percent: "%", um: "µm", m3: "m³", m2: "m²" };

export const unitText = (unit) => SIGNS[unit] ?? unit;

/** 87.3 %; a dash for what is not defined. Beyond 100 % is shown as it is. */
export const percentText = (share, digits = 1) =>
  typeof share === "number" ? `${(100 * share).toFixed(digits)} %` : "–";
