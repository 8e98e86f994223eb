import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregateDriver, type WindowedResult, windowedResults, windowedRows } from '../../testing/aggregate-driver.ts';

const sliding = (more: object = {}, settings = {}) =>
  aggregateDriver({ window: 'sliding', windowMs: 10, graceMs: 0, ...more }, settings);

interface Event {
  readonly key: string;
  readonly timestamp: number;
}

const events = fc.array(fc.record({ key: fc.constantFrom('a', 'ab'), timestamp: fc.nat(60) }), {
  minLength: 1,
  maxLength: 30,
});

/**
 * What sliding windows are, by their definition: of each record the window that ends with it, and the one that begins after it if it holds any
 * record. Records before the first whole window share [0, length].
 */
function windowsOf(all: readonly Event[], lengthMs: number): readonly WindowedResult[] {
  const found = new Map<string, WindowedResult>();
  for (const { key, timestamp } of all) {
    for (const start of [Math.max(0, timestamp - lengthMs), timestamp + 1]) {
      const end = start + lengthMs;
      const inside = all.filter((event) => event.key === key && event.timestamp >= start && event.timestamp <= end);
      const times = inside.map((event) => event.timestamp);
      if (times.length > 0) found.set(`${key} ${start}`, [key, start, end, times.length, Math.max(...times)]);
    }
  }
  return [...found.values()].sort((left, right) =>
    left[0] === right[0] ? left[1] - right[1] : String(left[0]) < String(right[0]) ? -1 : 1,
  );
}

describe('an aggregate in sliding windows', () => {
  it('drops records without a key or a value', () => {
    const driver = sliding();
    driver.pipe('t', { key: null, value: 1, timestamp: 50 });
    driver.pipe('t', { key: 'a', value: null, timestamp: 60 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 20 });
    expect(windowedResults(driver)).toEqual([['a', 10, 20, 1, 20]]);
    expect(driver.run.counters().get('a')).toMatchObject({ nullKey: 1, filtered: 1, forwarded: 1, dropped: 2 });
  });

  it('takes a record until even the last window it could be in has closed', () => {
    const driver = sliding({ graceMs: 5 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 100 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 84 });
    expect(driver.run.counters().get('a')).toMatchObject({ late: 1, droppedWindows: 1 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 90 }); // [80, 90] has closed, [90, 100] holds it
    expect(driver.run.counters().get('a')).toMatchObject({ late: 1, droppedWindows: 2, forwarded: 2 });
    expect(windowedResults(driver)).toEqual([
      ['a', 90, 100, 1, 100],
      ['a', 90, 100, 2, 100],
      ['a', 91, 101, 1, 100],
    ]);
  });

  it('holds what lies within a length, whatever the order of arrival', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 20 }), (all, windowMs) => {
        const driver = sliding({ windowMs, graceMs: 100, retentionMs: 1000 });
        for (const { key, timestamp } of all) driver.pipe('t', { key, value: 1, timestamp });
        expect(windowedRows(driver)).toEqual(windowsOf(all, windowMs));
      }),
    );
  });

  it('sends each window once when it closes, in order', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 20 }), (all, windowMs) => {
        const driver = sliding({ windowMs, graceMs: 100, retentionMs: 1000, emit: 'close' });
        for (const { key, timestamp } of all) driver.pipe('t', { key, value: 1, timestamp });
        driver.pipe('t', { key: 'later', value: 1, timestamp: 140 });
        driver.pipe('t', { key: 'later', value: 1, timestamp: 170 });
        driver.run.close();
        const sent = windowedResults(driver).filter(([key]) => key !== 'later');
        const expected = windowsOf(all, windowMs).toSorted(
          (left, right) => left[1] - right[1] || (String(left[0]) < String(right[0]) ? -1 : 1),
        );
        expect(sent).toEqual(expected);
      }),
    );
  });

  it('sends a window twice that both follows a record and ends with the next, as Kafka Streams does', () => {
    const driver = sliding({ graceMs: 100 });
    for (const timestamp of [35, 45, 56]) driver.pipe('t', { key: 'a', value: 1, timestamp });
    expect(windowedResults(driver).slice(3)).toEqual([
      ['a', 46, 56, 1, 56],
      ['a', 46, 56, 1, 56],
    ]);
  });

  it('copies nothing between windows but what they hold in common', () => {
    const driver = sliding({ graceMs: 100, compute: 'custom', initial: '[]', add: '[...aggregate, value]' });
    for (const timestamp of [20, 26, 23]) driver.pipe('t', { key: 'a', value: timestamp, timestamp });
    expect(windowedRows(driver).map(([, start, end, value]) => [start, end, value])).toEqual([
      [10, 20, [20]],
      [13, 23, [20, 23]],
      [16, 26, [20, 26, 23]],
      [21, 31, [26, 23]],
      [24, 34, [26]],
    ]);
  });

  it('deletes a window whose result becomes null', () => {
    const driver = sliding({ compute: 'custom', initial: '0', add: 'value < 0 ? null : aggregate + value' });
    driver.pipe('t', { key: 'a', value: 5, timestamp: 20 });
    driver.pipe('t', { key: 'a', value: -1, timestamp: 20 });
    expect(windowedResults(driver)).toEqual([
      ['a', 10, 20, 5, 20],
      ['a', 10, 20, null, 20],
    ]);
    expect(windowedRows(driver)).toEqual([]);
  });

  it('keeps windows for as long as it is told, and a time more', () => {
    const driver = sliding({ retentionMs: 100 });
    for (let timestamp = 20; timestamp < 1000; timestamp += 20) driver.pipe('t', { key: 'a', value: 1, timestamp });
    const starts = windowedRows(driver).map(([, start]) => start);
    expect(Math.min(...starts)).toBeLessThanOrEqual(970 - 100);
    expect(Math.min(...starts)).toBeGreaterThan(970 - 200);
  });
});
