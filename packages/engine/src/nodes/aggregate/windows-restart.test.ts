import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../../log/memory-log.ts';
import { encodeBatch } from '../../log/record-batch-builder.ts';
import { type Disk, MemoryWorker } from '../../testing/memory-worker.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { untypedTopic } from '../../testing/topology-test-driver.ts';
import { planTopology } from '../../topology/plan-topology.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const configs: readonly object[] = [
  { window: 'tumbling', emit: 'close' },
  { window: 'hopping', advanceMs: 5, emit: 'close' },
  { window: 'sliding' },
  { window: 'sliding', emit: 'close' },
  { window: 'session' },
  { window: 'session', emit: 'close' },
];

interface Event {
  readonly key: string;
  readonly timestamp: number;
  /** What happens to the worker after the record. */
  readonly after: 'go on' | 'restart' | 'flush and restart';
}

const events = fc.array(
  fc.record<Event>({
    key: fc.constantFrom('a', 'ab', 'b'),
    timestamp: fc.nat(150),
    after: fc.constantFrom('go on', 'go on', 'restart', 'flush and restart'),
  }),
  { minLength: 1, maxLength: 25 },
);

/** What comes out of an aggregate whose worker is replaced along the way, by the changelog alone or by flushed tables too. */
async function outputs(config: object, all: readonly Event[]): Promise<readonly string[]> {
  const nodes = {
    s: ['source', { topic: 't' }],
    a: [
      'aggregate',
      { windowMs: 10, graceMs: 20, retentionMs: 60, aggregations: [{ name: 'n', function: 'count' }], ...config },
    ],
    o: ['sink', { topic: 'out' }],
  } as const;
  const catalogue = topicCatalogue([untypedTopic('t'), untypedTopic('out')]);
  const topology = planTopology(sketch('p', nodes, ['s > a', 'a > o']), catalogue);
  const log = new MemoryLog();
  const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
  for (const name of ['t', 'out']) {
    await log.ensureTopics([{ name, partitions: 1, role: 'external', cleanup, owner: null }]);
  }
  const disk: Disk = new Map();
  let worker = await MemoryWorker.start(log, topology, disk);
  for (const { key, timestamp, after } of all) {
    await log.append([{ topic: 't', partition: 0, batch: encodeBatch([{ key, value: '1', timestamp }]) }]);
    await worker.drain();
    if (after === 'flush and restart') await worker.flush();
    if (after !== 'go on') worker = await MemoryWorker.start(log, topology, disk);
  }
  const [result] = await log.read([{ topic: 'out', partition: 0, offset: 0 }], {
    maxBytesPerPartition: 1e9,
    maxWaitMs: 0,
  });
  return (result?.batches ?? []).flatMap((batch) =>
    Array.from({ length: batch.count }, (_, index) => {
      const value = batch.value(index);
      return `${batch.keyByteString(index)} ${value && new TextDecoder().decode(value)} ${batch.timestamps[index]}`;
    }),
  );
}

describe('windows over restarts', () => {
  it.each(configs)('%j: give what they give without any, each window once', async (config) => {
    await fc.assert(
      fc.asyncProperty(events, async (all) => {
        const undisturbed = await outputs(
          config,
          all.map((event) => ({ ...event, after: 'go on' as const })),
        );
        expect(await outputs(config, all)).toEqual(undisturbed);
      }),
      { numRuns: 40 },
    );
  });
});
