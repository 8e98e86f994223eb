import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aggregateDriver, type WindowedResult, windowedResults, windowedRows } from '../../testing/aggregate-driver.ts';

const sessions = (more: object = {}, settings = {}) =>
  aggregateDriver({ window: 'session', windowMs: 10, graceMs: 0, ...more }, settings);

interface Event {
  readonly key: string;
  readonly timestamp: number;
}

const events = fc.array(fc.record({ key: fc.constantFrom('a', 'ab'), timestamp: fc.nat(200) }), {
  minLength: 1,
  maxLength: 30,
});

function sessionsOf(all: readonly Event[], gapMs: number): readonly WindowedResult[] {
  const found: [string, number, number, number, number][] = [];
  for (const { key, timestamp } of all.toSorted((left, right) => left.timestamp - right.timestamp)) {
    const last = found.findLast((session) => session[0] === key);
    if (last !== undefined && timestamp - last[2] <= gapMs) {
      last[2] = timestamp;
      last[3]++;
      last[4] = timestamp;
    } else {
      found.push([key, timestamp, timestamp, 1, timestamp]);
    }
  }
  return found.sort((left, right) => (left[0] === right[0] ? left[1] - right[1] : left[0] < right[0] ? -1 : 1));
}

describe('an aggregate in sessions', () => {
  it('deletes the sessions that a record joins, then sends the one they become, without headers', () => {
    const driver = sessions({ graceMs: 100 });
    for (const timestamp of [10, 30, 20]) {
      driver.pipe('t', { key: 'a', value: 1, timestamp, headers: [{ name: 'h', value: null }] });
    }
    const outs = driver.written.filter(({ topic }) => topic === 'out');
    expect(outs.map(({ headers }) => headers)).toEqual([[], [], [], [], []]);
    expect(windowedResults(driver)).toEqual([
      ['a', 10, 10, 1, 10],
      ['a', 30, 30, 1, 30],
      ['a', 10, 10, null, 10],
      ['a', 30, 30, null, 30],
      ['a', 10, 30, 3, 30],
    ]);
    expect(driver.run.counters().get('a')).toMatchObject({ in: 3, forwarded: 3, out: 5 });
  });

  it('has closed a session when nothing can come near to it any more', () => {
    const driver = sessions({ graceMs: 5 });
    driver.pipe('t', { key: 'other', value: 1, timestamp: 100 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 85 });
    driver.pipe('t', { key: 'b', value: 1, timestamp: 84 });
    expect(windowedResults(driver).map(([key]) => key)).toEqual(['other', 'a']);
    expect(driver.run.counters().get('a')).toMatchObject({ late: 1, droppedWindows: 1 });
  });

  it('counts records without a value, and drops those without a key', () => {
    const driver = sessions();
    driver.pipe('t', { key: 'a', value: null, timestamp: 1 });
    driver.pipe('t', { key: null, value: 1, timestamp: 900 });
    expect(windowedResults(driver)).toEqual([['a', 1, 1, 1, 1]]);
    expect(driver.run.counters().get('a')).toMatchObject({ nullKey: 1, dropped: 1 });
  });

  it('are parted by more than the gap, whatever the order of arrival', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 30 }), fc.constantFrom(40, 1000), (all, windowMs, retentionMs) => {
        const driver = sessions({ windowMs, graceMs: 200, retentionMs });
        for (const { key, timestamp } of all) driver.pipe('t', { key, value: 1, timestamp });
        expect(windowedRows(driver)).toEqual(sessionsOf(all, windowMs));
      }),
    );
  });

  it('are each sent once when they close, by their end and then by key', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 30 }), (all, windowMs) => {
        // In order, so that sessions close all along the way; late records would belong to none.
        const ordered = all.toSorted((left, right) => left.timestamp - right.timestamp);
        const driver = sessions({ windowMs, emit: 'close' });
        for (const { key, timestamp } of ordered) driver.pipe('t', { key, value: 1, timestamp });
        driver.run.close();
        const expected = sessionsOf(all, windowMs).toSorted(
          (left, right) => left[2] - right[2] || (String(left[0]) < String(right[0]) ? -1 : 1),
        );
        expect(windowedResults(driver)).toEqual(expected);
        expect(driver.rows('p-a-closing')).toEqual([]);
      }),
    );
  });

  it('merge all functions, the earlier session first', () => {
    const functions = ['count', 'sum', 'avg', 'min', 'max', 'first', 'last', 'collect', 'top-n', 'distinct'];
    const driver = sessions({
      graceMs: 100,
      aggregations: functions.map((used) => ({
        name: used === 'top-n' ? 'top' : used,
        function: used,
        value: used === 'count' ? '' : 'value',
      })),
    });
    for (const [value, timestamp] of [
      [3, 30],
      [1, 10],
      [1, 20],
    ]) {
      driver.pipe('t', { key: 'a', value, timestamp: timestamp ?? 0 });
    }
    expect(windowedResults(driver).at(-1)?.[3]).toEqual({
      count: 3,
      sum: 5,
      avg: 5 / 3,
      min: 1,
      max: 3,
      first: 1,
      last: 1,
      collect: [1, 3, 1],
      top: [3, 1, 1],
      distinct: 2,
    });
  });

  it('merge starting from what results begin with, even for a single session', () => {
    const driver = sessions({
      compute: 'custom',
      initial: "'0'",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is the expression's, not ours.
      add: '`${aggregate}+${value}`',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is the expression's, not ours.
      merge: '`(${left}|${right}:${key})`',
    });
    for (const timestamp of [10, 15]) driver.pipe('t', { key: 'a', value: timestamp, timestamp });
    expect(windowedResults(driver).map(([, , , value]) => value)).toEqual(['0+10', null, '(0|0+10:a)+15']);
  });

  it('merge by adding where results begin with their first value', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is the expression's, not ours.
    const driver = sessions({ graceMs: 100, compute: 'custom', add: '`${aggregate}+${value}`' });
    for (const timestamp of [10, 30, 20]) driver.pipe('t', { key: 'a', value: String(timestamp), timestamp });
    expect(windowedResults(driver).at(-1)).toEqual(['a', 10, 30, '10+30+20', 30]);
  });

  it('change nothing on a record that fails', () => {
    const driver = sessions({ compute: 'custom', initial: '0', add: 'aggregate + value.x', merge: 'left + right' });
    driver.pipe('t', { key: 'a', value: { x: 1 }, timestamp: 10 });
    driver.pipe('t', { key: 'a', value: {}, timestamp: 15 });
    driver.pipe('t', { key: 'a', value: { x: 2 }, timestamp: 16 });
    expect(windowedResults(driver)).toEqual([
      ['a', 10, 10, 1, 10],
      ['a', 10, 10, null, 10],
      ['a', 10, 16, 3, 16],
    ]);
    expect(driver.run.failures()).toMatchObject([{ node: 'a', path: ['add'] }]);
  });

  it('live on while they grow, however long ago they began, and go when they are over for long', () => {
    const driver = sessions({ retentionMs: 100 });
    for (let timestamp = 0; timestamp <= 2000; timestamp += 10) driver.pipe('t', { key: 'a', value: 1, timestamp });
    expect(windowedRows(driver)).toEqual([['a', 0, 2000, 201, 2000]]);
    driver.pipe('t', { key: 'b', value: 1, timestamp: 5000 });
    expect(windowedRows(driver)).toEqual([['b', 5000, 5000, 1, 5000]]);
  });
});
