import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TimeWindowSettings, timeWindows, windowsFor } from './windows.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const weekMs = 7 * dayMs;
const texts = (settings: TimeWindowSettings, at: string): readonly string[] =>
  timeWindows(settings)
    .at(Date.parse(at))
    .map(({ start, end }) => `${new Date(start).toISOString()} ${new Date(end).toISOString()}`);

describe('windows of equal length', () => {
  it('are aligned to 1970, with the end exclusive', () => {
    expect(windowsFor({ type: 'tumbling', sizeMs: 12 }, 21)).toEqual([{ start: 12, end: 24 }]);
    expect(windowsFor({ type: 'tumbling', sizeMs: 12 }, 24)).toEqual([{ start: 24, end: 36 }]);
    expect(windowsFor({ type: 'hopping', sizeMs: 12, advanceMs: 5 }, 21)).toEqual([
      { start: 10, end: 22 },
      { start: 15, end: 27 },
      { start: 20, end: 32 },
    ]);
    expect(windowsFor({ type: 'hopping', sizeMs: 6, advanceMs: 5 }, 7)).toEqual([{ start: 5, end: 11 }]);
  });

  it('do not begin before 1970', () => {
    expect(windowsFor({ type: 'hopping', sizeMs: 10, advanceMs: 5 }, 3)).toEqual([{ start: 0, end: 10 }]);
    expect(timeWindows({ sizeMs: 10, advanceMs: 10, offsetMs: 4 }).at(3)).toEqual([{ start: 0, end: 4 }]);
    expect(timeWindows({ sizeMs: 10, advanceMs: 10, offsetMs: 4 }).at(4)).toEqual([{ start: 4, end: 14 }]);
    expect(timeWindows({ sizeMs: 10, advanceMs: 5, offsetMs: 2 }).at(1)).toEqual([{ start: 0, end: 7 }]);
  });

  it('are moved by an offset, by a negative one too', () => {
    expect(timeWindows({ sizeMs: 10, advanceMs: 10, offsetMs: 34 }).at(25)).toEqual([{ start: 24, end: 34 }]);
    expect(timeWindows({ sizeMs: 10, advanceMs: 10, offsetMs: -6 }).at(25)).toEqual([{ start: 24, end: 34 }]);
  });

  it('hold each time, as many of them as overlap, and know their ends', () => {
    const settings = fc
      .record({ sizeMs: fc.integer({ min: 1, max: 50 }), part: fc.double({ min: 0, max: 1, noNaN: true }) })
      .map(({ sizeMs, part }) => ({ sizeMs, advanceMs: Math.max(1, Math.ceil(sizeMs * part)) }));
    fc.assert(
      fc.property(settings, fc.integer({ min: -60, max: 60 }), fc.nat(1000), (given, offsetMs, timestamp) => {
        const windows = timeWindows({ ...given, offsetMs });
        const found = windows.at(timestamp);
        const starts: number[] = [];
        for (let start = -60 * given.advanceMs + offsetMs; start <= timestamp; start++) {
          const isStart = (start - offsetMs) % given.advanceMs === 0;
          if (isStart && start > timestamp - given.sizeMs && start > -given.advanceMs) starts.push(Math.max(0, start));
        }
        expect(found.map(({ start }) => start)).toEqual(starts);
        for (const { start, end } of found) expect(windows.endOf(start)).toBe(end);
      }),
    );
  });
});

describe('windows of days in a zone', () => {
  const days: TimeWindowSettings = { sizeMs: dayMs, advanceMs: dayMs, timeZone: 'Europe/Berlin' };

  it('begin at midnight there, in winter and in summer', () => {
    expect(texts(days, '2001-01-10T23:30Z')).toEqual(['2001-01-10T23:00:00.000Z 2001-01-11T23:00:00.000Z']);
    expect(texts(days, '2001-07-10T22:00Z')).toEqual(['2001-07-10T22:00:00.000Z 2001-07-11T22:00:00.000Z']);
    expect(texts(days, '2001-07-10T21:59Z')).toEqual(['2001-07-09T22:00:00.000Z 2001-07-10T22:00:00.000Z']);
  });

  it('last 23 and 25 hours where clocks change', () => {
    expect(texts(days, '2001-03-25T12:00Z')).toEqual(['2001-03-24T23:00:00.000Z 2001-03-25T22:00:00.000Z']);
    expect(texts(days, '2001-10-28T12:00Z')).toEqual(['2001-10-27T22:00:00.000Z 2001-10-28T23:00:00.000Z']);
  });

  it('begin when the day does where clocks leap over midnight', () => {
    const saoPaulo = { ...days, timeZone: 'America/Sao_Paulo' };
    expect(texts(saoPaulo, '2018-11-04T10:00Z')).toEqual(['2018-11-04T03:00:00.000Z 2018-11-05T02:00:00.000Z']);
    expect(texts(saoPaulo, '2018-11-04T02:59Z')).toEqual(['2018-11-03T03:00:00.000Z 2018-11-04T03:00:00.000Z']);
  });

  it('leave out a day that the zone left out', () => {
    const apia = { ...days, timeZone: 'Pacific/Apia' };
    expect(texts(apia, '2011-12-30T09:59Z')).toEqual(['2011-12-29T10:00:00.000Z 2011-12-30T10:00:00.000Z']);
    expect(texts(apia, '2011-12-30T10:00Z')).toEqual(['2011-12-30T10:00:00.000Z 2011-12-31T10:00:00.000Z']);
    expect(texts({ ...apia, sizeMs: 2 * dayMs }, '2011-12-30T10:00Z')).toEqual([
      '2011-12-30T10:00:00.000Z 2012-01-01T10:00:00.000Z',
    ]);
  });

  it('begin their weeks on the day that the offset names', () => {
    const weeks: TimeWindowSettings = {
      sizeMs: weekMs,
      advanceMs: weekMs,
      offsetMs: 4 * dayMs,
      timeZone: 'America/New_York',
    };
    // Monday to Monday; clocks were set forward on Sunday, 1 April 2001.
    expect(texts(weeks, '2001-03-28T00:00Z')).toEqual(['2001-03-26T05:00:00.000Z 2001-04-02T04:00:00.000Z']);
  });

  it('overlap where they hop', () => {
    expect(texts({ ...days, sizeMs: 2 * dayMs }, '2001-10-28T12:00Z')).toEqual([
      '2001-10-26T22:00:00.000Z 2001-10-28T23:00:00.000Z',
      '2001-10-27T22:00:00.000Z 2001-10-29T23:00:00.000Z',
    ]);
  });

  it('are one after the other without gaps, over all changes of the clocks', () => {
    for (const timeZone of [
      'Europe/Berlin',
      'America/Sao_Paulo',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Asia/Tehran',
    ]) {
      const windows = timeWindows({ ...days, timeZone, offsetMs: 150 * 60_000 });
      let at = Date.parse('2010-01-01T00:00Z');
      for (let day = 0; day < 1200; day++) {
        const [window] = windows.at(at);
        const next = window?.end ?? 0;
        expect(windows.at(next - 1)).toEqual([window]);
        expect(windows.at(next)[0]?.start).toBe(next);
        expect(windows.endOf(window?.start ?? 0)).toBe(next);
        at = next;
      }
    }
  });

  it('begin with 1970 where the day began before', () => {
    expect(texts(days, '1970-01-01T00:30Z')).toEqual(['1970-01-01T00:00:00.000Z 1970-01-01T23:00:00.000Z']);
    const newYork = { ...days, timeZone: 'America/New_York' };
    expect(texts(newYork, '1970-01-01T00:30Z')).toEqual(['1970-01-01T00:00:00.000Z 1970-01-01T05:00:00.000Z']);
  });
});
