import { describe, expect, it } from 'vitest';
import { missingFates } from '../../metrics/fates.ts';
import { type SketchedNode, sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

const topics = [untypedTopic('s', 2), untypedTopic('t', 2), untypedTopic('out', 1)];

/** `between` stands between the table's source and the join. */
function join(type: 'inner' | 'left', between?: SketchedNode): TopologyTestDriver {
  const nodes = {
    s: ['source', { topic: 's' }],
    t: ['source', { topic: 't', readAs: 'table' }],
    ...(between === undefined ? {} : { b: between }),
    j: ['join', { type, value: '{ left, right }' }],
    o: ['sink', { topic: 'out' }],
  } as const;
  const right = between === undefined ? ['t > j.right'] : ['t > b', 'b > j.right'];
  return new TopologyTestDriver(sketch('p', nodes, ['s > j.left', ...right, 'j > o']), topics);
}

const outputs = (driver: TopologyTestDriver) =>
  driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);

describe('an inner join', () => {
  it('finds the row of the moment, and only the stream makes output', () => {
    const driver = join('inner');
    driver.pipe('s', { key: 'a', value: 1, timestamp: 10 });
    driver.pipe('t', { key: 'a', value: 'A', timestamp: 11 });
    driver.pipe('s', { key: 'a', value: 2, timestamp: 12 });
    driver.pipe('t', { key: 'a', value: 'AA', timestamp: 13 });
    driver.pipe('s', { key: 'a', value: 3, timestamp: 14 });
    driver.pipe('s', { key: 'b', value: 4, timestamp: 15 });
    driver.pipe('t', { key: 'a', value: null, timestamp: 16 });
    driver.pipe('s', { key: 'a', value: 5, timestamp: 17 });
    expect(outputs(driver)).toEqual([
      ['a', { left: 2, right: 'A' }, 12],
      ['a', { left: 3, right: 'AA' }, 14],
    ]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 8, forwarded: 2, filtered: 3, absorbed: 3, out: 2 });
  });

  it('gives the time of the stream record, also when the row is younger', () => {
    const driver = join('inner');
    driver.pipe('t', { key: 'a', value: 'A', timestamp: 100 });
    driver.pipe('s', { key: 'a', value: 1, timestamp: 10 });
    expect(outputs(driver)).toEqual([['a', { left: 1, right: 'A' }, 10]]);
  });

  it('keeps the headers of the stream record', () => {
    const driver = join('inner');
    const headers = [{ name: 'h', value: new TextEncoder().encode('x') }];
    driver.pipe('t', { key: 'a', value: 'A', timestamp: 1, headers: [] });
    driver.pipe('s', { key: 'a', value: 1, timestamp: 10, headers });
    expect(driver.written.find((record) => record.topic === 'out')?.headers).toEqual(headers);
  });

  it('filters records without a value, drops those without a key, and accounts for both', () => {
    const driver = join('inner');
    driver.pipe('t', { key: 'a', value: 'A', timestamp: 1 });
    driver.pipe('s', { key: 'a', value: null, timestamp: 2 });
    driver.pipe('s', { key: null, value: 1, timestamp: 3 });
    driver.pipe('s', { key: null, value: null, timestamp: 4 });
    driver.pipe('t', { key: null, value: 'B', timestamp: 5 });
    expect(outputs(driver)).toEqual([]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 4, filtered: 2, nullKey: 1, absorbed: 1 });
    expect(driver.run.counters().get('t')).toMatchObject({ in: 2, nullKey: 1, forwarded: 1 });
  });
});

describe('a left join', () => {
  it('keeps records without a partner, those without a key included', () => {
    const driver = join('left');
    driver.pipe('s', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: 'A', timestamp: 2 });
    driver.pipe('s', { key: 'a', value: 2, timestamp: 3 });
    driver.pipe('s', { key: null, value: 3, timestamp: 4 });
    driver.pipe('s', { key: 'a', value: null, timestamp: 5 });
    expect(outputs(driver)).toEqual([
      ['a', { left: 1, right: null }, 1],
      ['a', { left: 2, right: 'A' }, 3],
      [null, { left: 3, right: null }, 4],
    ]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 5, forwarded: 3, filtered: 1, absorbed: 1, nullKey: 0 });
  });

  it('keeps records without a key also behind an internal topic; an inner one ends them before it', () => {
    for (const [type, expected] of [
      ['left', [[null, { left: { k: null }, right: null }, 5]]],
      ['inner', []],
    ] as const) {
      const nodes = {
        s: ['source', { topic: 's' }],
        m: ['map', { key: 'value.k' }],
        t: ['source', { topic: 't', readAs: 'table' }],
        j: ['join', { type, value: '{ left, right }' }],
        o: ['sink', { topic: 'out' }],
      } as const;
      const driver = new TopologyTestDriver(
        sketch('p', nodes, ['s > m', 'm > j.left', 't > j.right', 'j > o']),
        topics,
      );
      driver.pipe('s', { key: 'x', value: { k: null }, timestamp: 5 });
      expect(outputs(driver)).toEqual(expected);
      const counters = driver.run.counters().get('j');
      expect(counters).toMatchObject({ in: 1, nullKey: type === 'inner' ? 1 : 0 });
    }
  });
});

describe('a join with a derived table', () => {
  it('sees rows come and go as the filter lets them', () => {
    const driver = join('left', ['filter', { condition: 'value > 1' }]);
    driver.pipe('t', { key: 'a', value: 2, timestamp: 1 });
    driver.pipe('s', { key: 'a', value: 1, timestamp: 2 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 3 });
    driver.pipe('s', { key: 'a', value: 2, timestamp: 4 });
    expect(outputs(driver).map(([, value]) => value)).toEqual([
      { left: 1, right: 2 },
      { left: 2, right: null },
    ]);
    expect(driver.rows('p-j-right')).toEqual([]);
    expect(driver.rows('p-t-store')).toMatchObject([{ key: 'a', value: 1 }]);
  });

  it('sees mapped rows', () => {
    const driver = join('inner', ['map', { value: '{ twice: value * 2 }' }]);
    driver.pipe('t', { key: 'a', value: 2, timestamp: 1 });
    driver.pipe('s', { key: 'a', value: 1, timestamp: 2 });
    expect(outputs(driver)).toEqual([['a', { left: 1, right: { twice: 4 } }, 2]]);
  });

  it('sees the results of an aggregate, not what it keeps to compute them', () => {
    const nodes = {
      s: ['source', { topic: 's' }],
      x: ['source', { topic: 't' }],
      a: ['aggregate', { by: 'value.k', aggregations: [{ name: 'mean', function: 'avg', value: 'value.n' }] }],
      j: ['join', { value: '{ left, right }' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['x > a', 's > j.left', 'a > j.right', 'j > o']), topics);
    driver.pipe('t', { key: 'q', value: { k: 'a', n: 1 }, timestamp: 1 });
    driver.pipe('t', { key: 'r', value: { k: 'a', n: 4 }, timestamp: 2 });
    driver.pipe('s', { key: 'a', value: 1, timestamp: 3 });
    expect(outputs(driver)).toEqual([['a', { left: 1, right: { mean: 2.5 } }, 3]]);
    for (const [node, counters] of driver.run.counters()) expect([node, missingFates(counters)]).toEqual([node, 0]);
  });
});

describe('a join of a topic with itself', () => {
  it('reads it once as stream and once as table, the stream first where it stands first', () => {
    const nodes = {
      s: ['source', { topic: 's' }],
      t: ['source', { topic: 's', readAs: 'table' }],
      j: ['join', { type: 'left', value: '{ left, right }' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > j.left', 't > j.right', 'j > o']), topics);
    driver.pipe('s', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('s', { key: 'a', value: 2, timestamp: 2 });
    expect(outputs(driver).map(([, value]) => value)).toEqual([
      { left: 1, right: null },
      { left: 2, right: 1 },
    ]);
  });
});
