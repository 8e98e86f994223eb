import { encodeBatch, MemoryLog, pipelineSchema, planTopology, topicCatalogue } from '@millrace/engine';
import { expect, it } from 'vitest';
import { TopicReader } from './topic-reader.ts';

const made = 'p-made-generator';
const options = { maxBytesPerPartition: 1000, maxWaitMs: 0 };

async function reader(now: () => number): Promise<TopicReader> {
  const log = new MemoryLog();
  await log.ensureTopics([
    {
      name: 't',
      partitions: 1,
      role: 'external',
      cleanup: { policy: 'delete', retentionMs: null, retentionBytes: null },
      owner: null,
    },
  ]);
  await log.append([{ topic: 't', partition: 0, batch: encodeBatch([{ key: 'a', value: '1', timestamp: 0 }]) }]);
  const pipeline = pipelineSchema.parse({
    formatVersion: 1,
    id: 'p',
    name: 'p',
    nodes: [
      {
        id: 'made',
        kind: 'generator',
        name: 'made',
        config: { fields: [{ name: 'n', kind: 'sequence' }], perSecond: 2, partitions: 2 },
      },
      { id: 'out', kind: 'sink', name: 'out', config: { topic: 'out' } },
    ],
    edges: [{ from: 'made.out', to: 'out.in' }],
  });
  return new TopicReader(log, planTopology(pipeline, topicCatalogue([])), now);
}

it('answers for generated topics and for those of the log, in the order of the requests', async () => {
  let nowMs = 0;
  const topics = await reader(() => nowMs);
  const requests = [
    { topic: made, partition: 0, offset: 0 },
    { topic: 't', partition: 0, offset: 0 },
    { topic: made, partition: 1, offset: 0 },
  ];
  const counts = async () =>
    (await topics.read(requests, options)).map(({ topic, partition, batches, endOffset }) => [
      `${topic}-${partition}`,
      batches.reduce((sum, batch) => sum + batch.count, 0),
      endOffset,
    ]);
  expect(await counts()).toEqual([
    [`${made}-0`, 0, 0],
    ['t-0', 1, 1],
    [`${made}-1`, 0, 0],
  ]);
  nowMs = 1500;
  expect(await counts()).toEqual([
    [`${made}-0`, 2, 2],
    ['t-0', 1, 1],
    [`${made}-1`, 1, 1],
  ]);
});

it('waits no longer than until the next record is due, and not at all once it is told to stop', async () => {
  const waited: number[] = [];
  let nowMs = 0;
  const log = {
    read: async (_requests: unknown, { maxWaitMs }: { readonly maxWaitMs: number }) => {
      waited.push(maxWaitMs);
      return [
        { topic: 't', partition: 0, batches: [], nextOffset: 0, endOffset: 0, undecidedEndOffset: 0, startOffset: 0 },
      ];
    },
  };
  const topology = planTopology(
    pipelineSchema.parse({
      formatVersion: 1,
      id: 'p',
      name: 'p',
      nodes: [
        { id: 'made', kind: 'generator', name: 'made', config: { fields: [{ name: 'n' }], perSecond: 4, count: 2 } },
        { id: 'out', kind: 'sink', name: 'out', config: { topic: 'out' } },
      ],
      edges: [{ from: 'made.out', to: 'out.in' }],
    }),
    topicCatalogue([]),
  );
  const topics = new TopicReader(log, topology, () => nowMs);
  const read = (offset: number) =>
    topics.read(
      [
        { topic: made, partition: 0, offset },
        { topic: 't', partition: 0, offset: 0 },
      ],
      { ...options, maxWaitMs: 900 },
    );
  await read(0);
  nowMs = 100;
  await read(0);
  nowMs = 300;
  await read(0);
  await read(2);
  expect(waited).toEqual([250, 150, 0, 900]);

  const stopped = AbortSignal.abort();
  const alone = [{ topic: made, partition: 0, offset: 1 }];
  expect(await topics.read(alone, { ...options, maxWaitMs: 60_000, signal: stopped })).toMatchObject([
    { endOffset: 1 },
  ]);
});
