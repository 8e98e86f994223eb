import { type ClockReading, dayOfYear, isoWeek, readClock } from '../time/calendar.ts';
import { numberType } from '../value-type.ts';
import { defineFunction, type FunctionKind } from './function-kind.ts';
import { ms, timeOf, zone, zoneOf } from './time-arguments.ts';

/** A part of the date and time that clocks in a zone show. */
function part(name: string, summary: string, result: number, read: (localMs: number) => number): FunctionKind {
  const doc = { name, signature: `${name}(ms, zone?)`, summary, example: `${name}(980979000000) → ${result}` };
  return defineFunction(doc, [ms, zone], numberType, (call, time, zoneName) => {
    const at = zoneOf(call, zoneName);
    return read(at.localMs(timeOf(call, time)));
  });
}

function shown(name: keyof ClockReading, summary: string, result: number): FunctionKind {
  return part(name, summary, result, (localMs) => readClock(localMs)[name]);
}

/** The parts of a time, in a zone or in UTC. */
export const calendarFunctions: readonly FunctionKind[] = [
  shown('year', 'The year.', 2001),
  part('quarter', 'The quarter, 1 to 4.', 1, (localMs) => Math.ceil(readClock(localMs).month / 3)),
  shown('month', 'The month, 1 to 12.', 1),
  part('week', 'The week of ISO 8601, 1 to 53.', 5, (localMs) => isoWeek(localMs).week),
  part('weekYear', 'The year that the week of ISO 8601 belongs to.', 2001, (localMs) => isoWeek(localMs).year),
  part('dayOfYear', 'The day of the year, 1 to 366.', 31, dayOfYear),
  shown('day', 'The day of the month, 1 to 31.', 31),
  shown('weekday', 'The day of the week, 1 for Monday to 7 for Sunday.', 3),
  shown('hour', 'The hour, 0 to 23.', 22),
  shown('minute', 'The minute, 0 to 59.', 10),
  shown('second', 'The second, 0 to 59.', 0),
  shown('millisecond', 'The millisecond, 0 to 999.', 0),
  defineFunction(
    {
      name: 'zoneOffset',
      signature: 'zoneOffset(ms, zone)',
      summary: 'How many minutes the clocks of the zone are ahead of UTC at that time; negative when they are behind.',
      example: "zoneOffset(980979000000, 'America/New_York') → -300",
    },
    [ms, { ...zone, optional: false }],
    numberType,
    (call, time, zoneName) => zoneOf(call, zoneName).offsetMs(timeOf(call, time)) / 60_000,
  ),
];
