import { describe, expect, it } from 'vitest';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

function filter(readAs: 'stream' | 'table', condition: string): TopologyTestDriver {
  const nodes = {
    s: ['source', { topic: 't', readAs }],
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
  it('deletes downstream every row that fails, even one that was never there', () => {
    const driver = filter('table', 'value.n > 1');
    driver.pipe('t', { key: 'a', value: { n: 2 }, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: { n: 1 }, timestamp: 2 });
    driver.pipe('t', { key: 'never', value: { n: 0 }, timestamp: 3 });
    expect(outputs(driver)).toEqual([
      ['a', { n: 2 }, 1],
      ['a', null, 2],
      ['never', null, 3],
    ]);
    expect(driver.run.counters().get('f')).toMatchObject({ in: 3, forwarded: 3, filtered: 0 });
  });

  it('passes deletions on without asking the condition, which could not bear them', () => {
    const driver = filter('table', 'value.n > 1');
    driver.pipe('t', { key: 'a', value: null, timestamp: 4 });
    expect(outputs(driver)).toEqual([['a', null, 4]]);
    expect(driver.run.failures()).toEqual([]);
  });
});
