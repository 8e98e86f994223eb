import { isTimeUnit, type TimeUnit, timeUnits } from '../time/calendar.ts';
import { readTimePattern } from '../time/time-pattern.ts';
import { type TimeZone, timeZoneNamed } from '../time/time-zone.ts';
import type { Call } from './function-kind.ts';
import { shorten } from './number-functions.ts';

/** The arguments that the time functions share: a time, a unit, a zone, a pattern. */

export const ms = { name: 'ms', kind: 'number' } as const;
export const unit = { name: 'unit', kind: 'string', flawOf: unitFlaw } as const;
export const zone = { name: 'zone', kind: 'string', optional: true, flawOf: zoneFlaw } as const;
export const timePattern = { name: 'pattern', kind: 'textOrNull', optional: true, flawOf: patternFlaw } as const;

/** The times of a calendar that all clocks can show: 8.64e15 milliseconds around 1970, less two days. */
const timeMax = 8.64e15 - 172_800_000;

/** A time that a calendar has. */
export function timeOf(call: Call, time: number): number {
  return Math.abs(time) <= timeMax ? time : call.fail('range', `${time} is no time that a calendar has`);
}

function unitFlaw(name: string): string | undefined {
  if (isTimeUnit(name)) return undefined;
  return `'${shorten(name)}' is not a unit of time. Use one of ${timeUnits.map((known) => `'${known}'`).join(', ')}.`;
}

export function unitOf(call: Call, name: string): TimeUnit {
  return isTimeUnit(name) ? name : call.fail('range', unitFlaw(name) ?? '');
}

function zoneFlaw(name: string): string | undefined {
  if (timeZoneNamed(name) !== undefined) return undefined;
  return `'${shorten(name)}' is not a time zone. Use UTC, a name such as America/New_York, or an offset such as +02:00.`;
}

/** The zone that an argument names; UTC when there is none. Every look at a zone costs the same, however much of it is known already. */
export function zoneOf(call: Call, name: string | undefined): TimeZone {
  if (name !== undefined) call.charge(stepsPerZone);
  const found = timeZoneNamed(name ?? 'UTC');
  return found ?? call.fail('range', zoneFlaw(name ?? '') ?? '');
}

/** Steps that a look at a zone takes: enough for one that has to be read from the platform's data. */
const stepsPerZone = 8;

function patternFlaw(text: string): string | undefined {
  const pattern = readTimePattern(text);
  return typeof pattern === 'string' ? pattern : undefined;
}
