import { daysInMonth, localDay } from './calendar.ts';
import { readOffset, type TimeFlaw } from './time-pattern.ts';
import type { TimeZone } from './time-zone.ts';

const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?([Zz]|[+-]\d{2}:?\d{2})?)?$/;
const slashTime = /^(\d{4})\/(\d{2})\/(\d{2})(?: (\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/** The time that an ISO 8601 text or `YYYY/MM/DD HH:mm[:ss]` spells. A text without an offset is a clock's reading in the zone. */
export function parseIsoTime(text: string, zone: TimeZone): number | TimeFlaw {
  const match = text.length > 40 ? null : (isoTime.exec(text) ?? slashTime.exec(text));
  if (!match) return 'mismatch';
  const part = (group: number): number => Number(match[group] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
  const offsetMs = match[8] === undefined ? undefined : readOffset(match[8]);
  if (!isDay || hour > 23 || minute > 59 || second > 59) return 'impossible';
  if (match[8] !== undefined && offsetMs === undefined) return 'impossible';
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const localMs = localDay(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
  return offsetMs === undefined ? zone.epochMs(localMs) : localMs - offsetMs;
}
