import { describe, expect, test } from 'vitest';
import { evaluate, failureOf, rawProblems } from '../testing/evaluate.ts';

/** Evaluates with `T('…')` standing for the milliseconds of an ISO time. */
function run(source: string): unknown {
  return evaluate(source.replace(/T\('([^']+)'\)/g, (_found, text: string) => String(Date.parse(text))));
}

function shown(source: string): string {
  return new Date(run(source) as number).toISOString().replace('.000Z', 'Z');
}

describe('without a zone everything is in UTC', () => {
  test.each<[string, unknown]>([
    ["formatTime(T('2024-07-01T12:00Z'))", '2024-07-01T12:00:00.000Z'],
    ["hour(T('2024-07-01T12:00Z'))", 12],
    ["parseTime('2024-07-01 12:00', 'YYYY-MM-DD HH:mm')", Date.parse('2024-07-01T12:00Z')],
    ["startOf(T('2024-07-01T12:00Z'), 'day')", Date.parse('2024-07-01T00:00Z')],
  ])('%s', (source, expected) => {
    expect(run(source)).toBe(expected);
  });
});

describe('in a zone', () => {
  test.each<[string, unknown]>([
    ["formatTime(T('2024-07-01T12:00Z'), null, 'Europe/Berlin')", '2024-07-01T14:00:00.000+02:00'],
    ["formatTime(T('2024-07-01T12:00Z'), 'D MMM YYYY h:mm A ZZ', 'America/New_York')", '1 Jul 2024 8:00 AM -0400'],
    ["formatTime(T('2024-07-01T12:00Z'), 'dddd ddd MMMM M [day of] hh', 'Asia/Tokyo')", 'Monday Mon July 7 day of 09'],
    ["formatTime(T('2024-07-01T00:05Z'), 'HH:mm:ss.SSSSSS')", '00:05:00.000000'],
    ["formatTime(T('2024-07-01T00:05Z'), 'h A')", '12 AM'],
    ["hour(T('2024-07-01T23:00Z'), 'Europe/Berlin')", 1],
    ["day(T('2024-07-01T23:00Z'), 'Europe/Berlin')", 2],
    ["weekday(T('2024-06-30T23:00Z'), 'Europe/Berlin')", 1],
    ["zoneOffset(T('2024-07-01T23:00Z'), 'Asia/Kolkata')", 330],
    ["week(T('2021-01-03T12:00Z'))", 53],
    ["weekYear(T('2021-01-03T12:00Z'))", 2020],
    ["week(T('2021-01-04T12:00Z'))", 1],
    ["weekYear(T('2024-12-30T12:00Z'))", 2025],
    ["quarter(T('2024-12-30T12:00Z'))", 4],
    ["dayOfYear(T('2024-12-31T12:00Z'))", 366],
    ["second(T('2024-12-31T12:00:07Z'))", 7],
    ["millisecond(T('1969-12-31T23:59:59.999Z'))", 999],
  ])('%s', (source, expected) => {
    expect(run(source)).toBe(expected);
  });

  test.each<[string, string]>([
    ["parseTime('2024-07-01T12:00', null, 'Europe/Berlin')", '2024-07-01T10:00:00Z'],
    ["parseTime('2024-07-01T12:00Z', null, 'Europe/Berlin')", '2024-07-01T12:00:00Z'],
    ["parseTime('10/Oct/2000:13:55:36 -0700', 'DD/MMM/YYYY:HH:mm:ss ZZ')", '2000-10-10T20:55:36Z'],
    ["parseTime('october 1, 2000 1:05 pm', 'MMMM D, YYYY h:mm A', '-05:00')", '2000-10-01T18:05:00Z'],
    ["parseTime('12 AM 2000', 'h A YYYY')", '2000-01-01T00:00:00Z'],
    ["parseTime('Mon 2024', 'ddd YYYY')", '2024-01-01T00:00:00Z'],
    ["parseTime('2024T', 'YYYYT')", '2024-01-01T00:00:00Z'],
    ["parseTime('20240701', 'YYYYMMDD')", '2024-07-01T00:00:00Z'],
    ["startOf(T('2024-07-01T12:00Z'), 'day', 'America/New_York')", '2024-07-01T04:00:00Z'],
    ["startOf(T('2024-07-03T12:00Z'), 'week', 'Europe/Berlin')", '2024-06-30T22:00:00Z'],
    ["startOf(T('2024-06-30T23:00Z'), 'month', 'Europe/Berlin')", '2024-06-30T22:00:00Z'],
    ["startOf(T('2024-06-30T12:00Z'), 'quarter', 'UTC')", '2024-04-01T00:00:00Z'],
    ["startOf(T('2024-06-30T12:00Z'), 'year', 'Asia/Tokyo')", '2023-12-31T15:00:00Z'],
    ["startOf(T('2024-07-01T12:10Z'), 'hour', 'Asia/Kolkata')", '2024-07-01T11:30:00Z'],
    ["addTime(T('2024-01-31T12:00Z'), 1, 'month')", '2024-02-29T12:00:00Z'],
    ["addTime(T('2024-02-29T12:00Z'), -1, 'year')", '2023-02-28T12:00:00Z'],
    ["addTime(T('2024-11-30T12:00Z'), 1, 'quarter')", '2025-02-28T12:00:00Z'],
    ["addTime(T('2024-01-31T12:00Z'), 90, 'minute')", '2024-01-31T13:30:00Z'],
    ["addTime(T('2024-01-31T12:00Z'), -2, 'week')", '2024-01-17T12:00:00Z'],
  ])('%s', (source, expected) => {
    expect(shown(source)).toBe(expected);
  });
});

describe('where the clocks are set forward', () => {
  test('an hour that is skipped is as much later', () => {
    expect(shown("parseTime('2024-03-31T02:30', null, 'Europe/Berlin')")).toBe('2024-03-31T01:30:00Z');
    expect(shown("addTime(T('2024-03-30T01:30Z'), 1, 'day', 'Europe/Berlin')")).toBe('2024-03-31T01:30:00Z');
  });

  test('a day has 23 hours, and one day is not 24 hours', () => {
    expect(shown("startOf(T('2024-03-31T10:00Z'), 'day', 'Europe/Berlin')")).toBe('2024-03-30T23:00:00Z');
    expect(shown("addTime(T('2024-03-30T23:00Z'), 1, 'day', 'Europe/Berlin')")).toBe('2024-03-31T22:00:00Z');
    expect(shown("addTime(T('2024-03-30T23:00Z'), 24, 'hour', 'Europe/Berlin')")).toBe('2024-03-31T23:00:00Z');
    expect(run("timeBetween(T('2024-03-30T23:00Z'), T('2024-03-31T22:00Z'), 'day', 'Europe/Berlin')")).toBe(1);
    expect(run("timeBetween(T('2024-03-30T23:00Z'), T('2024-03-31T22:00Z'), 'day')")).toBe(0);
  });

  test('a day whose midnight is skipped begins at its first moment', () => {
    expect(shown("startOf(T('2018-11-04T12:00Z'), 'day', 'America/Sao_Paulo')")).toBe('2018-11-04T03:00:00Z');
  });

  test('a day that is skipped altogether is the next', () => {
    expect(shown("parseTime('2011-12-30T12:00', null, 'Pacific/Apia')")).toBe('2011-12-30T22:00:00Z');
  });
});

describe('where the clocks are set back', () => {
  test('of an hour that comes twice the first is meant', () => {
    expect(shown("parseTime('2024-10-27T02:30', null, 'Europe/Berlin')")).toBe('2024-10-27T00:30:00Z');
    expect(shown("parseTime('2024-10-27T02:30+01:00', null, 'Europe/Berlin')")).toBe('2024-10-27T01:30:00Z');
  });

  test('each of the two hours begins by itself', () => {
    expect(shown("startOf(T('2024-10-27T00:30Z'), 'hour', 'Europe/Berlin')")).toBe('2024-10-27T00:00:00Z');
    expect(shown("startOf(T('2024-10-27T01:30Z'), 'hour', 'Europe/Berlin')")).toBe('2024-10-27T01:00:00Z');
    // Lord Howe is set back by half an hour: one hour of the clock lasts an hour and a half.
    expect(shown("startOf(T('2024-04-06T15:15Z'), 'hour', 'Australia/Lord_Howe')")).toBe('2024-04-06T14:00:00Z');
  });

  test('the two are told apart by their offsets', () => {
    const both = "[T('2024-10-27T00:30Z'), T('2024-10-27T01:30Z')].map(t => formatTime(t, 'HH:mmZ', 'Europe/Berlin'))";
    expect(run(both)).toEqual(['02:30+02:00', '02:30+01:00']);
  });

  test('nothing moves by nothing', () => {
    expect(shown("addTime(T('2024-10-27T01:30Z'), 0, 'day', 'Europe/Berlin')")).toBe('2024-10-27T01:30:00Z');
  });
});

test('whole units between two times', () => {
  expect(run("timeBetween(T('2024-01-31T12:00Z'), T('2024-02-29T11:00Z'), 'month')")).toBe(0);
  expect(run("timeBetween(T('2024-01-31T12:00Z'), T('2024-02-29T12:00Z'), 'month')")).toBe(1);
  expect(run("timeBetween(T('2024-02-29T12:00Z'), T('2023-02-28T12:00Z'), 'year')")).toBe(-1);
  expect(run("timeBetween(T('2024-01-01T00:00Z'), T('2024-01-14T23:00Z'), 'week')")).toBe(1);
  expect(run("timeBetween(T('2024-01-01T00:00Z'), T('2024-01-01T00:00:59Z'), 'minute')")).toBe(0);
  expect(run("timeBetween(5, 5, 'year')")).toBe(0);
  // The next whole year is one that no calendar has.
  expect(run("timeBetween(0, 8639999827200000, 'year', 'Australia/Lord_Howe')")).toBe(273790);
});

describe('failures', () => {
  test.each<[string, string]>([
    ["parseTime('2024-07-01', 'MM/DD/YYYY')", "'2024-07-01' is not a time like 'MM/DD/YYYY'"],
    ["parseTime('02/30/2024', 'MM/DD/YYYY')", "'02/30/2024' is not a day and time that exists"],
    ["parseTime('13 AM 2000', 'h A YYYY')", "'13 AM 2000' is not a day and time that exists"],
    ["parseTime('12:00', 'HH:mm')", 'the pattern has no year: YYYY'],
    ["parseTime('2024 ', 'YYYY')", "'2024 ' is not a time like 'YYYY'"],
    ["addTime(0, 1e13, 'year')", 'NaN is no time that a calendar has'],
    ["addTime(0, 9e12, 'second')", '9000000000000000 is no time that a calendar has'],
    ["addTime(0, 1e15, 'day')", '1000000000000000 is more than a calendar has'],
    ['year(9e15)', '9000000000000000 is no time that a calendar has'],
  ])('%s', (source, message) => {
    expect(failureOf(source).message).toBe(message);
  });

  test('units, zones and patterns that a record brings are checked when they come', () => {
    expect(failureOf('startOf(0, value)', { value: 'decade' }).message).toMatch(
      /^'decade' is not a unit of time\. Use one of/,
    );
    expect(failureOf('year(0, value)', { value: 'EST' }).message).toBe(
      "'EST' is not a time zone. Use UTC, a name such as America/New_York, or an offset such as +02:00.",
    );
    expect(failureOf('formatTime(0, value)', { value: 'yyyy' }).message).toBe(
      'yyyy is not part of a time pattern. Write YYYY; put other words in [brackets].',
    );
    expect(failureOf('formatTime(0, value)', { value: 'Y'.repeat(101) }).message).toBe(
      'A time pattern has at most 100 characters.',
    );
    expect(failureOf('year(0, value)', { value: null }).message).toBe('`value` is null');
    expect(rawProblems("startOf(timestamp, 'days')")[0]?.message).toContain("'days' is not a unit of time.");
  });
});
