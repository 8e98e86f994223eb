import { addUnits, startOfUnit, unitsBetween } from '../time/calendar.ts';
import { parseIsoTime } from '../time/iso-time.ts';
import { formatPattern, parsePattern, readTimePattern, type TimePattern } from '../time/time-pattern.ts';
import { numberType, stringType } from '../value-type.ts';
import { type Call, defineFunction, type FunctionKind } from './function-kind.ts';
import { shorten } from './number-functions.ts';
import { ms, timeOf, timePattern, unit, unitOf, zone, zoneOf } from './time-arguments.ts';

function patternOf(call: Call, text: string): TimePattern {
  const pattern = readTimePattern(text);
  return typeof pattern === 'string' ? call.fail('range', pattern) : pattern;
}

const isoPattern = 'YYYY-MM-DDTHH:mm:ss.SSSZ';

/** Longest text that is looked at as a time. */
const timeTextMax = 200;

/** Functions of times. A time is a number: milliseconds since 1970. */
export const timeFunctions: readonly FunctionKind[] = [
  defineFunction(
    {
      name: 'parseTime',
      signature: 'parseTime(text, pattern?, zone?)',
      summary:
        'Milliseconds since 1970 of an ISO 8601 time or YYYY/MM/DD HH:mm[:ss], or of a text in a pattern. A text without an offset is in the zone, or in UTC.',
      example: "parseTime('2001/01/31 22:10') → 980979000000",
    },
    [{ name: 'text', kind: 'string' }, timePattern, zone],
    numberType,
    (call, text, pattern, zoneName) => {
      const at = zoneOf(call, zoneName);
      const parts = typeof pattern === 'string' ? patternOf(call, pattern) : undefined;
      const time =
        text.length > timeTextMax ? 'mismatch' : parts ? parsePattern(text, parts, at) : parseIsoTime(text, at);
      if (typeof time === 'number') return time;
      if (time === 'no-year') return call.fail('range', 'the pattern has no year: YYYY');
      if (time === 'impossible') return call.fail('range', `'${text}' is not a day and time that exists`);
      const like = parts ? `'${pattern}'` : '2001-01-31T22:10:00Z or 2001/01/31 22:10';
      return call.fail('type', `'${shorten(text)}' is not a time like ${like}`);
    },
  ),
  defineFunction(
    {
      name: 'formatTime',
      signature: 'formatTime(ms, pattern?, zone?)',
      summary: 'The time as text, as clocks in the zone show it, or in UTC. Without a pattern it is ISO 8601.',
      example: 'formatTime(980979000000, \'YYYY-MM-DD HH:mm\') → "2001-01-31 22:10"',
    },
    [ms, timePattern, zone],
    stringType,
    (call, time, pattern, zoneName) => {
      const at = zoneOf(call, zoneName);
      return formatPattern(timeOf(call, time), patternOf(call, pattern ?? isoPattern), at);
    },
  ),
  defineFunction(
    {
      name: 'startOf',
      signature: 'startOf(ms, unit, zone?)',
      summary:
        "The time at which its 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter' or 'year' began in the zone, or in UTC. Weeks begin on Monday.",
      example: "startOf(980979000000, 'day', 'America/New_York') → 980917200000",
    },
    [ms, unit, zone],
    numberType,
    (call, time, unitName, zoneName) => {
      const at = zoneOf(call, zoneName);
      return timeOf(call, startOfUnit(timeOf(call, time), unitOf(call, unitName), at));
    },
  ),
  defineFunction(
    {
      name: 'addTime',
      signature: 'addTime(ms, amount, unit, zone?)',
      summary:
        'The time so many units later, or earlier for a negative amount. Days and longer units keep the time of day in the zone, or in UTC; the 31st becomes the last day of a shorter month.',
      example: "addTime(980979000000, 1, 'month') → 983398200000",
    },
    [ms, { name: 'amount', kind: 'integer' }, unit, zone],
    numberType,
    (call, time, amount, unitName, zoneName) => {
      const at = zoneOf(call, zoneName);
      // More of anything than this is outside of every calendar, and must not become a day that does not exist on the way.
      if (Math.abs(amount) > 1e13) return call.fail('range', `${amount} is more than a calendar has`);
      return timeOf(call, addUnits(timeOf(call, time), amount, unitOf(call, unitName), at));
    },
  ),
  defineFunction(
    {
      name: 'timeBetween',
      signature: 'timeBetween(start, end, unit, zone?)',
      summary:
        'How many whole units lie between two times, negative when the end is earlier. Days and longer units are counted in the zone, or in UTC.',
      example: "timeBetween(978307200000, 980979000000, 'day') → 30",
    },
    [{ name: 'start', kind: 'number' }, { name: 'end', kind: 'number' }, unit, zone],
    numberType,
    (call, start, end, unitName, zoneName) => {
      const at = zoneOf(call, zoneName);
      return unitsBetween(timeOf(call, start), timeOf(call, end), unitOf(call, unitName), at);
    },
  ),
];
