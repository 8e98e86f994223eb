import type { TimeZone } from './time-zone.ts';

/**
 * Days, months and years as a calendar counts them. Seconds, minutes and hours are always equally long; days and longer units follow the
 * clocks of a zone, so that a day may have 23 or 25 hours.
 */

/** Units whose length is fixed, in milliseconds. */
const clockUnits = new Map([
  ['second', 1000],
  ['minute', 60_000],
  ['hour', 3_600_000],
]);
const dayMs = 86_400_000;
const calendarUnits = ['day', 'week', 'month', 'quarter', 'year'] as const;

export type TimeUnit = 'second' | 'minute' | 'hour' | (typeof calendarUnits)[number];

export const timeUnits: readonly TimeUnit[] = ['second', 'minute', 'hour', ...calendarUnits];

export function isTimeUnit(name: string): name is TimeUnit {
  return (timeUnits as readonly string[]).includes(name);
}

/** Months of the units that are counted in months. */
const monthsOf = { month: 1, quarter: 3, year: 12 } as const;

/** The date and time that a clock shows; `weekday` counts from Monday, 1, to Sunday, 7. */
export interface ClockReading {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

/** Reads a local time: milliseconds since 1970 as the clock on the wall counts them. */
export function readClock(localMs: number): ClockReading {
  const date = new Date(localMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: ((date.getUTCDay() + 6) % 7) + 1,
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    millisecond: date.getUTCMilliseconds(),
  };
}

/** The local time at which a day begins; `month` counts from 1 and may be any whole number. */
export function localDay(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}

/** How many days a month has. */
export function daysInMonth(year: number, month: number): number {
  return readClock(localDay(year, month + 1, 0)).day;
}

/** The number of the day in its year, from 1. */
export function dayOfYear(localMs: number): number {
  return Math.floor((localMs - localDay(readClock(localMs).year, 1, 1)) / dayMs) + 1;
}

/** The week of ISO 8601: weeks begin on Monday, and the first of a year is the one with its first Thursday. */
export function isoWeek(localMs: number): { readonly year: number; readonly week: number } {
  const thursday = localMs + (4 - readClock(localMs).weekday) * dayMs;
  return { year: readClock(thursday).year, week: Math.ceil(dayOfYear(thursday) / 7) };
}

/** The time at which the unit that the time lies in began. */
export function startOfUnit(epochMs: number, unit: TimeUnit, zone: TimeZone): number {
  const local = zone.localMs(epochMs);
  const length = clockUnits.get(unit);
  if (length !== undefined) {
    const passed = ((local % length) + length) % length;
    const start = epochMs - passed;
    // The clocks were set within this very unit, which happens where they are set by half an hour.
    return zone.offsetMs(start) === local - epochMs ? start : zone.epochMs(local - passed);
  }
  return zone.epochMs(localStart(local, unit));
}

function localStart(local: number, unit: TimeUnit): number {
  const { year, month, day, weekday } = readClock(local);
  switch (unit) {
    case 'week':
      return localDay(year, month, day - (weekday - 1));
    case 'month':
      return localDay(year, month, 1);
    case 'quarter':
      return localDay(year, month - ((month - 1) % 3), 1);
    case 'year':
      return localDay(year, 1, 1);
    default:
      return localDay(year, month, day);
  }
}

/** The time so many units later. Days and longer units keep the time of day; a day that the month does not have becomes its last. */
export function addUnits(epochMs: number, amount: number, unit: TimeUnit, zone: TimeZone): number {
  const length = clockUnits.get(unit);
  if (length !== undefined) return epochMs + amount * length;
  const local = zone.localMs(epochMs);
  // Nothing moves by nothing, not even the second of two equal times of day.
  return amount === 0 ? epochMs : zone.epochMs(addLocally(local, amount, unit));
}

function addLocally(local: number, amount: number, unit: TimeUnit): number {
  if (unit === 'day') return local + amount * dayMs;
  if (unit === 'week') return local + amount * 7 * dayMs;
  const { year, month, day } = readClock(local);
  const months = month - 1 + amount * monthsOf[unit as keyof typeof monthsOf];
  const [toYear, toMonth] = [year + Math.floor(months / 12), ((months % 12) + 12) % 12];
  const timeOfDay = local - localDay(year, month, day);
  return localDay(toYear, toMonth + 1, Math.min(day, daysInMonth(toYear, toMonth + 1))) + timeOfDay;
}

/** How many whole units lie between two times; negative when the end is before the start. */
export function unitsBetween(start: number, end: number, unit: TimeUnit, zone: TimeZone): number {
  if (end < start) return 0 - unitsBetween(end, start, unit, zone);
  const length = clockUnits.get(unit);
  if (length !== undefined) return Math.floor((end - start) / length);
  const count = localUnitsBetween(zone.localMs(start), zone.localMs(end), unit);
  // A time that is beyond the calendar, and so no number, is after the end too.
  return count > 0 && !(addUnits(start, count, unit, zone) <= end) ? count - 1 : Math.max(0, count);
}

/** As many units as may have passed; one less when the last is not over yet. */
function localUnitsBetween(start: number, end: number, unit: TimeUnit): number {
  if (unit === 'day') return Math.floor(end / dayMs) - Math.floor(start / dayMs);
  if (unit === 'week') return Math.ceil((end - start) / (7 * dayMs));
  const [from, to] = [readClock(start), readClock(end)];
  return Math.ceil(((to.year - from.year) * 12 + (to.month - from.month)) / monthsOf[unit as keyof typeof monthsOf]);
}
