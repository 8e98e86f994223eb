import { assert } from '../assert.ts';
import type { Append } from '../log/log.ts';
import { RecordBatch } from '../log/record-batch.ts';
import { encodeBatch, type ProducedRecord, producedRecord } from '../log/record-batch-builder.ts';
import { addCounters, type Counters, emptyCounters } from '../metrics/fates.ts';
import { nodeCounters } from '../metrics/node-counters.ts';
import { countersFromArray } from '../metrics/processor-counters.ts';
import type { RecordFailure } from '../metrics/record-failure.ts';
import type { ProcessorRegistry } from '../runtime/processor.ts';
import { RecordCollector } from '../runtime/record-collector.ts';
import type { RecordQueue } from '../runtime/record-queue.ts';
import { Task } from '../runtime/task.ts';
import { answerStoreQuery } from '../state/answer-query.ts';
import { MemoryTaskStores } from '../state/memory-stores.ts';
import type { StoreRow } from '../state/store-query.ts';
import type { StoreSpec, Topology } from '../topology/topology.ts';

/** A record that the run wrote, where it wrote it. */
export interface WrittenRecord extends ProducedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * Runs a topology over recorded records, synchronously and deterministically, with the tasks and processors that run in a worker.
 *
 * The order is stricter than a worker's: of all records that wait at external sources the one with the lowest timestamp goes next (ties by
 * topic, then partition), then everything that it caused in internal topics, by sub-topology and partition, before the next. The same
 * input gives the same output, bytes included.
 */
export class RecordedRun {
  readonly #topology: Topology;
  readonly #tasks: readonly Task[];
  readonly #collector = new RecordCollector();
  readonly #internalTopics: ReadonlySet<string>;
  readonly #ends = new Map<string, number>();
  readonly #queues = new Map<string, RecordQueue[]>();
  readonly #onWrite: (record: WrittenRecord) => void;
  readonly #failures: RecordFailure[] = [];

  /** `onWrite` sees every record that is written to a topic which nothing in the topology reads, changelogs included, in order. */
  constructor(topology: Topology, processors: ProcessorRegistry, onWrite: (record: WrittenRecord) => void) {
    this.#topology = topology;
    this.#onWrite = onWrite;
    this.#internalTopics = new Set(
      topology.subTopologies.flatMap((part) =>
        part.sources.filter((source) => source.internal).map((source) => source.topic),
      ),
    );
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
        });
      }),
    );
    for (const task of this.#tasks) {
      for (const queue of task.queues) {
        const at = `${queue.source.topic}/${task.partition}`;
        this.#queues.set(at, [...(this.#queues.get(at) ?? []), queue]);
      }
    }
  }

  /** Puts records at the end of a partition. Nothing is processed until {@link RecordedRun.drain}. */
  pipe(topic: string, partition: number, records: readonly ProducedRecord[]): void {
    if (records.length === 0) return;
    this.#deliver({ topic, partition, batch: encodeBatch(records) });
  }

  /** Processes everything that waits. */
  drain(): void {
    while (this.step()) {
      // Each step is one external record and all that it causes.
    }
  }

  /** Processes one external record and all that it causes; false when none waits. */
  step(): boolean {
    const task = this.#nextExternal();
    if (task === null) return false;
    task.step();
    this.#dispatch();
    while (this.#stepInternal()) this.#dispatch();
    this.#failures.push(...task.takeFailures());
    return true;
  }

  /** Moves the stream time of every task to the end of time, as if a record with no content had come after all others. */
  close(): void {
    for (const task of this.#tasks) task.closeTime();
    this.#dispatch();
    while (this.#stepInternal()) this.#dispatch();
  }

  /** Counters of each node. */
  counters(): ReadonlyMap<string, Counters> {
    const byId = new Map<string, Counters>();
    for (const task of this.#tasks) {
      for (const [id, values] of task.counters()) {
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
    this.#commitAll();
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

  #commitAll(): void {
    for (const task of this.#tasks) {
      for (const store of task.stores.values()) {
        store.beginCommit();
        store.endCommit();
      }
    }
  }

  #nextExternal(): Task | null {
    let chosen: Task | null = null;
    let least: RecordQueue | null = null;
    for (const task of this.#tasks) {
      for (const queue of task.queues) {
        if (queue.isEmpty || queue.source.internal) continue;
        if (least === null || isBefore(queue, least)) {
          chosen = task;
          least = queue;
        }
      }
    }
    return chosen;
  }

  #stepInternal(): boolean {
    for (const task of this.#tasks) {
      if (task.queues.some((queue) => queue.source.internal && !queue.isEmpty)) {
        assert(task.step(), 'a task with a waiting record took none');
        return true;
      }
    }
    return false;
  }

  #dispatch(): void {
    if (this.#collector.isEmpty) return;
    for (const append of this.#collector.drain()) {
      if (this.#internalTopics.has(append.topic)) this.#deliver(append);
      else this.#write(append);
    }
  }

  #deliver(append: Append): void {
    const at = `${append.topic}/${append.partition}`;
    const base = this.#ends.get(at) ?? 0;
    const end = base + append.batch.count;
    this.#ends.set(at, end);
    for (const queue of this.#queues.get(at) ?? []) {
      const batches = [new RecordBatch(append.batch.bytes, base)];
      queue.accept({ topic: append.topic, partition: append.partition, batches, endOffset: end, startOffset: 0 });
    }
  }

  #write(append: Append): void {
    const at = `${append.topic}/${append.partition}`;
    const base = this.#ends.get(at) ?? 0;
    this.#ends.set(at, base + append.batch.count);
    const batch = new RecordBatch(append.batch.bytes, base);
    for (let index = 0; index < batch.count; index++) {
      this.#onWrite({
        ...producedRecord(batch, index),
        topic: append.topic,
        partition: append.partition,
        offset: batch.offset(index),
      });
    }
  }
}

function isBefore(left: RecordQueue, right: RecordQueue): boolean {
  if (left.headTimestamp !== right.headTimestamp) return left.headTimestamp < right.headTimestamp;
  if (left.source.topic !== right.source.topic) return left.source.topic < right.source.topic;
  return left.partition < right.partition;
}
