import { describe, expect, it } from 'vitest';
import { encodeKey } from '../../log/key-format.ts';
import { partitionFor } from '../../log/partitioner.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

const topics = [untypedTopic('t', 1), untypedTopic('out', 7)];
const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);

describe('a sink', () => {
  it('chooses the partition by the key, as Kafka does', () => {
    const driver = new TopologyTestDriver(
      sketch('p', { s: ['source', { topic: 't' }], o: ['sink', { topic: 'out' }] }, ['s > o']),
      topics,
    );
    for (const key of keys) driver.pipe('t', { key, value: 1, timestamp: 0 });
    for (const { key, partition } of driver.read('out')) expect(partition).toBe(partitionFor(key as string, 7));
  });

  it('writes a window into the key as JSON, and chooses the partition by the inner key', () => {
    const nodes = {
      s: ['source', { topic: 't' }],
      a: ['aggregate', { window: 'tumbling', windowMs: 10, aggregations: [{ name: 'n', function: 'count' }] }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > a', 'a > o']), topics);
    for (const key of keys) driver.pipe('t', { key, value: 1, timestamp: 25 });
    const outputs = driver.written.filter((record) => record.topic === 'out');
    expect(outputs[0]?.key).toBe('{"end":30,"key":"key-0","start":20}');
    outputs.forEach((record, index) => {
      expect(record.partition).toBe(partitionFor(keys[index] as string, 7));
    });
  });

  it('writes the inner key of a window as JSON whatever its format', () => {
    const nodes = {
      s: ['source', { topic: 'n', keyFormat: 'int32' }],
      a: ['aggregate', { window: 'tumbling', windowMs: 10, aggregations: [{ name: 'n', function: 'count' }] }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > a', 'a > o']), [
      untypedTopic('n', 1, 'int32'),
      ...topics,
    ]);
    driver.pipe('n', { key: 7, value: 1, timestamp: 25 });
    const [record] = driver.written.filter((one) => one.topic === 'out');
    expect(record?.key).toBe('{"end":30,"key":7,"start":20}');
    expect(record?.partition).toBe(partitionFor(encodeKey('int32', 7), 7));
  });

  it('spreads records without a key, the same way each time', () => {
    const partitions = (): readonly number[] => {
      const driver = new TopologyTestDriver(
        sketch('p', { s: ['source', { topic: 't' }], o: ['sink', { topic: 'out' }] }, ['s > o']),
        topics,
      );
      for (let at = 0; at < 14; at++) driver.pipe('t', { key: null, value: at, timestamp: 0 });
      return driver.read('out').map((output) => output.partition);
    };
    expect(new Set(partitions()).size).toBe(7);
    expect(partitions()).toEqual(partitions());
  });

  it('writes what has no JSON of its own as JSON has it', () => {
    const driver = new TopologyTestDriver(
      sketch('p', { s: ['source', { topic: 't' }], o: ['sink', { topic: 'out' }] }, ['s > o']),
      topics,
    );
    const values = [
      '',
      0,
      false,
      [],
      {},
      '\u2028\ud83d\ude00 "é"',
      { __proto__: null, a: 1 },
      JSON.parse('{"__proto__":5}'),
    ];
    for (const value of values) driver.pipe('t', { key: 'a', value, timestamp: 0 });
    expect(driver.read('out').map(({ value }) => JSON.stringify(value))).toEqual(
      values.map((value) => JSON.stringify(value)),
    );
  });
});
