import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../../log/memory-log.ts';
import { encodeBatch } from '../../log/record-batch-builder.ts';
import { missingFates } from '../../metrics/fates.ts';
import { MemoryWorker } from '../../testing/memory-worker.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

const topics = [untypedTopic('s', 1), untypedTopic('g', 3), untypedTopic('out')];

function join(config: object): TopologyTestDriver {
  const nodes = {
    s: ['source', { topic: 's' }],
    g: ['source', { topic: 'g', readAs: 'global' }],
    j: ['join', { value: '[left, right]', ...config }],
    o: ['sink', { topic: 'out' }],
  } as const;
  return new TopologyTestDriver(sketch('p', nodes, ['s > j.left', 'g > j.right', 'j > o']), topics);
}

const outputs = (driver: TopologyTestDriver) =>
  driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);

describe('a join with a global table', () => {
  it('finds rows by any key of the record, in any partition, and moves nothing', () => {
    const driver = join({ globalKey: 'value.to', value: 'right' });
    for (const key of ['x', 'y', 'z']) driver.pipe('g', { key, value: key.toUpperCase(), timestamp: 99 });
    for (const to of ['x', 'y', 'z', 'w']) driver.pipe('s', { key: 'k', value: { to }, timestamp: 1 });
    expect(outputs(driver)).toEqual([
      ['k', 'X', 1],
      ['k', 'Y', 1],
      ['k', 'Z', 1],
    ]);
    expect(driver.topology.topics.some(({ name }) => name.includes('repartition'))).toBe(false);
    expect(driver.topology.subTopologies).toHaveLength(1);
    expect(driver.run.counters().get('j')).toMatchObject({ in: 4, forwarded: 3, filtered: 1 });
  });

  it('makes results of the stream’s records only, and counts the table’s records at its source', () => {
    const driver = join({});
    driver.pipe('s', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('g', { key: 'a', value: 'A', timestamp: 2 });
    driver.pipe('g', { key: null, value: 'B', timestamp: 2 });
    driver.pipe('g', { key: 'a', value: new TextEncoder().encode('{'), timestamp: 3 });
    driver.pipe('s', { key: 'a', value: 2, timestamp: 3 });
    driver.pipe('g', { key: 'a', value: null, timestamp: 4 });
    driver.pipe('s', { key: 'a', value: 3, timestamp: 5 });
    expect(outputs(driver)).toEqual([['a', [2, 'A'], 3]]);
    expect(driver.run.counters().get('g')).toMatchObject({ in: 4, absorbed: 2, nullKey: 1, failed: 1 });
    expect(driver.run.failures()).toMatchObject([{ node: 'g', code: 'decode', topic: 'g' }]);
    for (const [node, counters] of driver.run.counters()) expect([node, missingFates(counters)]).toEqual([node, 0]);
  });

  it('as a left join keeps records without a row, and those without a key of their own', () => {
    const driver = join({ type: 'left', globalKey: 'value === 0 ? null : "none"' });
    driver.pipe('s', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('s', { key: null, value: 0, timestamp: 2 });
    driver.pipe('s', { key: 'a', value: 0, timestamp: 3 });
    driver.pipe('s', { key: 'a', value: null, timestamp: 4 });
    expect(outputs(driver)).toEqual([
      ['a', [1, null], 1],
      [null, [0, null], 2],
    ]);
    expect(driver.run.counters().get('j')).toMatchObject({ forwarded: 2, nullKey: 1, filtered: 1, dropped: 2 });
  });

  it('takes no record of the stream in a worker before the whole table has been read', async () => {
    const log = new MemoryLog();
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    const { topology } = join({ globalKey: 'value', value: 'right' });
    await log.ensureTopics(
      topics.map(({ name, partitions }) => ({ name, partitions, role: 'external', cleanup, owner: null })),
    );
    const append = (topic: string, partition: number, key: string, value: unknown) =>
      log.append([
        { topic, partition, batch: encodeBatch([{ key, value: JSON.stringify(value), timestamp: 1, headers: [] }]) },
      ]);
    await append('s', 0, 'k', 'last');
    // More than one read gives.
    for (let row = 0; row < 20; row++) await append('g', 1, `row ${row}`, row);
    await append('g', 1, 'last', 'found');
    const worker = await MemoryWorker.start(log, topology, new Map());
    for (let reads = 0; reads < 100 && worker.group.recordsSinceCommit === 0; reads++) {
      await worker.read(1);
      worker.group.process(10);
    }
    await worker.commit();
    const [written] = await log.read([{ topic: 'out', partition: 0, offset: 0 }], {
      maxBytesPerPartition: 1_000_000,
      maxWaitMs: 0,
    });
    const value = written?.batches[0]?.value(0);
    expect(value && new TextDecoder().decode(value)).toBe('"found"');
    expect(worker.group.globalTables?.partitions()[1]).toMatchObject({ topic: 'g', partition: 1, position: 21 });
  });
});
