import { describe, expect, it } from 'vitest';
import { partitionFor } from '../../log/partitioner.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

function map(readAs: 'stream' | 'table', config: object): TopologyTestDriver {
  const nodes = { s: ['source', { topic: 't', readAs }], m: ['map', config], o: ['sink', { topic: 'out' }] } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['s > m', 'm > o']), [untypedTopic('t'), untypedTopic('out', 3)]);
}

const outputs = (driver: TopologyTestDriver) =>
  driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);

describe('a map of a stream', () => {
  it('gives a new value, and keeps key, time and headers', () => {
    const driver = map('stream', { value: '{ twice: value.n * 2, old: value }' });
    const headers = [{ name: 'h', value: new TextEncoder().encode('x') }];
    driver.pipe('t', { key: null, value: { n: 2 }, timestamp: 9, headers });
    expect(driver.written.find((record) => record.topic === 'out')?.headers).toEqual(headers);
    expect(outputs(driver)).toEqual([[null, { twice: 4, old: { n: 2 } }, 9]]);
  });

  it('gives a new key, by which the partition follows, and sees the old record for both', () => {
    const driver = map('stream', { key: 'value.k', value: 'key' });
    driver.pipe('t', { key: 'a', value: { k: 'SFO' }, timestamp: 9 });
    expect(driver.read('out')).toEqual([{ key: 'SFO', value: 'a', timestamp: 9, partition: partitionFor('SFO', 3) }]);
  });

  it('may make null keys and null values', () => {
    const driver = map('stream', { key: 'value.k', value: 'value.v' });
    driver.pipe('t', { key: 'a', value: { k: null, v: null }, timestamp: 9 });
    expect(outputs(driver)).toEqual([[null, null, 9]]);
    expect(driver.run.counters().get('m')).toMatchObject({ in: 1, forwarded: 1 });
  });

  it('asks its expressions about null values too', () => {
    const driver = map('stream', { value: 'value ?? 0' });
    driver.pipe('t', { key: 'a', value: null, timestamp: 9 });
    expect(outputs(driver)).toEqual([['a', 0, 9]]);
  });

  it('fails on a key that does not fit its format where the key is written', () => {
    const driver = map('stream', { key: 'value.k', keyFormat: 'int32' });
    driver.pipe('t', { key: 'a', value: { k: 5 }, timestamp: 9 });
    driver.pipe('t', { key: 'a', value: { k: 'five' }, timestamp: 9 });
    expect(driver.read('out', 'int32').map(({ key }) => key)).toEqual([5]);
    expect(driver.run.failures()).toMatchObject([{ node: 'o', code: 'key-format', offset: 1 }]);
    const letter = driver.written.find((record) => record.topic === 'p-dead-letters');
    expect(letter?.key).toBe('"five"');
  });
});

describe('a map of a table', () => {
  it('maps rows, and deletes downstream what is deleted or mapped to nothing', () => {
    const driver = map('table', { value: 'value.n > 1 ? value.n : null' });
    driver.pipe('t', { key: 'a', value: { n: 2 }, timestamp: 1 });
    driver.pipe('t', { key: 'a', value: { n: 1 }, timestamp: 2 });
    driver.pipe('t', { key: 'a', value: null, timestamp: 3 });
    expect(outputs(driver)).toEqual([
      ['a', 2, 1],
      ['a', null, 2],
      ['a', null, 3],
    ]);
  });

  it('goes on with a row that it failed on before', () => {
    const nodes = {
      s: ['source', { topic: 't', readAs: 'table' }],
      m: ['map', { value: 'value.n * 2' }],
      // Asks what rows were before.
      f: ['filter', { condition: 'value > 2' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > m', 'm > f', 'f > o']), [
      untypedTopic('t'),
      untypedTopic('out'),
    ]);
    for (const n of [2, 'two', 3]) driver.pipe('t', { key: 'a', value: { n }, timestamp: 1 });
    expect(outputs(driver)).toEqual([
      ['a', 4, 1],
      ['a', 6, 1],
    ]);
    expect(driver.run.failures()).toMatchObject([{ node: 'm', offset: 1 }]);
  });
});
