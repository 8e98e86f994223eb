import { numberType, stringType } from '../value-type.ts';
import { type Call, defineFunction, type FunctionKind } from './function-kind.ts';
import { shorten } from './number-functions.ts';

const ms = { name: 'ms', kind: 'number' } as const;

const isoTime =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?)?$/;
const slashTime = /^(\d{4})\/(\d{2})\/(\d{2})(?: (\d{2}):(\d{2})(?::(\d{2}))?)?$/;

/** Milliseconds since 1970 of a text. Without a zone the text is in UTC. */
function parseTime(call: Call, text: string): number {
  const match = text.length > 40 ? null : (isoTime.exec(text) ?? slashTime.exec(text));
  if (!match) {
    return call.fail('type', `'${shorten(text)}' is not a time like 2001-01-31T22:10:00Z or 2001/01/31 22:10`);
  }
  const part = (group: number): number => Number(match[group] ?? 0);
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)];
  const [zoneHour, zoneMinute] = [part(10), part(11)];
  const milli = Math.trunc(Number(`0.${match[7] ?? '0'}`) * 1000 + 1e-7);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDay || hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) {
    return call.fail('range', `'${text}' is not a day and time that exists`);
  }
  const offsetMinutes = (zoneHour * 60 + zoneMinute) * (match[9] === '-' ? -1 : 1);
  return date.getTime() + ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1000 + milli;
}

function dateOf(call: Call, time: number): Date {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? call.fail('range', `${time} is no time that a calendar has`) : date;
}

function digits(value: number, length: number): string {
  return `${value < 0 ? '-' : ''}${String(Math.abs(value)).padStart(length, '0')}`;
}

const patternPart = /YYYY|MM|DD|HH|mm|ss|SSS/g;

function formatTime(date: Date, pattern: string): string {
  return pattern.replace(patternPart, (part) => {
    switch (part) {
      case 'YYYY':
        return digits(date.getUTCFullYear(), 4);
      case 'MM':
        return digits(date.getUTCMonth() + 1, 2);
      case 'DD':
        return digits(date.getUTCDate(), 2);
      case 'HH':
        return digits(date.getUTCHours(), 2);
      case 'mm':
        return digits(date.getUTCMinutes(), 2);
      case 'ss':
        return digits(date.getUTCSeconds(), 2);
      default:
        return digits(date.getUTCMilliseconds(), 3);
    }
  });
}

const unitMs = new Map([
  ['second', 1000],
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
]);

function startOf(call: Call, time: number, unit: string): number {
  const date = dateOf(call, time);
  const length = unitMs.get(unit);
  if (length !== undefined) return Math.floor(time / length) * length;
  if (unit !== 'month' && unit !== 'year') {
    return call.fail(
      'range',
      `startOf knows 'second', 'minute', 'hour', 'day', 'month' and 'year', not '${shorten(unit)}'`,
    );
  }
  const start = new Date(0);
  start.setUTCFullYear(date.getUTCFullYear(), unit === 'month' ? date.getUTCMonth() : 0, 1);
  return call.finite(start.getTime());
}

function calendar(name: string, summary: string, example: string, read: (date: Date) => number): FunctionKind {
  return defineFunction({ name, signature: `${name}(ms)`, summary, example }, [ms], numberType, (call, time) =>
    read(dateOf(call, time)),
  );
}

/** Times are numbers: milliseconds since 1970. Everything is in UTC. */
export const timeFunctions: readonly FunctionKind[] = [
  defineFunction(
    {
      name: 'parseTime',
      signature: 'parseTime(text)',
      summary:
        'Milliseconds since 1970 of an ISO 8601 time or YYYY/MM/DD HH:mm[:ss]. Without a zone the text is in UTC.',
      example: "parseTime('2001/01/31 22:10') → 980979000000",
    },
    [{ name: 'text', kind: 'string' }],
    numberType,
    parseTime,
  ),
  defineFunction(
    {
      name: 'formatTime',
      signature: 'formatTime(ms, pattern?)',
      summary: 'The time in UTC as text. A pattern is made of YYYY MM DD HH mm ss SSS; without one it is ISO 8601.',
      example: 'formatTime(980979000000, \'YYYY-MM-DD HH:mm\') → "2001-01-31 22:10"',
    },
    [ms, { name: 'pattern', kind: 'string', optional: true }],
    stringType,
    (call, time, pattern) => {
      const date = dateOf(call, time);
      if (pattern === undefined) return date.toISOString();
      // No part of a pattern more than doubles in length.
      call.admitText(pattern.length * 2);
      return formatTime(date, pattern);
    },
  ),
  defineFunction(
    {
      name: 'startOf',
      signature: "startOf(ms, 'hour')",
      summary: "The time at which its 'second', 'minute', 'hour', 'day', 'month' or 'year' began in UTC.",
      example: "startOf(980979000000, 'day') → 980899200000",
    },
    [ms, { name: 'unit', kind: 'string' }],
    numberType,
    startOf,
  ),
  calendar('year', 'The year in UTC.', 'year(980979000000) → 2001', (date) => date.getUTCFullYear()),
  calendar('month', 'The month in UTC, 1 to 12.', 'month(980979000000) → 1', (date) => date.getUTCMonth() + 1),
  calendar('day', 'The day of the month in UTC, 1 to 31.', 'day(980979000000) → 31', (date) => date.getUTCDate()),
  calendar('hour', 'The hour in UTC, 0 to 23.', 'hour(980979000000) → 22', (date) => date.getUTCHours()),
  calendar('minute', 'The minute in UTC, 0 to 59.', 'minute(980979000000) → 10', (date) => date.getUTCMinutes()),
];
