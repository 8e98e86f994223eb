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
      // The topic belongs to the node that changed the key: what ends in front of it has its fate there.
      expect(driver.run.counters().get('m')).toMatchObject({ in: 1, nullKey: type === 'inner' ? 1 : 0 });
      expect(driver.run.counters().get('j')).toMatchObject({ in: type === 'inner' ? 0 : 1, nullKey: 0 });
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
    expect(driver.topology.stores.map(({ name }) => name)).toEqual(['p-t-store']);
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

describe('a join with a table that keeps history', () => {
  const versioned = (config: object) => {
    const nodes = {
      s: ['source', { topic: 's' }],
      t: ['source', { topic: 't', readAs: 'table', historyMs: 1_000 }],
      f: ['filter', { condition: 'value !== "hidden"' }],
      j: ['join', { type: 'left', value: '[left, right]', ...config }],
      o: ['sink', { topic: 'out' }],
    } as const;
    return new TopologyTestDriver(sketch('p', nodes, ['s > j.left', 't > f', 'f > j.right', 'j > o']), topics);
  };

  it('finds the row of the record’s time, through a filter too', () => {
    const driver = versioned({});
    driver.pipe('t', { key: 'a', value: 'A', timestamp: 10 });
    driver.pipe('t', { key: 'a', value: 'hidden', timestamp: 20 });
    driver.pipe('t', { key: 'a', value: 'C', timestamp: 30 });
    for (const timestamp of [9, 10, 29, 30]) driver.pipe('s', { key: 'a', value: timestamp, timestamp });
    expect(outputs(driver).map(([, value]) => value)).toEqual([
      [9, null],
      [10, 'A'],
      [29, null],
      [30, 'C'],
    ]);
  });

  it('with a grace, lets records wait for late changes of the table, and keeps their times and headers', () => {
    const driver = versioned({ graceMs: 10 });
    const headers = [
      { name: 'trace', value: new Uint8Array([0, 255, 34]) },
      { name: 'none', value: null },
    ];
    driver.pipe('s', { key: 'a', value: { n: 1 }, timestamp: 100, headers });
    driver.pipe('s', { key: 'a', value: { n: 2 }, timestamp: 105 });
    driver.pipe('t', { key: 'a', value: 'late', timestamp: 99 });
    expect(outputs(driver)).toEqual([]);
    expect(driver.rows('p-j-waiting')).toHaveLength(2);
    driver.pipe('s', { key: 'b', value: 3, timestamp: 112 });
    expect(driver.written.find((record) => record.topic === 'out')?.headers).toEqual(headers);
    expect(outputs(driver)).toEqual([['a', [{ n: 1 }, 'late'], 100]]);
    driver.pipe('s', { key: 'a', value: 'too late to wait', timestamp: 101 });
    expect(outputs(driver)).toEqual([['a', ['too late to wait', 'late'], 101]]);
    driver.run.close();
    expect(outputs(driver)).toEqual([
      ['a', [{ n: 2 }, 'late'], 105],
      ['b', [3, null], 112],
    ]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 5, absorbed: 4, forwarded: 1, timed: 3 });
  });

  it('makes a dead letter of a record that waited and then fails, and not of the one that moved time', () => {
    const driver = versioned({ graceMs: 10, value: 'left < 2 ? fail("small") : left' });
    for (const [value, timestamp] of [
      [1, 100],
      [2, 111],
      [3, 130],
    ])
      driver.pipe('s', { key: 'a', value, timestamp: timestamp ?? 0 });
    expect(outputs(driver)).toEqual([['a', 2, 111]]);
    expect(driver.run.failures()).toMatchObject([{ node: 'j', port: 'left', timestamp: 100 }]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 3, absorbed: 2, failed: 1, timed: 1 });
  });
});

describe('a join of a windowed stream with a windowed table', () => {
  it('finds the row of the same key and window', () => {
    const hours = (topic: string) =>
      ['aggregate', { window: 'tumbling', windowMs: 10, aggregations: [{ name: topic, function: 'count' }] }] as const;
    const nodes = {
      s: ['source', { topic: 's' }],
      t: ['source', { topic: 't' }],
      a: hours('s'),
      b: hours('t'),
      w: ['to-stream', {}],
      j: ['join', { value: '{ ...left, ...right, from: window.start }' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const edges = ['s > a', 'a > w', 'w > j.left', 't > b', 'b > j.right', 'j > o'];
    const driver = new TopologyTestDriver(sketch('p', nodes, edges), topics);
    driver.pipe('t', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 11 });
    driver.pipe('t', { key: 'a', value: 1, timestamp: 12 });
    driver.pipe('s', { key: 'a', value: 1, timestamp: 13 });
    driver.pipe('s', { key: 'a', value: 1, timestamp: 21 });
    expect(outputs(driver).map(([, value]) => value)).toEqual([{ s: 1, t: 2, from: 10 }]);
  });
});

describe('a join of a stream by a key of its own', () => {
  it('moves the stream to the table’s keys and partitions', () => {
    const nodes = {
      s: ['source', { topic: 's' }],
      t: ['source', { topic: 't', readAs: 'table' }],
      j: ['join', { value: '[left.n, right]', leftKey: 'value.to' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > j.left', 't > j.right', 'j > o']), [
      untypedTopic('s', 5),
      untypedTopic('t', 2),
      untypedTopic('out'),
    ]);
    for (const [key, value] of Object.entries({ a: 'A', b: 'B', c: 'C' })) {
      driver.pipe('t', { key, value, timestamp: 1 });
      driver.pipe('s', { key: 'any', value: { to: key, n: 1 }, timestamp: 2 });
    }
    expect(outputs(driver)).toEqual([
      ['a', [1, 'A'], 2],
      ['b', [1, 'B'], 2],
      ['c', [1, 'C'], 2],
    ]);
  });
});
