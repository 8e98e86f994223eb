const isoLike =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Epoch milliseconds of a date in text: `2001-01-10`, `2001/01/10 18:20`, `2001-01-10T18:20:05.250Z`, with `-` or `/`, a blank or a T,
 * seconds, fractions and a UTC offset as one likes; without an offset it is UTC. Null when it is none of these, or no such day exists.
 */
export function parseTimestamp(text: string): number | null {
  return parseMinutes(text) ?? parseAny(text);
}

/** `2001-01-10 18:20`, the form most data has, without the cost of a regular expression; null for every other, valid or not. */
function parseMinutes(text: string): number | null {
  if (text.length !== 16) return null;
  const separator = text.charCodeAt(4);
  const middle = text.charCodeAt(10);
  if (separator !== dash && separator !== slash) return null;
  if (text.charCodeAt(7) !== dash && text.charCodeAt(7) !== slash) return null;
  if ((middle !== blank && middle !== letterT) || text.charCodeAt(13) !== colon) return null;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hours = twoDigits(text, 11);
  const minutes = twoDigits(text, 14);
  // Comparisons with NaN are false. Days that not every month has are left to the careful way.
  if (!(year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hours <= 23 && minutes <= 59)) return null;
  return Date.UTC(year, month - 1, day, hours, minutes);
}

const blank = 0x20;
const dash = 0x2d;
const slash = 0x2f;
const colon = 0x3a;
const letterT = 0x54;

/** NaN where there are no digits. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function parseAny(text: string): number | null {
  const match = isoLike.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const monthIndex = Number(month) - 1;
  const hours = Number(hour ?? 0);
  const minutes = Number(minute ?? 0);
  const seconds = Number(second ?? 0);
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const offset = offsetMs(zone);
  if (offset === null) return null;
  // Unlike Date.UTC, this takes the years 0 to 99 as they are.
  const date = new Date(0);
  const midnight = date.setUTCFullYear(Number(year), monthIndex, Number(day));
  if (date.getUTCMonth() !== monthIndex || date.getUTCDate() !== Number(day)) return null;
  const milliseconds = fraction === undefined ? 0 : Math.floor(Number(`0.${fraction}`) * 1000);
  return midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds - offset;
}

/** Null when no clock is that far off. */
function offsetMs(zone: string | undefined): number | null {
  if (zone === undefined || zone === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '');
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2));
  return hours > 18 || minutes > 59 ? null : sign * (hours * 60 + minutes) * 60_000;
}
