import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogError, type TopicSpec } from '../log/log.ts';
import { MemoryLog } from '../log/memory-log.ts';
import { encodeBatch } from '../log/record-batch-builder.ts';
import { addCounters, type Counters, emptyCounters, missingFates } from '../metrics/fates.ts';
import { nodeCounters } from '../metrics/node-counters.ts';
import { countersFromArray } from '../metrics/processor-counters.ts';
import { processors } from '../nodes/processors.ts';
import { RecordedRun, type WrittenRecord } from '../run/recorded-run.ts';
import type { StoreRow } from '../state/store-query.ts';
import { type Disk, MemoryWorker } from '../testing/memory-worker.ts';
import { type OrderInput, orderInput, orderTopology, partitionOf, produced } from '../testing/order-pipeline.ts';

const nat = fc.nat({ max: 1000 });
const orderInputs = fc.array(fc.tuple(nat, nat, nat, nat).map(orderInput), { maxLength: 60, size: 'max' });

/** What happens to a worker, one thing after another; each crash is followed by a fresh worker over what is committed. */
type Step =
  | { readonly do: 'process'; readonly records: number }
  | {
      readonly do:
        | 'read'
        | 'commit'
        | 'flush'
        | 'crash'
        | 'crash before commit'
        | 'crash after commit'
        | 'crash in flush'
        | 'lose the answer'
        | 'be replaced';
    };

const crashes = [
  'crash',
  'crash before commit',
  'crash after commit',
  'crash in flush',
  'lose the answer',
  'be replaced',
] as const;
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<Step>({ do: 'read' }) },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('process' as const), records: fc.integer({ min: 1, max: 7 }) }),
    },
    { weight: 4, arbitrary: fc.constant<Step>({ do: 'commit' }) },
    { weight: 2, arbitrary: fc.constant<Step>({ do: 'flush' }) },
    { weight: 3, arbitrary: fc.constantFrom(...crashes).map((one): Step => ({ do: one })) },
  ),
  { maxLength: 80, size: 'max' },
);

async function logWith(inputs: readonly OrderInput[]): Promise<MemoryLog> {
  const log = new MemoryLog();
  const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
  const external = (name: string): TopicSpec => ({ name, partitions: 2, role: 'external', cleanup, owner: null });
  await log.ensureTopics([external('orders'), external('shops')]);
  for (const input of inputs) {
    await log.append([{ topic: input.topic, partition: partitionOf(input), batch: encodeBatch([produced(input)]) }]);
  }
  return log;
}

/** Every record of a topic, by partition, bytes included. */
async function contents(log: MemoryLog, topic: string): Promise<readonly string[]> {
  const description = (await log.topics()).find((one) => one.name === topic);
  const all: string[] = [];
  for (let partition = 0; partition < (description?.partitions ?? 0); partition++) {
    const [result] = await log.read([{ topic, partition, offset: 0 }], { maxBytesPerPartition: 1e9, maxWaitMs: 0 });
    for (const batch of result?.batches ?? []) {
      for (let index = 0; index < batch.count; index++) {
        const value = batch.value(index);
        all.push(
          `${partition} ${batch.keyByteString(index)} ${value && new TextDecoder().decode(value)} ${batch.timestamps[index]}`,
        );
      }
    }
  }
  return all;
}

function counters({ group }: MemoryWorker): { readonly [node: string]: Counters } {
  const byId = new Map<string, Counters>();
  for (const [id, values] of group.tasks.flatMap((task) => task.counters())) {
    byId.set(id, addCounters(byId.get(id) ?? emptyCounters, countersFromArray(values)));
  }
  return Object.fromEntries(nodeCounters(orderTopology, byId));
}

function rows({ group }: MemoryWorker, store: string): readonly StoreRow[] {
  const query = { store, select: { by: 'all' as const }, fromMs: null, toMs: null, after: null, limit: 500 };
  return group
    .query(query)
    .answers.flatMap((answer) => answer.rows)
    .sort((a, b) => b.cursor.segment - a.cursor.segment || (a.cursor.key < b.cursor.key ? -1 : 1));
}

/** What must come out in the same order whatever happens. */
const outputs = ['by-shop', 'all-cities-repartition', 'all-dead-letters'] as const;
/** Several tasks write here, each when its records have arrived: only the order of each key is given. */
const byKey = (lines: readonly string[]): readonly string[] =>
  lines.toSorted((a, b) => (a.split('}')[0] as string).localeCompare(b.split('}')[0] as string));
const changelogs = orderTopology.stores.map((store) => store.changelogTopic);

async function live(inputs: readonly OrderInput[], plan: readonly Step[]) {
  const log = await logWith(inputs);
  const disk: Disk = new Map();
  let worker = await MemoryWorker.start(log, orderTopology, disk);
  const restart = async (): Promise<void> => {
    worker = await MemoryWorker.start(log, orderTopology, disk);
  };
  for (const step of plan) {
    switch (step.do) {
      case 'read':
        await worker.read(100);
        break;
      case 'process':
        worker.group.process(step.records);
        break;
      case 'commit':
        await worker.commit();
        break;
      case 'flush':
        await worker.flush();
        break;
      case 'crash':
        await restart();
        break;
      case 'crash before commit':
        worker.group.beginCommit();
        worker.group.process(3);
        await restart();
        break;
      case 'crash after commit':
      case 'lose the answer': {
        const pending = worker.group.beginCommit();
        worker.group.process(3);
        if (pending !== null) await log.commit(pending.commit);
        await restart();
        break;
      }
      case 'crash in flush': {
        // The tables of some tasks were written, those of the others not.
        const [first] = worker.group.beginFlush();
        if (first !== undefined) await disk.get(first.taskId)?.write(first.slices);
        await restart();
        break;
      }
      case 'be replaced': {
        const old = worker;
        const pending = old.group.beginCommit();
        await restart();
        if (pending === null) break;
        const refusal = await old.finish(pending).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(LogError);
        expect(refusal).toMatchObject({ code: 'fenced' });
        break;
      }
    }
  }
  await worker.drain(100);
  return { log, worker };
}

describe('exactly once', () => {
  it('holds over any crash: outputs, stores, changelogs, dead letters and counters are as if nothing had happened', async () => {
    await fc.assert(
      fc.asyncProperty(orderInputs, steps, async (inputs, plan) => {
        const calm = await live(inputs, []);
        const rough = await live(inputs, plan);
        for (const topic of [...outputs, ...changelogs]) {
          expect([topic, await contents(rough.log, topic)]).toEqual([topic, await contents(calm.log, topic)]);
        }
        expect(byKey(await contents(rough.log, 'by-city'))).toEqual(byKey(await contents(calm.log, 'by-city')));
        for (const { name } of orderTopology.stores) expect(rows(rough.worker, name)).toEqual(rows(calm.worker, name));
        expect(counters(rough.worker)).toEqual(counters(calm.worker));
        for (const [node, counts] of Object.entries(counters(rough.worker)))
          expect([node, missingFates(counts)]).toEqual([node, 0]);
        // What is on disk and in the changelogs is enough for a worker that comes after all.
        const after = await MemoryWorker.start(rough.log, orderTopology, new Map());
        for (const { name } of orderTopology.stores) expect(rows(after, name)).toEqual(rows(calm.worker, name));
      }),
      { numRuns: 60 },
    );
  });

  it('gives what a recorded run of the same records gives', async () => {
    await fc.assert(
      fc.asyncProperty(orderInputs, async (inputs) => {
        const { log, worker } = await live(inputs, []);
        const written: WrittenRecord[] = [];
        const recorded = new RecordedRun(orderTopology, processors, (record) => written.push(record));
        for (const input of inputs) recorded.pipe(input.topic, partitionOf(input), [produced(input)]);
        recorded.drain();
        const byShop = written
          .filter((record) => record.topic === 'by-shop')
          .sort((a, b) => a.partition - b.partition || a.offset - b.offset)
          .map(({ partition, key, value, timestamp }) => {
            const text = typeof value === 'string' || value === null ? value : new TextDecoder().decode(value);
            return `${partition} ${key} ${text} ${timestamp}`;
          });
        // Records without a key go by offset, and everything else by key, whichever way it ran.
        expect(await contents(log, 'by-shop')).toEqual(byShop);
        for (const store of orderTopology.stores) {
          const plain = ({ key, value, timestamp, window }: StoreRow) => ({ key, value, timestamp, window });
          expect(rows(worker, store.name).map(plain)).toEqual(recorded.rows(store).map(plain));
        }
        expect(counters(worker)).toEqual(Object.fromEntries(recorded.counters()));
      }),
      { numRuns: 60 },
    );
  });
});
