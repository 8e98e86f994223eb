import { describe, expect, it } from 'vitest';
import { type SketchedNode, sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

const topics = [untypedTopic('l', 2), untypedTopic('r', 2), untypedTopic('out')];

/** `after` stands between the join and the sink. */
function join(type: string, after: SketchedNode = ['to-stream'], source: object = {}): TopologyTestDriver {
  const nodes = {
    l: ['source', { topic: 'l', readAs: 'table', rows: 'when-needed', ...source }],
    r: ['source', { topic: 'r', readAs: 'table', rows: 'when-needed' }],
    j: ['join', { type, value: '[left, right]' }],
    x: after,
    o: ['sink', { topic: 'out' }],
  } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['l > j.left', 'r > j.right', 'j > x', 'x > o']), topics);
}

const outputs = (driver: TopologyTestDriver) => driver.read('out').map(({ value, timestamp }) => [value, timestamp]);

const pipe = (driver: TopologyTestDriver, topic: 'l' | 'r', value: unknown, timestamp: number, key: unknown = 'a') => {
  driver.pipe(topic, { key, value, timestamp });
  return outputs(driver);
};

describe('an inner join of tables', () => {
  it('has a row while both have one, with the later of both times', () => {
    const driver = join('inner');
    expect(pipe(driver, 'l', 1, 10)).toEqual([]);
    expect(pipe(driver, 'r', 'A', 5)).toEqual([[[1, 'A'], 10]]);
    expect(pipe(driver, 'l', 2, 7)).toEqual([[[2, 'A'], 7]]);
    expect(pipe(driver, 'r', null, 20)).toEqual([[null, 20]]);
    expect(pipe(driver, 'l', null, 21)).toEqual([]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 5, absorbed: 2, forwarded: 3 });
  });

  it('drops changes without a key', () => {
    const driver = join('inner');
    pipe(driver, 'l', 1, 10, null);
    expect(driver.run.counters().get('l')).toMatchObject({ nullKey: 1 });
  });
});

describe('a left join of tables', () => {
  it('has a row while the left one has, whose deletion without a row before says nothing', () => {
    const driver = join('left');
    expect(pipe(driver, 'l', null, 1)).toEqual([]);
    expect(pipe(driver, 'r', 'A', 2)).toEqual([]);
    expect(pipe(driver, 'l', 1, 3)).toEqual([[[1, 'A'], 3]]);
    expect(pipe(driver, 'r', null, 4)).toEqual([[[1, null], 4]]);
    expect(pipe(driver, 'l', null, 5)).toEqual([[null, 5]]);
  });
});

describe('an outer join of tables', () => {
  it('has a row while either has', () => {
    const driver = join('outer');
    expect(pipe(driver, 'r', null, 1)).toEqual([]);
    expect(pipe(driver, 'r', 'A', 2)).toEqual([[[null, 'A'], 2]]);
    expect(pipe(driver, 'l', 1, 3)).toEqual([[[1, 'A'], 3]]);
    expect(pipe(driver, 'r', null, 4)).toEqual([[[1, null], 4]]);
    expect(pipe(driver, 'l', null, 5)).toEqual([[null, 5]]);
    expect(driver.topology.stores.map(({ name }) => name)).toEqual(['p-l-store', 'p-r-store']);
  });
});

describe('the result of a join of tables', () => {
  it('is looked up as it is made of both tables, without a store of its own', () => {
    const nodes = {
      l: ['source', { topic: 'l', readAs: 'table' }],
      r: ['source', { topic: 'r', readAs: 'table' }],
      j: ['join', { type: 'left', value: '[left, right]' }],
      s: ['source', { topic: 's' }],
      k: ['join', { type: 'left', value: 'right' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const edges = ['l > j.left', 'r > j.right', 's > k.left', 'j > k.right', 'k > o'];
    const driver = new TopologyTestDriver(sketch('p', nodes, edges), [...topics, untypedTopic('s', 2)]);
    const asked = () => {
      driver.pipe('s', { key: 'a', value: 1, timestamp: 1 });
      return outputs(driver).map(([value]) => value);
    };
    expect(asked()).toEqual([null]);
    driver.pipe('r', { key: 'a', value: 'A', timestamp: 1 });
    expect(asked()).toEqual([null]);
    driver.pipe('l', { key: 'a', value: 1, timestamp: 1 });
    expect(asked()).toEqual([[1, 'A']]);
    driver.pipe('r', { key: 'a', value: null, timestamp: 1 });
    expect(asked()).toEqual([[1, null]]);
    expect(driver.topology.stores.map(({ name }) => name)).toEqual(['p-l-store', 'p-r-store']);
  });

  it('says what it was before where that is needed', () => {
    const count: SketchedNode = [
      'aggregate',
      { by: 'string(value[1])', aggregations: [{ name: 'n', function: 'sum', value: 'value[0]' }] },
    ];
    const driver = join('inner', count);
    pipe(driver, 'l', 1, 1, 'a');
    pipe(driver, 'l', 10, 1, 'b');
    pipe(driver, 'r', 'x', 2, 'a');
    pipe(driver, 'r', 'x', 3, 'b');
    pipe(driver, 'r', 'y', 4, 'b');
    const sums = driver.rows('p-x-store').map(({ key, value }) => [key, value]);
    expect(sums).toEqual([
      ['x', { n: 1 }],
      ['y', { n: 10 }],
    ]);
  });

  it('goes on after a row on which its value failed', () => {
    const nodes = {
      l: ['source', { topic: 'l', readAs: 'table' }],
      r: ['source', { topic: 'r', readAs: 'table' }],
      j: ['join', { value: 'left < 0 ? fail("negative") : left' }],
      x: ['aggregate', { by: 'key', aggregations: [{ name: 'n', function: 'sum', value: 'value' }] }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['l > j.left', 'r > j.right', 'j > x', 'x > o']), topics);
    pipe(driver, 'r', 'R', 1);
    expect(pipe(driver, 'l', -1, 2)).toEqual([]);
    expect(pipe(driver, 'l', 5, 3)).toEqual([[{ n: 5 }, 3]]);
    expect(driver.run.counters().get('j')).toMatchObject({ failed: 1, forwarded: 1 });
  });

  it('ignores changes of the past of a table with history, and counts them', () => {
    const driver = join('left', ['to-stream'], { historyMs: 1_000 });
    pipe(driver, 'l', 2, 20);
    expect(pipe(driver, 'l', 1, 10)).toEqual([]);
    expect(pipe(driver, 'r', 'A', 5)).toEqual([[[2, 'A'], 20]]);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 3, late: 1, dropped: 1, forwarded: 2 });
  });
});

describe('a join of windowed tables', () => {
  it('joins rows of the same key and window', () => {
    const counted = (name: string) =>
      ['aggregate', { window: 'tumbling', windowMs: 10, aggregations: [{ name, function: 'count' }] }] as const;
    const nodes = {
      l: ['source', { topic: 'l' }],
      r: ['source', { topic: 'r' }],
      a: counted('ls'),
      b: counted('rs'),
      j: ['join', { type: 'outer', value: '{ ls: left?.ls ?? 0, rs: right?.rs ?? 0, from: window.start }' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const edges = ['l > a', 'r > b', 'a > j.left', 'b > j.right', 'j > o'];
    const driver = new TopologyTestDriver(sketch('p', nodes, edges), topics);
    driver.pipe('l', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('r', { key: 'a', value: 1, timestamp: 11 });
    driver.pipe('r', { key: 'a', value: 1, timestamp: 9 });
    const [first, ...others] = driver.read('out', 'json');
    expect(first).toMatchObject({ key: { key: 'a', start: 0, end: 10 }, value: { ls: 1, rs: 0, from: 0 } });
    expect(others.map(({ value }) => value)).toEqual([{ ls: 0, rs: 1, from: 10 }]);
    driver.pipe('r', { key: 'a', value: 1, timestamp: 12 });
    expect(driver.read('out', 'json').map(({ value }) => value)).toEqual([{ ls: 0, rs: 2, from: 10 }]);
  });
});
