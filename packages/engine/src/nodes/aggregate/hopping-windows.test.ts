import { describe, expect, it } from 'vitest';
import { aggregateDriver, windowedResults, windowedRows } from '../../testing/aggregate-driver.ts';

const hopping = (more: object = {}, settings = {}) =>
  aggregateDriver({ window: 'hopping', windowMs: 10, advanceMs: 5, graceMs: 5, ...more }, settings);

describe('an aggregate in hopping windows', () => {
  it('puts a record into each window that its time lies in, by their start', () => {
    const driver = hopping();
    for (const timestamp of [3, 12]) driver.pipe('t', { key: 'a', value: 1, timestamp });
    expect(windowedResults(driver)).toEqual([
      ['a', 0, 10, 1, 3],
      ['a', 5, 15, 1, 12],
      ['a', 10, 20, 1, 12],
    ]);
  });

  it('counts each closed window that a record misses, and the record as late only when it misses all', () => {
    const driver = hopping();
    driver.pipe('t', { key: 'a', value: 1, timestamp: 18 }); // [0, 10) is closed, [5, 15) is not
    driver.pipe('t', { key: 'a', value: 1, timestamp: 7 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 4 });
    expect(windowedResults(driver)).toEqual([
      ['a', 10, 20, 1, 18],
      ['a', 15, 25, 1, 18],
      ['a', 5, 15, 1, 7],
    ]);
    expect(driver.run.counters().get('a')).toMatchObject({
      in: 3,
      forwarded: 2,
      late: 1,
      droppedWindows: 2,
      dropped: 0,
    });
  });

  it('gives each window to its expressions', () => {
    const driver = hopping({
      compute: 'custom',
      initial: '[]',
      add: '[...aggregate, window.start, window.end, timestamp]',
    });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 7 });
    expect(windowedResults(driver).map(([, , , value]) => value)).toEqual([
      [0, 10, 7],
      [5, 15, 7],
    ]);
  });

  it('is moved by an offset', () => {
    const driver = hopping({ offsetMs: 2 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 11 });
    expect(windowedResults(driver)).toEqual([
      ['a', 2, 12, 1, 11],
      ['a', 7, 17, 1, 11],
    ]);
  });

  it('shows the window that begins with 1970 as short as the offset makes it', () => {
    for (const [settings, rows] of [
      [
        { window: 'tumbling', windowMs: 25, offsetMs: 8 },
        [
          ['a', 0, 8, 1, 3],
          ['a', 8, 33, 1, 9],
        ],
      ],
      [
        { windowMs: 10, advanceMs: 5, offsetMs: 2 },
        [
          ['a', 0, 7, 1, 3],
          ['a', 2, 12, 2, 9],
          ['a', 7, 17, 1, 9],
        ],
      ],
    ] as const) {
      const driver = hopping(settings);
      for (const timestamp of [3, 9]) driver.pipe('t', { key: 'a', value: 1, timestamp });
      expect(windowedRows(driver)).toEqual(rows);
    }
  });
});

describe('an aggregate in the days of a zone', () => {
  const at = (text: string) => Date.parse(text);
  const days = (more: object = {}) =>
    aggregateDriver({ window: 'tumbling', windowMs: 86_400_000, timeZone: 'Europe/Berlin', ...more });

  it('has days of 23 and 25 hours, shows them so in its store, and finds them by key and window', () => {
    const driver = days({ graceMs: 0 });
    const times = ['2001-03-24T23:00Z', '2001-03-25T21:59Z', '2001-03-25T22:00Z', '2001-10-28T22:59Z'].map(at);
    for (const timestamp of times) driver.pipe('t', { key: 'a', value: 1, timestamp });
    const [spring, monday, autumn] = ['2001-03-24T23:00Z', '2001-03-25T22:00Z', '2001-10-27T22:00Z'].map(at) as [
      number,
      number,
      number,
    ];
    expect(windowedResults(driver).map(([key, start, end, value]) => [key, start, end, value])).toEqual([
      ['a', spring, monday, 1],
      ['a', spring, monday, 2],
      ['a', monday, monday + 86_400_000, 1],
      ['a', autumn, autumn + 25 * 3_600_000, 1],
    ]);
    expect(windowedRows(driver)).toEqual([['a', autumn, autumn + 25 * 3_600_000, 1, times[3]]]);
  });

  it('sends a day once when it is over by the clocks there', () => {
    const driver = days({ emit: 'close' });
    driver.pipe('t', { key: 'a', value: 1, timestamp: at('2001-10-28T10:00Z') });
    driver.pipe('t', { key: 'b', value: 1, timestamp: at('2001-10-28T22:30Z') });
    expect(windowedResults(driver)).toEqual([]);
    driver.pipe('t', { key: 'b', value: 1, timestamp: at('2001-10-28T23:00Z') });
    const start = at('2001-10-27T22:00Z');
    expect(windowedResults(driver)).toEqual([
      ['a', start, start + 25 * 3_600_000, 1, at('2001-10-28T10:00Z')],
      ['b', start, start + 25 * 3_600_000, 1, at('2001-10-28T22:30Z')],
    ]);
    driver.run.close();
    expect(windowedResults(driver).map(([key, begin]) => [key, begin])).toEqual([['b', at('2001-10-28T23:00Z')]]);
  });
});

describe('an aggregate that sends a result when its window closes', () => {
  const headersOf = (driver: ReturnType<typeof hopping>) =>
    driver.written.filter(({ topic }) => topic === 'out').map(({ headers }) => headers?.map(({ name }) => name));

  it('sends windows in their order, then by key, with the headers of the record that closed them', () => {
    const driver = hopping({ emit: 'close' });
    const header = (name: string) => [{ name, value: null }];
    driver.pipe('t', { key: 'b', value: 1, timestamp: 7, headers: header('own') });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 8 });
    driver.pipe('t', { key: 'c', value: 1, timestamp: 2 });
    driver.pipe('t', { key: 'd', value: 1, timestamp: 20, headers: header('closing') });
    expect(headersOf(driver)).toEqual([['closing'], ['closing'], ['closing'], ['closing'], ['closing']]);
    expect(windowedResults(driver)).toEqual([
      ['a', 0, 10, 1, 8],
      ['b', 0, 10, 1, 7],
      ['c', 0, 10, 1, 2],
      ['a', 5, 15, 1, 8],
      ['b', 5, 15, 1, 7],
    ]);
    const counters = driver.run.counters().get('a');
    expect(counters).toMatchObject({ in: 4, absorbed: 4, forwarded: 0, late: 0, out: 0, timed: 5 });
  });

  it('counts late records as late, and sends nothing twice', () => {
    const driver = hopping({ emit: 'close' });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 30 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 31 });
    expect(windowedResults(driver)).toEqual([['a', 0, 10, 1, 1]]);
    expect(driver.run.counters().get('a')).toMatchObject({ in: 4, absorbed: 3, late: 1, droppedWindows: 1 });
  });

  it('sends all that is left when a run closes, without headers', () => {
    const driver = hopping({ emit: 'close' });
    driver.pipe('t', { key: 'b', value: 1, timestamp: 3, headers: [{ name: 'h', value: null }] });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 3 });
    driver.run.close();
    expect(headersOf(driver)).toEqual([[], []]);
    expect(windowedResults(driver).map(([key]) => key)).toEqual(['a', 'b']);
    driver.run.close();
    expect(windowedResults(driver)).toEqual([]);
  });

  it.each([
    ['tumbling', [0, 10]],
    ['hopping', [0, 10]],
    ['sliding', [0, 10]],
    ['session', [4, 4]],
  ])('sends what closed in a leap of time that is longer than anything is kept: %s', (window, bounds) => {
    const driver = hopping({ window, emit: 'close', retentionMs: 20 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 4 });
    driver.pipe('t', { key: 'b', value: 1, timestamp: 1_000_000 });
    expect(windowedResults(driver)).toEqual([['a', ...bounds, 1, 4]]);
  });

  it.each([
    ['tumbling', {}, [[20, 30]]],
    ['tumbling', { windowMs: 86_400_000, timeZone: 'Europe/Berlin', retentionMs: 4 * 86_400_000 }, [[0, 82_800_000]]],
    [
      'hopping',
      {},
      [
        [15, 25],
        [20, 30],
      ],
    ],
    ['sliding', {}, [[14, 24]]],
    ['session', {}, [[24, 24]]],
  ])('does not wait for the wall clock where it would lose what has closed: %s %j', (window, more, bounds) => {
    const driver = hopping({ window, emit: 'close', retentionMs: 20, ...more }, { emitIntervalMs: 1000 });
    driver.run.advanceWallClock(5000);
    driver.pipe('t', { key: 'c', value: 1, timestamp: 20 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 24 });
    driver.pipe('t', { key: 'b', value: 1, timestamp: 1_000_000_000 });
    driver.run.advanceWallClock(6000);
    driver.pipe('t', { key: 'b', value: 1, timestamp: 1_000_000_001 });
    const sent = windowedResults(driver).filter(([key]) => key === 'a');
    expect(sent).toEqual(bounds.map(([start, end]) => ['a', start, end, 1, 24]));
  });

  it('looks no more often on the wall clock than the pipeline allows', () => {
    const driver = hopping({ emit: 'close' }, { emitIntervalMs: 1000 });
    driver.run.advanceWallClock(5000);
    driver.pipe('t', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 15 });
    expect(windowedResults(driver)).toEqual([]);
    driver.run.advanceWallClock(5999);
    driver.pipe('t', { key: 'a', value: 1, timestamp: 16 });
    expect(windowedResults(driver)).toEqual([]);
    driver.run.advanceWallClock(6000);
    driver.pipe('t', { key: null, value: 1, timestamp: 17 });
    expect(windowedResults(driver)).toEqual([]);
    driver.pipe('t', { key: 'a', value: 1, timestamp: 2 });
    expect(windowedResults(driver)).toEqual([['a', 0, 10, 1, 1]]);
    expect(driver.run.counters().get('a')).toMatchObject({ late: 1, nullKey: 1 });
  });
});
