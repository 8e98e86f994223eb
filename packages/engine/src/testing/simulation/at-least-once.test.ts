import { describe, expect, it } from 'vitest';
import { type Log, LogError } from '../../log/log.ts';
import { MemoryLog } from '../../log/memory-log.ts';
import { encodeBatch } from '../../log/record-batch-builder.ts';
import { planTopology } from '../../topology/plan-topology.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';
import type { Topology } from '../../topology/topology.ts';
import { type Disk, MemoryWorker } from '../memory-worker.ts';
import { sketch } from '../pipeline-sketch.ts';
import { untypedTopic } from '../topology-test-driver.ts';
import { AtLeastOnceLog } from './at-least-once-log.ts';
import { Random } from './random.ts';
import { pipelineOfShape } from './random-pipeline.ts';
import type { Scenario } from './scenario.ts';
import { shapes } from './shapes/shapes.ts';

const seedsPerShape = 25;

type Drawn = Pick<Scenario, 'pipeline' | 'topics' | 'before' | 'inputs'>;

/** Processes all inputs; each time a commit is cut off, the worker is gone, and another goes on from what is durable. */
async function worked(drawn: Drawn, topology: Topology, cuts: number, random: Random): Promise<Log> {
  const log = new MemoryLog();
  const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
  await log.ensureTopics(
    drawn.topics.map(({ name, partitions }) => ({ name, partitions, role: 'external', cleanup, owner: null })),
  );
  for (const { topic, partition, record } of [...drawn.before, ...drawn.inputs]) {
    await log.append([{ topic, partition, batch: encodeBatch([record]) }]);
  }
  const cutting = new AtLeastOnceLog(log, topology, random, cuts);
  let disk: Disk = new Map();
  for (let isDone = false; !isDone; ) {
    const worker = await MemoryWorker.start(cutting, topology, disk);
    try {
      for (let turn = 0; turn < random.int(1, 200); turn++) {
        await worker.read();
        worker.group.process(random.int(1, 20));
        if (random.chance(0.3)) await worker.commit();
        if (random.chance(0.2)) await worker.flush();
      }
      await worker.drain();
      isDone = true;
    } catch (error) {
      if (!(error instanceof LogError) || error.code !== 'unknown-outcome') throw error;
      if (random.chance(0.3)) disk = new Map();
    }
  }
  return log;
}

/** What each topic that a sink writes holds: how often each record, or each key. */
async function written(log: Log, topology: Topology, of: 'records' | 'keys'): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const outputs = new Set(
    topology.subTopologies.flatMap(({ sinks }) => sinks.filter(({ internal }) => !internal).map(({ topic }) => topic)),
  );
  for (const { name, endOffsets } of await log.topics()) {
    if (!outputs.has(name)) continue;
    for (const partition of endOffsets.keys()) {
      const [result] = await log.read([{ topic: name, partition, offset: 0 }], {
        maxBytesPerPartition: 1e9,
        maxWaitMs: 0,
      });
      for (const batch of result?.batches ?? []) {
        for (let index = 0; index < batch.count; index++) {
          const key = `${name} ${batch.keyByteString(index)}`;
          const value = batch.value(index);
          const record = `${key} ${value === null ? null : new TextDecoder().decode(value)} ${batch.timestamps[index]}`;
          const line = of === 'keys' ? key : record;
          found.set(line, (found.get(line) ?? 0) + 1);
        }
      }
    }
  }
  return found;
}

describe('a worker without transactions, whose commits are cut off anywhere', () => {
  it.each(shapes.map((shape) => [shape.name, shape] as const))(
    'goes on and loses nothing: %s',
    async (_name, shape) => {
      let repeated = 0;
      for (let seed = 0; seed < seedsPerShape; seed++) {
        const drawn = pipelineOfShape(shape, new Random(seed));
        const topology = planTopology(drawn.pipeline, topicCatalogue(drawn.topics));
        // A record that is counted twice gives another count, and a join that knows it already finds it once more.
        const isCounting = drawn.pipeline.nodes.some(({ kind }) => kind === 'aggregate' || kind === 'cogroup');
        const of = isCounting ? 'keys' : 'records';
        const isStateless = topology.stores.length === 0;
        const calm = await written(await worked(drawn, topology, 0, new Random(seed)), topology, of);
        const cut = await written(await worked(drawn, topology, 8, new Random(seed)), topology, of);
        if (drawn.orderFreedom !== 'none') {
          const lost = [...calm].filter(([line, times]) => (cut.get(line) ?? 0) < (isStateless ? times : 1));
          expect(lost, `seed ${seed}`).toEqual([]);
        }
        repeated += [...cut.values()].reduce((sum, times) => sum + times, 0);
        repeated -= [...calm.values()].reduce((sum, times) => sum + times, 0);
      }
      // Otherwise nothing was cut off where it matters.
      expect(repeated).not.toBe(0);
    },
  );
});

describe('rows that are held back while commits are cut off', () => {
  it.each([{}, { maxRecords: 2, whenFull: 'emit' }])(
    'all come out in the end, as they were last: %j',
    async (limits) => {
      const pipeline = sketch(
        'p',
        {
          s: ['source', { topic: 't', readAs: 'table' }],
          h: ['suppress', { waitMs: 3, ...limits }],
          o: ['sink', { topic: 'out', partitions: 1 }],
        },
        ['s > h', 'h > o'],
      );
      const topics = [untypedTopic('t')];
      const topology = planTopology(pipeline, topicCatalogue(topics));
      for (let seed = 0; seed < 60; seed++) {
        const random = new Random(seed);
        const inputs = Array.from({ length: 60 }, (_, at) => ({
          topic: 't',
          partition: 0,
          record: { key: random.pick(['a', 'b', 'c', 'd']), value: String(at), timestamp: at },
        }));
        const end = { topic: 't', partition: 0, record: { key: 'end', value: '0', timestamp: 1000 } };
        const drawn = { pipeline, topics, before: [], inputs: [...inputs, end] };
        const log = await worked(drawn, topology, 12, random);
        const last = new Map(inputs.map(({ record }) => [record.key, record.value]));
        expect(await lastValues(log, 'out', [...last.keys()]), `seed ${seed}`).toEqual(last);
      }
    },
  );
});

/** The last value of each of the keys in partition 0. */
async function lastValues(log: Log, topic: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const [result] = await log.read([{ topic, partition: 0, offset: 0 }], { maxBytesPerPartition: 1e9, maxWaitMs: 0 });
  for (const batch of result?.batches ?? []) {
    for (let index = 0; index < batch.count; index++) {
      const key = batch.keyByteString(index) ?? '';
      if (keys.includes(key)) found.set(key, new TextDecoder().decode(batch.value(index) ?? undefined));
    }
  }
  return found;
}
