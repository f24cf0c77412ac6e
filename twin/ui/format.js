// Numbers, times and lengths as people read them. Times are shown in the plant's zone.

let zone = "UTC";
let clock = clockOf("UTC");

function clockOf(timeZone) {
  return new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

export function useZone(name) {
  try {
    clock = clockOf(name);
    zone = name;
  } catch {
    zone = "UTC"; // a browser without this zone still shows right times
  }
  return zone;
}

/** 14:03:12 in the plant's zone; ms since 1970. */
export const clockText = (ms) => clock.format(ms);

/** 14:03 in the plant's zone. */
export const minuteText = (ms) => clock.format(ms).slice(0, 5);

/** A value with as many decimals as help. */
export function numberText(value) {
  if (Number.isInteger(value)) return Math.abs(value) < 1e15 ? value.toLocaleString("en") : value.toPrecision(8);
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-3) return value.toPrecision(4);
  return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3);
}

/** What a tag shows: its number, its text, or a dash. */
export function valueText(entry) {
  if (entry.quality === "none") return "–";
  if (entry.value !== null && entry.value !== undefined) {
    return entry.text ?? numberText(entry.value);
  }
  return entry.text ?? "–";
}

/** 8 s, 2 min 10 s, 3 h 5 min. */
export function lengthText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** 8 s, 2 min, 3 h: as much as an age needs in a list. */
export const ageText = (ms) => lengthText(ms).split(" ").slice(0, 2).join(" ");

/** The time of day something began; to the second only while that still tells something. */
export const sinceText = (ms, now) => (now - ms < 600_000 ? clockText(ms) : minuteText(ms));

const SIGNS = { degC: "°C", degF: "°F", percent: "%", um: "µm", m3: "m³", m2: "m²" };

export const unitText = (unit) => SIGNS[unit] ?? unit;
