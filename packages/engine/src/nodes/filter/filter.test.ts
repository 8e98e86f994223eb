import { describe, expect, it } from 'vitest';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

function filter(readAs: 'stream' | 'table', condition: string, rows = 'kept'): TopologyTestDriver {
  const nodes = {
    s: ['source', { topic: 't', readAs, rows }],
    f: ['filter', { condition }],
    o: ['sink', { topic: 'out' }],
  } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['s > f', 'f > o']), [untypedTopic('t'), untypedTopic('out')]);
}

const outputs = (driver: TopologyTestDriver) =>
  driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);

describe('a filter of a stream', () => {
  it('keeps what the condition holds for, unchanged, and asks it about null keys and values too', () => {
    const driver = filter('stream', 'value == null || value.n > 1');
    driver.pipe('t', { key: 'a', value: { n: 1 }, timestamp: 1 });
    driver.pipe('t', { key: 'b', value: { n: 2, more: [null] }, timestamp: 2 });
    driver.pipe('t', { key: null, value: null, timestamp: 3 });
    expect(outputs(driver)).toEqual([
      ['b', { n: 2, more: [null] }, 2],
      [null, null, 3],
    ]);
    expect(driver.run.counters().get('f')).toMatchObject({ in: 3, filtered: 1, forwarded: 2, out: 2 });
  });

  it('may ask for key, timestamp and headers', () => {
    const driver = filter('stream', "key == 'a' && timestamp > 5 && headers.colour == 'red'");
    const red = [{ name: 'colour', value: new TextEncoder().encode('red') }];
    driver.pipe('t', { key: 'a', value: 1, timestamp: 6, headers: red });
    driver.pipe('t', { key: 'a', value: 2, timestamp: 6 });
    driver.pipe('t', { key: 'a', value: 3, timestamp: 5, headers: red });
    driver.pipe('t', { key: 'b', value: 4, timestamp: 6, headers: red });
    expect(outputs(driver)).toEqual([['a', 1, 6]]);
  });

  it('fails on a record for which the condition is neither true nor false', () => {
    const driver = filter('stream', 'value.flag');
    driver.pipe('t', { key: 'a', value: { flag: 1 }, timestamp: 6 });
    driver.pipe('t', { key: 'a', value: { flag: true }, timestamp: 6 });
    expect(outputs(driver)).toEqual([['a', { flag: true }, 6]]);
    expect(driver.run.failures()).toMatchObject([{ node: 'f', port: 'in', path: ['condition'] }]);
  });
});

describe('a filter of a table', () => {
  const changes = (driver: TopologyTestDriver) => {
    driver.pipe('t', { key: 'a', value: { n: 2 }, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: { n: 1 }, timestamp: 2 });
    driver.pipe('t', { key: 'a', value: { n: 0 }, timestamp: 3 });
    driver.pipe('t', { key: 'never', value: { n: 0 }, timestamp: 4 });
    driver.pipe('t', { key: 'never', value: null, timestamp: 5 });
  };

  it('deletes downstream the rows that fail and passed before, and no others', () => {
    const driver = filter('table', 'value.n > 1');
    changes(driver);
    expect(outputs(driver)).toEqual([
      ['a', { n: 2 }, 1],
      ['a', null, 2],
    ]);
    expect(driver.run.counters().get('f')).toMatchObject({ in: 5, forwarded: 2, filtered: 3 });
  });

  it('deletes every row that fails, even one that was never there, where it is not told what rows were before', () => {
    const driver = filter('table', 'value.n > 1', 'when-needed');
    changes(driver);
    expect(outputs(driver)).toEqual([
      ['a', { n: 2 }, 1],
      ['a', null, 2],
      ['a', null, 3],
      ['never', null, 4],
      ['never', null, 5],
    ]);
    expect(driver.run.counters().get('f')).toMatchObject({ in: 5, forwarded: 5, filtered: 0 });
  });

  it('takes deletions without asking the condition, which could not bear them', () => {
    for (const rows of ['kept', 'when-needed']) {
      const driver = filter('table', 'value.n > 1', rows);
      driver.pipe('t', { key: 'a', value: { n: 2 }, timestamp: 1 });
      driver.pipe('t', { key: 'a', value: null, timestamp: 4 });
      expect(outputs(driver)).toEqual([
        ['a', { n: 2 }, 1],
        ['a', null, 4],
      ]);
      expect(driver.run.failures()).toEqual([]);
    }
  });

  it('goes on with a row that it failed on before, and deletes what that row was until then', () => {
    const driver = filter('table', 'value.n > 1');
    for (const [timestamp, n] of [
      [1, 2],
      [2, 'two'],
      [3, 3],
      [4, 'four'],
      [5, 0],
    ] as const) {
      driver.pipe('t', { key: 'a', value: { n }, timestamp });
    }
    expect(outputs(driver)).toEqual([
      ['a', { n: 2 }, 1],
      ['a', { n: 3 }, 3],
      ['a', null, 5],
    ]);
    expect(driver.run.failures().map(({ timestamp }) => timestamp)).toEqual([2, 4]);
  });

  it('has no row for who looks one up that it failed on', () => {
    const nodes = {
      s: ['source', { topic: 't', readAs: 'table' }],
      l: ['source', { topic: 'u' }],
      f: ['filter', { condition: 'value.n > 1' }],
      j: ['join', { type: 'left', value: 'right' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > f', 'l > j.left', 'f > j.right', 'j > o']), [
      untypedTopic('t'),
      untypedTopic('u'),
      untypedTopic('out'),
    ]);
    for (const n of [2, 'two']) {
      driver.pipe('t', { key: 'a', value: { n }, timestamp: 1 });
      driver.pipe('u', { key: 'a', value: 0, timestamp: 1 });
    }
    expect(outputs(driver).map(([, value]) => value)).toEqual([{ n: 2 }, null]);
  });
});
