import { describe, expect, it } from 'vitest';
import { MemoryLog } from '../../log/memory-log.ts';
import { encodeBatch, producedRecord } from '../../log/record-batch-builder.ts';
import { planTopology } from '../../topology/plan-topology.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';
import type { Topology } from '../../topology/topology.ts';
import { MemoryWorker } from '../memory-worker.ts';
import { Random } from './random.ts';
import { pipelineOfShape } from './random-pipeline.ts';
import type { InputRecord, Scenario } from './scenario.ts';
import { shapes } from './shapes/shapes.ts';

const seedsPerShape = 12;

type Drawn = Pick<Scenario, 'pipeline' | 'topics' | 'before' | 'inputs'>;

/** A log with a worker that has processed some inputs. */
async function worked(drawn: Drawn, topology: Topology, inputs: readonly InputRecord[]) {
  const log = new MemoryLog();
  const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
  await log.ensureTopics(
    drawn.topics.map(({ name, partitions }) => ({ name, partitions, role: 'external', cleanup, owner: null })),
  );
  await append(log, [...drawn.before, ...inputs]);
  const worker = await MemoryWorker.start(log, topology, new Map());
  await worker.drain();
  return { log, worker };
}

async function append(log: MemoryLog, inputs: readonly InputRecord[]): Promise<void> {
  for (const { topic, partition, record } of inputs) {
    await log.append([{ topic, partition, batch: encodeBatch([record]) }]);
  }
}

/** Every entry of every store, as of the last commit. */
function entries({ group }: MemoryWorker): readonly string[] {
  return group.tasks.flatMap((task) =>
    [...task.stores].flatMap(([name, store]) => [
      `${task.id} ${name} has ${store.count} entries, the latest segment ${store.observed}`,
      ...store
        .segments()
        .flatMap(({ segment }) =>
          [...store.scanCommitted(segment, null)].map(({ key, stored }) =>
            JSON.stringify([task.id, name, segment, key, stored.timestamp, stored.value]),
          ),
        ),
    ]),
  );
}

/**
 * Every record of every topic but the journal, whose epochs differ. Those of a changelog's batch in no order: rows that expire together are
 * deleted in the order in which memory or disk has them.
 */
async function written(log: MemoryLog, topology: Topology): Promise<readonly string[]> {
  const changelogs = new Set(topology.stores.map(({ changelogTopic }) => changelogTopic));
  const lines: string[] = [];
  for (const { name, endOffsets } of await log.topics()) {
    if (name === topology.commitsTopic) continue;
    for (const partition of endOffsets.keys()) {
      const [result] = await log.read([{ topic: name, partition, offset: 0 }], {
        maxBytesPerPartition: 1e9,
        maxWaitMs: 0,
      });
      for (const batch of result?.batches ?? []) {
        const records = Array.from({ length: batch.count }, (_, index) => {
          const { key, value, timestamp, headers = [] } = producedRecord(batch, index);
          const shown = headers.map((header) => [header.name, header.value === null ? null : Array.from(header.value)]);
          return `${name}-${partition} ${key} ${value === null ? null : Array.from(value as Uint8Array).join(' ')} ${timestamp} ${JSON.stringify(shown)}`;
        });
        lines.push(...(changelogs.has(name) ? records.sort() : records));
      }
    }
  }
  return lines;
}

describe('a store that is rebuilt from its changelog alone', () => {
  it.each(shapes.map((shape) => [shape.name, shape] as const))(
    'equals the one that never stopped: %s',
    async (_name, shape) => {
      const filled = new Set<string>();
      for (let seed = 0; seed < seedsPerShape; seed++) {
        const drawn = pipelineOfShape(shape, new Random(seed));
        const topology = planTopology(drawn.pipeline, topicCatalogue(drawn.topics));
        const half = Math.floor(drawn.inputs.length / 2);
        const steady = await worked(drawn, topology, drawn.inputs.slice(0, half));
        const stopped = await worked(drawn, topology, drawn.inputs.slice(0, half));
        const rebuilt = await MemoryWorker.start(stopped.log, topology, new Map());
        expect(entries(rebuilt)).toEqual(entries(steady.worker));
        for (const task of rebuilt.group.tasks)
          for (const [name, store] of task.stores) if (store.count > 0) filled.add(name);

        await append(steady.log, drawn.inputs.slice(half));
        await append(stopped.log, drawn.inputs.slice(half));
        await steady.worker.drain();
        await rebuilt.drain();
        expect(entries(rebuilt)).toEqual(entries(steady.worker));
        expect(await written(stopped.log, topology)).toEqual(await written(steady.log, topology));
      }
      if (shape.isStateful) expect([...filled]).not.toEqual([]);
    },
  );
});
