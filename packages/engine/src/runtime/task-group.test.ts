import { describe, expect, it } from 'vitest';
import { LogError, type TopicSpec } from '../log/log.ts';
import { MemoryLog } from '../log/memory-log.ts';
import { encodeBatch, type ProducedRecord } from '../log/record-batch-builder.ts';
import { addCounters, type Counters, emptyCounters } from '../metrics/fates.ts';
import { nodeCounters } from '../metrics/node-counters.ts';
import { countersFromArray } from '../metrics/processor-counters.ts';
import type { PipelineSettings } from '../pipeline/pipeline-settings.ts';
import type { StoreRow } from '../state/store-query.ts';
import { type Disk, MemoryWorker } from '../testing/memory-worker.ts';
import { type SketchedNode, sketch } from '../testing/pipeline-sketch.ts';
import { untypedTopic } from '../testing/topology-test-driver.ts';
import { planTopology } from '../topology/plan-topology.ts';
import { topicCatalogue } from '../topology/topic-catalogue.ts';
import type { Topology } from '../topology/topology.ts';
import type { TaskGroup } from './task-group.ts';

type Inputs = { readonly [topic: string]: readonly (readonly ProducedRecord[])[] };

function record(key: string | null, value: unknown, timestamp: number): ProducedRecord {
  return { key, value: JSON.stringify(value), timestamp };
}

/** A log that holds the inputs, each record in a batch of its own, and the topology over them. `inputs` by topic and partition. */
async function prepare(
  nodes: { readonly [id: string]: SketchedNode },
  edges: readonly string[],
  inputs: Inputs,
  settings: Partial<PipelineSettings> = {},
): Promise<{ readonly log: MemoryLog; readonly topology: Topology; readonly disk: Disk }> {
  const catalogue = topicCatalogue(
    Object.entries(inputs).map(([name, partitions]) => untypedTopic(name, partitions.length)),
  );
  const log = new MemoryLog();
  for (const [name, partitions] of Object.entries(inputs)) {
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    const spec: TopicSpec = { name, partitions: partitions.length, role: 'external', cleanup, owner: null };
    await log.ensureTopics([spec]);
    for (const [partition, records] of partitions.entries()) {
      await log.append(records.map((one) => ({ topic: name, partition, batch: encodeBatch([one]) })));
    }
  }
  return { log, topology: planTopology(sketch('p', nodes, edges, settings), catalogue), disk: new Map() };
}

async function valuesOf(log: MemoryLog, topic: string): Promise<readonly unknown[]> {
  const description = (await log.topics()).find((one) => one.name === topic);
  const values: unknown[] = [];
  for (let partition = 0; partition < (description?.partitions ?? 0); partition++) {
    const [result] = await log.read([{ topic, partition, offset: 0 }], { maxBytesPerPartition: 1e9, maxWaitMs: 0 });
    for (const batch of result?.batches ?? []) {
      for (let index = 0; index < batch.count; index++) {
        const value = batch.value(index);
        values.push(value === null ? null : JSON.parse(new TextDecoder().decode(value)));
      }
    }
  }
  return values;
}

function countersOf(topology: Topology, group: TaskGroup): ReadonlyMap<string, Counters> {
  const byId = new Map<string, Counters>();
  for (const [id, values] of group.tasks.flatMap((task) => task.counters())) {
    byId.set(id, addCounters(byId.get(id) ?? emptyCounters, countersFromArray(values)));
  }
  return nodeCounters(topology, byId);
}

function rowsOf(group: TaskGroup, store: string): readonly StoreRow[] {
  const query = { store, select: { by: 'all' as const }, fromMs: null, toMs: null, after: null, limit: 500 };
  return group.query(query).answers.flatMap((answer) => answer.rows);
}

const source: SketchedNode = ['source', { topic: 's' }];
const sink: SketchedNode = ['sink', { topic: 'out', partitions: 1 }];
const count = { aggregations: [{ name: 'n', function: 'count' }] };

describe('a partition that has nothing at the moment', () => {
  /** Reads, processes and commits what may be taken now. */
  async function turn(worker: MemoryWorker): Promise<void> {
    await worker.read();
    worker.group.process(100);
    await worker.commit();
  }

  /** Two topics merged, of which only the first has a record; later the second gets an older one. */
  async function values(maxIdleMs: number, arrivesAtMs: number): Promise<readonly unknown[]> {
    let nowMs = 0;
    const { log, topology, disk } = await prepare(
      { s: source, t: ['source', { topic: 't' }], m: ['merge'], o: sink },
      ['s > m.in-1', 't > m.in-2', 'm > o'],
      { s: [[record('a', 'newer', 20)]], t: [[]] },
      { maxIdleMs },
    );
    const worker = await MemoryWorker.start(log, topology, disk, () => nowMs);
    await turn(worker);
    nowMs = arrivesAtMs;
    await turn(worker);
    await log.append([{ topic: 't', partition: 0, batch: encodeBatch([record('b', 'older', 10)]) }]);
    await turn(worker);
    nowMs += 10_000;
    await turn(worker);
    return valuesOf(log, 'out');
  }

  it('is not waited for as long as all that is there has been read', async () => {
    expect(await values(0, 50)).toEqual(['newer', 'older']);
    expect(await values(-1, 50)).toEqual(['newer', 'older']);
  });

  it('is waited for as long as the pipeline says, so that what comes late is in time', async () => {
    expect(await values(100, 50)).toEqual(['older', 'newer']);
    expect(await values(100, 100)).toEqual(['newer', 'older']);
  });

  it('is waited for from when it became empty, and the wait is over with what arrives', async () => {
    let nowMs = 0;
    const { log, topology, disk } = await prepare(
      { s: source, t: ['source', { topic: 't' }], m: ['merge'], o: sink },
      ['s > m.in-1', 't > m.in-2', 'm > o'],
      { s: [[record('a', 1, 20), record('a', 2, 40)]], t: [[record('b', 3, 10)]] },
      { maxIdleMs: 100 },
    );
    const worker = await MemoryWorker.start(log, topology, disk, () => nowMs);
    const seen = async (): Promise<number> => {
      await turn(worker);
      return (await valuesOf(log, 'out')).length;
    };
    expect(await seen()).toBe(1);
    expect(worker.group.idleMs).toBe(100);
    nowMs = 60;
    expect(worker.group.idleMs).toBe(40);
    await log.append([{ topic: 't', partition: 0, batch: encodeBatch([record('b', 4, 30)]) }]);
    expect(await seen()).toBe(3);
    nowMs = 159;
    expect(await seen()).toBe(3);
    nowMs = 160;
    expect(await seen()).toBe(4);
    expect(worker.group.idleMs).toBe(null);
  });

  it('is waited for where more of it is known to come, unless the pipeline never waits', async () => {
    const values = async (maxIdleMs: number): Promise<readonly unknown[]> => {
      const { log, topology, disk } = await prepare(
        { s: source, t: ['source', { topic: 't' }], m: ['merge'], o: sink },
        ['s > m.in-1', 't > m.in-2', 'm > o'],
        { s: [[record('a', 'last', 20)]], t: [[record('b', 'first', 10), record('b', 'second', 15)]] },
        { maxIdleMs },
      );
      const worker = await MemoryWorker.start(log, topology, disk);
      // One record of each topic at a time.
      await worker.read(1);
      worker.group.process(10);
      await worker.drain(1);
      return valuesOf(log, 'out');
    };
    expect(await values(0)).toEqual(['first', 'second', 'last']);
    expect(await values(-1)).toEqual(['first', 'last', 'second']);
  });
});

describe('order', () => {
  it('goes by event time over all partitions, so that catching up on a long history makes nothing late', async () => {
    const inputs = {
      s: [0, 1, 2, 3].map((partition) =>
        Array.from({ length: 500 }, (_, at) => record(`k${partition}`, { g: at % 7 }, at * 10 + partition)),
      ),
    };
    const hours: SketchedNode = [
      'aggregate',
      { by: 'string(value.g)', window: 'tumbling', windowMs: 100, graceMs: 0, ...count },
    ];
    const { log, topology, disk } = await prepare({ s: source, a: hours, o: sink }, ['s > a', 'a > o'], inputs);
    const worker = await MemoryWorker.start(log, topology, disk);
    await worker.drain(300); // A few records of a partition at a time, commits in between.
    expect(countersOf(topology, worker.group).get('a')).toMatchObject({ in: 2000, forwarded: 2000, late: 0 });
    expect(countersOf(topology, worker.group).get('o')).toMatchObject({ in: 2000 });
  });

  it('waits with a whole sub-topology for a partition that is known to have more, and with no other', async () => {
    const inputs = {
      s: [[1, 2, 3, 4].map((at) => record('a', at, at)), [10, 11].map((at) => record('b', at, at))],
      u: [[record('c', 1, 1)]],
    };
    const nodes = { s: source, o: sink, u: ['source', { topic: 'u' }], v: ['sink', { topic: 'v' }] } as const;
    const { log, topology, disk } = await prepare(nodes, ['s > o', 'u > v'], inputs);
    const { group } = await MemoryWorker.start(log, topology, disk);
    const worker = group;
    const readOnce = async (): Promise<void> => {
      worker.accept(await log.read(worker.readRequests(), { maxBytesPerPartition: 1, maxWaitMs: 0 }));
    };
    expect(worker.process(100)).toBe(0); // Nothing is known yet of any partition.
    await readOnce(); // One record of each.
    expect(worker.process(100)).toBe(2); // s-0@0 and u-0@0; then s-0 is empty and has more.
    expect(worker.hasWork).toBe(false);
    for (let at = 0; at < 3; at++) {
      await readOnce();
      expect(worker.process(100)).toBe(at < 2 ? 1 : 3); // At last everything has arrived.
    }
    expect(worker.process(100)).toBe(0);
    expect(worker.recordsSinceCommit).toBe(7);
  });

  it('does at most as many records as it is told', async () => {
    const { log, topology, disk } = await prepare({ s: source, o: sink }, ['s > o'], {
      s: [Array.from({ length: 10 }, (_, at) => record('a', at, at))],
    });
    const { group } = await MemoryWorker.start(log, topology, disk);
    group.accept(await log.read(group.readRequests(), { maxBytesPerPartition: 1e9, maxWaitMs: 0 }));
    expect([group.process(3), group.process(0), group.process(100)]).toEqual([3, 0, 7]);
  });

  it('is written down with each commit, so that it can be replayed', async () => {
    const times = { s: [5, 1, 9, 9, 2, 30], u: [4, 6, 9, 40, 3] };
    const inputs = { s: [times.s.map((at) => record('a', at, at))], u: [times.u.map((at) => record('a', at, at))] };
    const nodes = {
      s: source,
      u: ['source', { topic: 'u', readAs: 'table' }],
      j: ['join', { value: '{ left, right }' }],
      o: sink,
    } as const;
    const { log, topology, disk } = await prepare(nodes, ['s > j.left', 'u > j.right', 'j > o'], inputs);
    for (let at = 0; at < 11; at += 3) {
      const worker = await MemoryWorker.start(log, topology, disk);
      await worker.read();
      worker.group.process(3);
      await worker.commit();
    }
    // The lowest timestamp among the heads goes first, ties by topic.
    const expected: string[] = [];
    const heads = { s: 0, u: 0 };
    while (heads.s < times.s.length || heads.u < times.u.length) {
      const next = (times.s[heads.s] ?? Infinity) <= (times.u[heads.u] ?? Infinity) ? 's' : 'u';
      expected.push(`${next}@${heads[next]++}`);
    }
    const taken: string[] = [];
    const next = [0, 0];
    const journal = (await valuesOf(log, topology.commitsTopic)) as readonly {
      readonly taken: readonly (readonly [number, number])[];
      readonly positions: readonly { readonly topic: string; readonly offset: number }[];
    }[];
    for (const { taken: runs, positions } of journal) {
      for (const [queue, records] of runs) {
        const from = next[queue] ?? 0;
        for (let one = 0; one < records; one++) taken.push(`${positions[queue]?.topic}@${from + one}`);
        next[queue] = from + records;
      }
      expect(positions.map(({ offset }) => offset)).toEqual(next);
    }
    expect(journal.length).toBe(4);
    expect(taken).toEqual(expected);
  });
});

describe('one topic read twice', () => {
  const values = Array.from({ length: 9 }, (_, at) => record('a', at, at));

  it('in two sub-topologies gives each reader every record, wherever the other stands', async () => {
    const nodes = { s: source, o: sink, s2: source, o2: ['sink', { topic: 'out2', partitions: 1 }] } as const;
    const { log, topology, disk } = await prepare(nodes, ['s > o', 's2 > o2'], { s: [values] });
    for (let restarts = 0; restarts < 8; restarts++) {
      const worker = await MemoryWorker.start(log, topology, disk);
      for (let reads = 0; reads < 3; reads++) await worker.read(1);
      worker.group.process(3); // An odd number: one reader is ahead of the other.
      await worker.commit();
    }
    await (await MemoryWorker.start(log, topology, disk)).drain();
    expect(await valuesOf(log, 'out')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await valuesOf(log, 'out2')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('in one task gives each reader every record once, over any restart', async () => {
    const nodes = {
      s: source,
      t: ['source', { topic: 's', readAs: 'table' }],
      j: ['join', { type: 'left', value: '{ left, right }' }],
      o: sink,
    } as const;
    const { log, topology, disk } = await prepare(nodes, ['s > j.left', 't > j.right', 'j > o'], { s: [values] });
    for (let restarts = 0; restarts < 18; restarts++) {
      const worker = await MemoryWorker.start(log, topology, disk);
      await worker.read();
      expect(worker.group.process(1)).toBe(1);
      const pending = worker.group.beginCommit();
      if (pending === null) throw new Error('There is nothing to commit.');
      expect(pending.commit.tasks[0]?.positions).toEqual([
        { topic: 's', partition: 0, offset: Math.floor((restarts + 1) / 2) },
      ]);
      await worker.finish(pending);
    }
    const worker = await MemoryWorker.start(log, topology, disk);
    await worker.drain();
    expect(await valuesOf(log, 'out')).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((left) => ({ left, right: left === 0 ? null : left - 1 })),
    );
    expect(countersOf(topology, worker.group).get('j')).toMatchObject({ in: 18, forwarded: 9, absorbed: 9 });
  });
});

describe('a commit', () => {
  const counting = { s: source, a: ['aggregate', count], o: sink } as const;
  const edges = ['s > a', 'a > o'];
  const four = { s: [[1, 2, 3, 4].map((at) => record('a', at, at))] };

  it('is nothing when nothing happened', async () => {
    const { log, topology, disk } = await prepare(counting, edges, four);
    const worker = await MemoryWorker.start(log, topology, disk);
    expect(worker.group.beginCommit()).toBeNull();
    await worker.drain();
    expect(worker.group.beginCommit()).toBeNull();
    expect(worker.group.hasPendingCommit).toBe(false);
  });

  it('shows queries its generation when it is durable, and nothing of the next', async () => {
    const { log, topology, disk } = await prepare(counting, edges, four);
    const worker = await MemoryWorker.start(log, topology, disk);
    const { group } = worker;
    await worker.read();
    group.process(2);
    expect(rowsOf(group, 'p-a-store')).toEqual([]);
    const pending = group.beginCommit();
    group.process(2); // The next generation goes on while this one is under way.
    expect(rowsOf(group, 'p-a-store')).toEqual([]);
    expect(await valuesOf(log, 'out')).toEqual([]);
    if (pending === null) throw new Error('There is nothing to commit.');
    await worker.finish(pending);
    expect(rowsOf(group, 'p-a-store')).toMatchObject([{ key: 'a', value: { n: 2 } }]);
    expect(await valuesOf(log, 'out')).toEqual([{ n: 1 }, { n: 2 }]);
    await worker.commit();
    expect(rowsOf(group, 'p-a-store')).toMatchObject([{ key: 'a', value: { n: 4 } }]);
  });

  it('of a worker whose tasks were taken over is refused, whole', async () => {
    const { log, topology, disk } = await prepare(counting, edges, four);
    const old = await MemoryWorker.start(log, topology, disk);
    await old.read();
    old.group.process(3);
    const pending = old.group.beginCommit();
    const young = await MemoryWorker.start(log, topology, disk);
    if (pending === null) throw new Error('There is nothing to commit.');
    const refusal = await old.finish(pending).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LogError);
    expect(refusal).toMatchObject({ code: 'fenced', retriable: false });
    expect(await valuesOf(log, 'out')).toEqual([]);
    await young.drain();
    expect(await valuesOf(log, 'out')).toEqual([1, 2, 3, 4].map((n) => ({ n })));
  });

  it('leaves the tables, once they are written, at the end of their changelogs', async () => {
    const { log, topology, disk } = await prepare(counting, edges, four);
    const worker = await MemoryWorker.start(log, topology, disk);
    await worker.read();
    for (const [records, end] of [
      [1, 1],
      [3, 4],
    ] as const) {
      worker.group.process(records);
      await worker.commit();
      await worker.flush();
      expect(disk.get('0_0')?.position('p-a-store')).toBe(end);
    }
    expect(disk.get('0_0')?.table('p-a-store').get({ segment: 0, key: 'a' })).toEqual({ timestamp: 4, value: '[4]' });
    expect(worker.group.beginFlush()).toEqual([]);
  });

  it('must be ended before the next begins, and before its tasks are let go', async () => {
    const { log, topology, disk } = await prepare(counting, edges, four);
    const worker = await MemoryWorker.start(log, topology, disk);
    await worker.read();
    worker.group.process(1);
    expect(() => worker.group.removeTask('0_0')).toThrow(/in flight/);
    const pending = worker.group.beginCommit();
    worker.group.process(1);
    expect(() => worker.group.beginCommit()).toThrow(/Defect/);
    if (pending === null) throw new Error('There is nothing to commit.');
    await worker.finish(pending);
    await worker.commit();
    worker.group.removeTask('0_0');
    expect(worker.group.tasks).toEqual([]);
    expect(worker.group.readRequests()).toEqual([]);
  });
});

describe('a restart', () => {
  it('accepts no record that would have been late without it, and goes on counting', async () => {
    const inputs = { s: [[100, 5, 101, 92].map((at) => record('a', at, at))] };
    const hours: SketchedNode = ['aggregate', { window: 'tumbling', windowMs: 10, graceMs: 0, ...count }];
    const { log, topology, disk } = await prepare({ s: source, a: hours, o: sink }, ['s > a', 'a > o'], inputs);
    for (let restarts = 0; restarts < 4; restarts++) {
      const worker = await MemoryWorker.start(log, topology, disk);
      await worker.read();
      expect(worker.group.process(1)).toBe(1);
      await worker.commit();
      if (restarts % 2 === 0) await worker.flush();
    }
    const worker = await MemoryWorker.start(log, topology, disk);
    await worker.drain();
    expect(countersOf(topology, worker.group).get('a')).toMatchObject({
      in: 4,
      late: 2,
      droppedWindows: 2,
      forwarded: 2,
    });
    expect(rowsOf(worker.group, 'p-a-store')).toMatchObject([{ window: { start: 100 }, value: { n: 2 } }]);
    const query = {
      store: 'p-a-store',
      select: { by: 'all' as const },
      fromMs: null,
      toMs: null,
      after: null,
      limit: 1,
    };
    expect(worker.group.query(query).answers).toMatchObject([{ streamTime: 101, entries: 1, graceMs: 0 }]);
  });

  it('forgets no window that a store no longer keeps', async () => {
    const inputs = { s: [[0, 100, 200].map((at) => record('a', at, at))] };
    const hours: SketchedNode = [
      'aggregate',
      { window: 'tumbling', windowMs: 10, graceMs: 1000, retentionMs: 10, ...count },
    ];
    const { log, topology, disk } = await prepare({ s: source, a: hours, o: sink }, ['s > a', 'a > o'], inputs);
    const first = await MemoryWorker.start(log, topology, disk);
    await first.drain();
    await first.flush();
    expect(rowsOf((await MemoryWorker.start(log, topology, disk)).group, 'p-a-store')).toHaveLength(3);
    await log.append([{ topic: 's', partition: 0, batch: encodeBatch([record('a', 0, 1050)]) }]);
    const second = await MemoryWorker.start(log, topology, disk);
    await second.drain(); // 1050 - (10 + 1000) = 40: the window of 0 goes.
    expect(
      rowsOf((await MemoryWorker.start(log, topology, new Map())).group, 'p-a-store').map((row) => row.window?.start),
    ).toEqual([1050, 200, 100]);
  });
});

describe('records that were removed before they were read', () => {
  it('are a gap when the task had been reading, and none when it begins', async () => {
    const nodes = { s: source, o: sink } as const;
    const { log, topology, disk } = await prepare(nodes, ['s > o'], {
      s: [[1, 2, 3].map((at) => record('a', at, at))],
    });
    await log.truncate(['s']);
    await log.append([{ topic: 's', partition: 0, batch: encodeBatch([record('a', 4, 4)]) }]);
    const first = await MemoryWorker.start(log, topology, disk);
    const read = async ({ group }: MemoryWorker) =>
      group.accept(await log.read(group.readRequests(), { maxBytesPerPartition: 1e9, maxWaitMs: 0 }));
    expect(await read(first)).toEqual([]);
    expect(first.group.process(10)).toBe(1);
    await first.commit();
    await log.append([{ topic: 's', partition: 0, batch: encodeBatch([record('a', 5, 5), record('a', 6, 6)]) }]);
    await log.truncate(['s']);
    const second = await MemoryWorker.start(log, topology, disk);
    expect(await read(second)).toEqual([{ taskId: '0_0', topic: 's', partition: 0, records: 2 }]);
    expect(await read(second)).toEqual([]);
    expect(await valuesOf(log, 'out')).toEqual([4]);
  });
});
