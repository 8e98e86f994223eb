import { describe, expect, it } from 'vitest';
import { decodeSegment, segmentBytes } from '../../state/store-address.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

const everything = [
  { name: 'n', function: 'count' },
  { name: 'some', function: 'count', value: 'value.x' },
  { name: 'total', function: 'sum', value: 'value.x' },
  { name: 'mean', function: 'avg', value: 'value.x' },
  { name: 'least', function: 'min', value: 'value.x' },
  { name: 'most', function: 'max', value: 'value.x' },
  { name: 'first', function: 'first', value: 'value.x' },
  { name: 'last', function: 'last', value: 'value.x' },
];

function aggregate(config: object): TopologyTestDriver {
  const nodes = {
    s: ['source', { topic: 't' }],
    a: ['aggregate', { aggregations: [{ name: 'n', function: 'count' }], ...config }],
    o: ['sink', { topic: 'out' }],
  } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['s > a', 'a > o']), [untypedTopic('t'), untypedTopic('out')]);
}

const outputs = (driver: TopologyTestDriver) =>
  driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);
const windowed = (driver: TopologyTestDriver) =>
  driver.read('out', 'json').map(({ key, value, timestamp }) => {
    const { key: inner, start, end } = key as { key: string; start: number; end: number };
    return [inner, start, end, (value as { n: number }).n, timestamp];
  });

describe('an aggregate over all records', () => {
  it('sends each new result on, with the greatest time of its records and the headers of the last', () => {
    const driver = aggregate({});
    const headers = [{ name: 'h', value: new TextEncoder().encode('x') }];
    driver.pipe('t', { key: 'a', value: 1, timestamp: 10 });
    driver.pipe('t', { key: 'b', value: 1, timestamp: 5 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 7, headers });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 12 });
    const outs = driver.written.filter((record) => record.topic === 'out');
    expect(outs.map((record) => record.headers)).toEqual([[], [], headers, []]);
    expect(outputs(driver)).toEqual([
      ['a', { n: 1 }, 10],
      ['b', { n: 1 }, 5],
      ['a', { n: 2 }, 10],
      ['a', { n: 3 }, 12],
    ]);
    expect(driver.rows('p-a-store').map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      ['a', { n: 3 }, 12],
      ['b', { n: 1 }, 5],
    ]);
  });

  it('drops records without a key and filters those without a value', () => {
    const driver = aggregate({});
    driver.pipe('t', { key: null, value: 1, timestamp: 10 });
    driver.pipe('t', { key: 'a', value: null, timestamp: 10 });
    driver.pipe('t', { key: null, value: null, timestamp: 10 });
    expect(outputs(driver)).toEqual([]);
    expect(driver.run.counters().get('a')).toMatchObject({ in: 3, nullKey: 2, filtered: 1 });
  });

  it('passes over null arguments, all of them and one by one', () => {
    const driver = aggregate({ aggregations: everything });
    driver.pipe('t', { key: 'a', value: { x: null }, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: { x: 4 }, timestamp: 2 });
    driver.pipe('t', { key: 'a', value: { x: null }, timestamp: 3 });
    driver.pipe('t', { key: 'a', value: { x: 2 }, timestamp: 4 });
    expect(outputs(driver).map(([, value]) => value)).toEqual([
      { n: 1, some: 0, total: 0, mean: null, least: null, most: null, first: null, last: null },
      { n: 2, some: 1, total: 4, mean: 4, least: 4, most: 4, first: 4, last: 4 },
      { n: 3, some: 1, total: 4, mean: 4, least: 4, most: 4, first: 4, last: 4 },
      { n: 4, some: 2, total: 6, mean: 3, least: 2, most: 4, first: 4, last: 2 },
    ]);
  });

  it('changes nothing on a record that fails in any of its parts', () => {
    const driver = aggregate({ aggregations: everything });
    driver.pipe('t', { key: 'a', value: { x: 1 }, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: { x: 'one' }, timestamp: 2 });
    driver.pipe('t', { key: 'a', value: { x: 3 }, timestamp: 3 });
    expect(outputs(driver).map(([, value]) => (value as { n: number }).n)).toEqual([1, 2]);
    expect(driver.run.failures()).toMatchObject([
      { node: 'a', code: 'type', path: ['aggregations', 2, 'value'], message: 'sum takes numbers, and got a string.' },
    ]);
  });

  it('gathers by another key, through an internal topic, and drops what has none', () => {
    const driver = aggregate({ by: 'value.k' });
    driver.pipe('t', { key: 'x', value: { k: 'a' }, timestamp: 1 });
    driver.pipe('t', { key: 'y', value: { k: 'a' }, timestamp: 2 });
    driver.pipe('t', { key: 'z', value: { k: null }, timestamp: 3 });
    driver.pipe('t', { key: 'z', value: null, timestamp: 4 });
    expect(outputs(driver)).toEqual([
      ['a', { n: 1 }, 1],
      ['a', { n: 2 }, 2],
    ]);
    const counters = driver.run.counters().get('a');
    expect(counters).toMatchObject({ in: 4, forwarded: 2, nullKey: 1, failed: 1 });
    expect(driver.run.failures()).toMatchObject([{ node: 'a', port: 'in', path: ['by'] }]);
  });

  it('names the input that made each change in the changelog', () => {
    const driver = aggregate({ by: 'value.k' });
    driver.pipe('t', { key: 'x', value: { k: 'a' }, timestamp: 1 });
    driver.pipe('t', { key: 'y', value: { k: 'a' }, timestamp: 2 });
    const changes = driver.written.filter((record) => record.topic === 'p-a-store-changelog');
    const texts = changes.map(({ headers }) =>
      headers?.map(({ name, value }) => `${name} ${new TextDecoder().decode(value ?? undefined)}`),
    );
    expect(texts).toEqual([['cause p-a-repartition-0@0'], ['cause p-a-repartition-0@1']]);
  });
});

describe('an aggregate in tumbling windows', () => {
  const tumbling = (more: object = {}) => aggregate({ window: 'tumbling', windowMs: 10, graceMs: 0, ...more });

  it('puts a record into the window that its time lies in, the start included, the end not', () => {
    const driver = tumbling({ graceMs: 1000 });
    for (const timestamp of [0, 9, 10, 19, 20]) driver.pipe('t', { key: 'a', value: 1, timestamp });
    expect(windowed(driver)).toEqual([
      ['a', 0, 10, 1, 0],
      ['a', 0, 10, 2, 9],
      ['a', 10, 20, 1, 10],
      ['a', 10, 20, 2, 19],
      ['a', 20, 30, 1, 20],
    ]);
  });

  it('gives the greatest time inside the window', () => {
    const driver = tumbling({ graceMs: 1000 });
    for (const timestamp of [5, 12, 3]) driver.pipe('t', { key: 'a', value: 1, timestamp });
    expect(windowed(driver)).toEqual([
      ['a', 0, 10, 1, 5],
      ['a', 10, 20, 1, 12],
      ['a', 0, 10, 2, 5],
    ]);
  });

  it('closes a window at the very moment its end plus grace is reached', () => {
    const driver = tumbling({ graceMs: 5 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 0 });
    driver.pipe('t', { key: 'b', value: 1, timestamp: 14 }); // T - grace = 9: [0, 10) is open
    driver.pipe('t', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('t', { key: 'b', value: 1, timestamp: 15 }); // T - grace = 10: closed
    driver.pipe('t', { key: 'a', value: 1, timestamp: 9 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 10 });
    expect(windowed(driver)).toEqual([
      ['a', 0, 10, 1, 0],
      ['b', 10, 20, 1, 14],
      ['a', 0, 10, 2, 1],
      ['b', 10, 20, 2, 15],
      ['a', 10, 20, 1, 10],
    ]);
    expect(driver.run.counters().get('a')).toMatchObject({ in: 6, forwarded: 5, late: 1, droppedWindows: 1 });
  });

  it('counts the own time of a late record, and that of other keys, towards stream time', () => {
    const driver = tumbling();
    driver.pipe('t', { key: 'other', value: 1, timestamp: 100 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 89 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 90 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 100 });
    expect(windowed(driver).map(([key, start]) => [key, start])).toEqual([
      ['other', 100],
      ['a', 100],
    ]);
    expect(driver.run.counters().get('a')).toMatchObject({ late: 2 });
  });

  it('counts records without a value, since they are records, and drops those without a key', () => {
    const driver = tumbling();
    driver.pipe('t', { key: 'a', value: null, timestamp: 1 });
    driver.pipe('t', { key: null, value: 1, timestamp: 500 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 2 });
    expect(windowed(driver).map(([, , , n]) => n)).toEqual([1, 2]);
    expect(driver.run.counters().get('a')).toMatchObject({ in: 3, forwarded: 2, nullKey: 1, late: 0 });
  });

  it('removes windows that are older than what it keeps, and says so in the changelog', () => {
    const driver = tumbling({ retentionMs: 30, graceMs: 5 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 0 });
    driver.pipe('t', { key: 'b', value: 1, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 10 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 29 });
    expect(driver.rows('p-a-store').map((row) => [row.window?.start, row.key])).toEqual([
      [20, 'a'],
      [10, 'a'],
      [0, 'a'],
      [0, 'b'],
    ]);
    driver.written.splice(0);
    driver.pipe('t', { key: 'a', value: 1, timestamp: 30 });
    expect(driver.rows('p-a-store').map((row) => [row.window?.start, row.key])).toEqual([
      [30, 'a'],
      [20, 'a'],
      [10, 'a'],
    ]);
    const changes = driver.written.filter((record) => record.topic === 'p-a-store-changelog');
    expect(
      changes.map(({ key, value }) => [decodeSegment(key ?? ''), key?.slice(segmentBytes), value === null]),
    ).toEqual([
      [30, 'a', false],
      [0, 'a', true],
      [0, 'b', true],
    ]);
  });

  it('removes many windows at once after a long silence', () => {
    const driver = tumbling({ retentionMs: 100, graceMs: 100 });
    for (let at = 0; at < 100; at += 10) driver.pipe('t', { key: 'a', value: 1, timestamp: at });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 1_000_000 });
    expect(driver.rows('p-a-store').map((row) => row.window?.start)).toEqual([1_000_000]);
  });

  it('takes windows at the end of time', () => {
    const driver = tumbling();
    const timestamp = 8.64e15;
    driver.pipe('t', { key: 'a', value: 1, timestamp });
    expect(windowed(driver)).toEqual([['a', timestamp, timestamp + 10, 1, timestamp]]);
    expect(driver.rows('p-a-store').map((row) => row.window)).toEqual([{ start: timestamp, end: timestamp + 10 }]);
  });

  it('lets a filter and a map behind it see the window', () => {
    const nodes = {
      s: ['source', { topic: 't' }],
      a: ['aggregate', { window: 'tumbling', windowMs: 10, aggregations: [{ name: 'n', function: 'count' }] }],
      f: ['filter', { condition: 'window.start >= 10' }],
      m: ['map', { value: '{ n: value.n, from: window.start }' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > a', 'a > f', 'f > m', 'm > o']), [
      untypedTopic('t'),
      untypedTopic('out'),
    ]);
    driver.pipe('t', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 11 });
    expect(driver.read('out', 'json').map(({ key, value }) => [key, value])).toEqual([
      [
        { key: 'a', start: 10, end: 20 },
        { n: 1, from: 10 },
      ],
    ]);
  });
});
