import { assert } from '../assert.ts';
import type { ReadResult } from '../log/log.ts';
import { decidedRead } from '../log/read-result.ts';
import { RecordBatch } from '../log/record-batch.ts';
import { type EncodedBatch, encodeBatch, type ProducedRecord } from '../log/record-batch-builder.ts';
import { addCounters, type Counters, emptyCounters } from '../metrics/fates.ts';
import { nodeCounters } from '../metrics/node-counters.ts';
import { countersFromArray } from '../metrics/processor-counters.ts';
import type { RecordFailure } from '../metrics/record-failure.ts';
import { GlobalTables } from '../runtime/global-tables.ts';
import type { ProcessorRegistry } from '../runtime/processor.ts';
import type { RecordQueue } from '../runtime/record-queue.ts';
import { Task } from '../runtime/task.ts';
import { answerStoreQuery } from '../state/answer-query.ts';
import { MemoryTaskStores } from '../state/memory-stores.ts';
import type { StoreRow } from '../state/store-query.ts';
import type { StoreSpec, Topology } from '../topology/topology.ts';
import { RunCollector, type WrittenRecord } from './run-collector.ts';

export type { WrittenRecord } from './run-collector.ts';

/** External records between two commits of a run to the end. */
const recordsInCommit = 1000;

/** Written records that are held before they are handed over, so that a batch stays small. */
const writtenMax = 10_000;

/** A queue of a topic that the topology does not write, with its task. */
interface ExternalQueue {
  readonly queue: RecordQueue;
  readonly task: Task;
}

/** A task that reads internal topics, with the queues of these. */
interface InternalReader {
  readonly task: Task;
  readonly queues: readonly RecordQueue[];
}

/**
 * Runs a topology over recorded records, synchronously and deterministically, with the tasks and processors that run in a worker.
 *
 * The order is stricter than a worker's: of all records that wait at external sources the one with the lowest timestamp goes next (ties by
 * topic, then partition), then everything that it caused in internal topics, by sub-topology and partition, before the next. The same
 * input gives the same output, bytes included. The wall clock is the greatest event time so far, unless it is moved by hand.
 */
export class RecordedRun {
  readonly #topology: Topology;
  readonly #tasks: readonly Task[];
  readonly #external: readonly ExternalQueue[];
  readonly #internal: readonly InternalReader[];
  readonly #globalTables: GlobalTables;
  readonly #globalTopics: ReadonlySet<string>;
  readonly #collector: RunCollector;
  readonly #ends = new Map<string, number>();
  readonly #queues = new Map<string, RecordQueue[]>();
  readonly #onWrite: (record: WrittenRecord) => void;
  readonly #failures: RecordFailure[] = [];
  #greatestTimestamp = 0;
  #wallClockMs: number | null = null;

  /**
   * `onWrite` sees every record that is written to a topic which nothing in the topology reads, in the order of writing; changelogs
   * included, unless `isWanted` says that nobody wants to know of the topic.
   */
  constructor(
    topology: Topology,
    processors: ProcessorRegistry,
    onWrite: (record: WrittenRecord) => void,
    isWanted: (topic: string) => boolean = () => true,
  ) {
    this.#topology = topology;
    this.#onWrite = onWrite;
    const internalTopics = new Set(
      topology.subTopologies.flatMap((part) =>
        part.sources.filter((source) => source.internal).map((source) => source.topic),
      ),
    );
    this.#collector = new RunCollector(
      (topic) => internalTopics.has(topic),
      // What a commit says of its tasks is for a restart, and there is none.
      (topic) => topic !== topology.commitsTopic && isWanted(topic),
    );
    this.#globalTables = new GlobalTables(topology.globalTables);
    this.#globalTopics = new Set(topology.globalTables.map(({ source }) => source.topic));
    this.#tasks = topology.subTopologies.flatMap((subTopology) =>
      Array.from({ length: subTopology.partitions }, (_, partition) => {
        const stores = new MemoryTaskStores();
        return new Task({
          topology,
          subTopology,
          partition,
          epoch: 0,
          processors,
          collector: this.#collector,
          tables: new Map(subTopology.stores.map((name) => [name, stores.table(name)])),
          committed: null,
          globalTables: this.#globalTables,
          wallClock: () => this.#wallClockMs ?? this.#greatestTimestamp,
        });
      }),
    );
    this.#external = this.#tasks.flatMap((task) =>
      task.queues.filter(({ source }) => !source.internal).map((queue) => ({ queue, task })),
    );
    this.#internal = this.#tasks.flatMap((task) => {
      const queues = task.queues.filter(({ source }) => source.internal);
      return queues.length === 0 ? [] : [{ task, queues }];
    });
    for (const task of this.#tasks) {
      for (const queue of task.queues) {
        const at = `${queue.source.topic}/${task.partition}`;
        this.#queues.set(at, [...(this.#queues.get(at) ?? []), queue]);
      }
    }
  }

  /**
   * Puts records at the end of a partition. Nothing is processed until {@link RecordedRun.drain}, but for records of global tables, which
   * are there from then on.
   */
  pipe(topic: string, partition: number, records: readonly ProducedRecord[]): void {
    if (records.length === 0) return;
    this.#deliver(topic, partition, encodeBatch(records));
  }

  /** Processes everything that waits, and commits. */
  drain(): void {
    while (this.steps(recordsInCommit)) {
      // Each time so many external records, all that they cause, and a commit.
    }
  }

  /** Processes up to `limit` external records and all that they cause, and commits; false when no more wait. */
  steps(limit: number): boolean {
    let more = true;
    for (let done = 0; done < limit && more; done++) {
      more = this.#step();
      if (this.#collector.writtenCount > writtenMax) this.#takeWritten();
    }
    this.commit();
    return more;
  }

  /** Processes one external record and all that it causes, without a commit; false when none waits. */
  step(): boolean {
    const stepped = this.#step();
    this.#takeWritten();
    return stepped;
  }

  /** Commits every task, and what that gives: caches are flushed, and what they hold goes on. */
  commit(): void {
    for (let isDirty = true; isDirty; ) {
      isDirty = false;
      for (const task of this.#tasks) {
        if (!task.isDirty) continue;
        isDirty = true;
        task.beginCommit();
        task.endCommit();
      }
      this.#drainInternal();
    }
    this.#takeWritten();
  }

  /** Moves the wall clock, epoch milliseconds; from the first call on it stands still between two calls. */
  advanceWallClock(nowMs: number): void {
    this.#wallClockMs = nowMs;
    for (const task of this.#tasks) {
      task.advanceWallClock(nowMs);
      this.#drainInternal();
    }
    this.#takeWritten();
  }

  /** Moves the stream time of every task to the end of time, as if a record with no content had come after all others, and commits. */
  close(): void {
    // What closes in a task reaches those that read from it before their own time ends.
    for (const task of this.#inOrderOfFlow()) {
      task.closeTime();
      this.#drainInternal();
    }
    this.commit();
  }

  /** Counters of each node. */
  counters(): ReadonlyMap<string, Counters> {
    const byId = new Map<string, Counters>();
    for (const counted of [...this.#tasks, this.#globalTables]) {
      for (const [id, values] of counted.counters()) {
        byId.set(id, addCounters(byId.get(id) ?? emptyCounters, countersFromArray(values)));
      }
    }
    return nodeCounters(this.#topology, byId);
  }

  /** Every failure so far that a task still remembers, in order. */
  failures(): readonly RecordFailure[] {
    for (const task of this.#tasks) this.#failures.push(...task.takeFailures());
    return this.#failures;
  }

  /** All rows of a store, over its tasks: newest window first, then by key. */
  rows(store: StoreSpec): readonly StoreRow[] {
    this.commit();
    const rows: StoreRow[] = [];
    for (const task of this.#tasks) {
      const layered = task.stores.get(store.name);
      if (layered === undefined) continue;
      let after: StoreRow['cursor'] | null = null;
      for (let more = true; more; ) {
        const query = {
          store: store.name,
          select: { by: 'all' as const },
          fromMs: null,
          toMs: null,
          after,
          limit: 500,
        };
        const answer = answerStoreQuery(layered, query, task.id, 0, null);
        rows.push(...answer.rows);
        more = answer.more;
        after = answer.rows.at(-1)?.cursor ?? null;
      }
    }
    return rows.sort(
      (a, b) =>
        b.cursor.segment - a.cursor.segment || (a.cursor.key < b.cursor.key ? -1 : a.cursor.key > b.cursor.key ? 1 : 0),
    );
  }

  #step(): boolean {
    const next = this.#nextExternal();
    if (next === null) return false;
    const timestamp = next.queue.headTimestamp;
    if (timestamp > this.#greatestTimestamp) this.#greatestTimestamp = timestamp;
    next.task.step();
    this.#drainInternal();
    if (this.#wallClockMs === null) {
      for (const task of this.#tasks) task.advanceWallClock(this.#greatestTimestamp);
      this.#drainInternal();
    }
    this.#failures.push(...next.task.takeFailures());
    return true;
  }

  #nextExternal(): ExternalQueue | null {
    let least: ExternalQueue | null = null;
    for (const candidate of this.#external) {
      if (candidate.queue.isEmpty) continue;
      if (least === null || isBefore(candidate.queue, least.queue)) least = candidate;
    }
    return least;
  }

  /** Processes what waits in internal topics, and all that it causes. */
  #drainInternal(): void {
    for (let more = this.#collector.hasInternal; more; ) {
      for (const { topic, partition, batch } of this.#collector.takeInternal()) this.#deliver(topic, partition, batch);
      more = this.#stepInternal();
    }
  }

  #stepInternal(): boolean {
    for (const { task, queues } of this.#internal) {
      for (const queue of queues) {
        if (queue.isEmpty) continue;
        assert(task.step('internal'), 'a task with a waiting record took none');
        return true;
      }
    }
    return false;
  }

  /** Tasks that write an internal topic before those that read it. */
  #inOrderOfFlow(): readonly Task[] {
    const waiting = [...this.#topology.subTopologies];
    const ordered: Task[] = [];
    while (waiting.length > 0) {
      const writtenLater = new Set(waiting.flatMap(({ sinks }) => sinks.map(({ topic }) => topic)));
      const isFree = (part: (typeof waiting)[number]): boolean =>
        part.sources.every(({ topic, internal }) => !internal || !writtenLater.has(topic));
      // Where two parts feed each other, the first goes first.
      const [part] = waiting.splice(Math.max(0, waiting.findIndex(isFree)), 1);
      ordered.push(...this.#tasks.filter(({ subTopology }) => subTopology === part));
    }
    return ordered;
  }

  #takeWritten(): void {
    this.#collector.takeWritten(this.#onWrite);
  }

  #deliver(topic: string, partition: number, batch: EncodedBatch): void {
    const at = `${topic}/${partition}`;
    const base = this.#ends.get(at) ?? 0;
    const end = base + batch.count;
    this.#ends.set(at, end);
    const result = (): ReadResult =>
      decidedRead({ topic, partition }, [new RecordBatch(batch.bytes, base)], { startOffset: 0, endOffset: end });
    for (const queue of this.#queues.get(at) ?? []) queue.accept(result());
    if (this.#globalTopics.has(topic)) this.#failures.push(...this.#globalTables.accept([result()]));
  }
}

function isBefore(left: RecordQueue, right: RecordQueue): boolean {
  if (left.headTimestamp !== right.headTimestamp) return left.headTimestamp < right.headTimestamp;
  if (left.source.topic !== right.source.topic) return left.source.topic < right.source.topic;
  return left.partition < right.partition;
}
