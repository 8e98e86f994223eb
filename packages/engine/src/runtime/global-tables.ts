import { assert } from '../assert.ts';
import { JsonText } from '../json/json-text.ts';
import { JsonValue } from '../json/json-value.ts';
import type { ByteString } from '../log/byte-string.ts';
import { encodeKey } from '../log/key-format.ts';
import type { ReadRequest, ReadResult } from '../log/log.ts';
import { ProcessorCounters } from '../metrics/processor-counters.ts';
import type { RecordFailure } from '../metrics/record-failure.ts';
import type { Row, TableRows } from '../state/table-rows.ts';
import type { GlobalTableSpec } from '../topology/topology.ts';
import { PolicyFailure } from './record-error.ts';
import { RecordQueue } from './record-queue.ts';

/**
 * The global tables of a worker: of each its topic's latest rows, all partitions, shared by all tasks. They are read to their ends before
 * any task starts and applied between batches; they are part of no commit, and a change triggers nothing.
 */
export class GlobalTables {
  readonly #tables: readonly GlobalTable[];

  constructor(specs: readonly GlobalTableSpec[]) {
    this.#tables = specs.map((spec) => new GlobalTable(spec));
  }

  /** The rows of the table of this name (see {@link GlobalTableSpec}). */
  rows(name: string): TableRows {
    const table = this.#tables.find((candidate) => candidate.spec.name === name);
    assert(table !== undefined, `there is no global table ${name}`);
    return table;
  }

  /** What should be read next, of every partition. The answers go to {@link GlobalTables.accept} in the same order. */
  readRequests(): readonly ReadRequest[] {
    return this.#queues().map(({ queue }) => ({
      topic: queue.source.topic,
      partition: queue.partition,
      offset: queue.nextToFetch,
    }));
  }

  /**
   * Applies what was read. Gives the records that could not be; they are passed over, since a dead letter would need a commit.
   * @throws PolicyFailure when there is one and the table's node stops the pipeline on a failure.
   */
  accept(results: readonly ReadResult[]): readonly RecordFailure[] {
    return results.flatMap((result) =>
      this.#queues()
        .filter(({ queue }) => queue.source.topic === result.topic && queue.partition === result.partition)
        .flatMap(({ table, queue }) => table.apply(queue, result)),
    );
  }

  /** How far each partition has been read. */
  partitions(): readonly {
    readonly topic: string;
    readonly partition: number;
    readonly position: number;
    readonly endOffset: number;
  }[] {
    return this.#queues().map(({ queue: { source, partition, position, endOffset } }) => ({
      topic: source.topic,
      partition,
      position,
      endOffset: endOffset ?? position,
    }));
  }

  /** Whether everything that the log had when it was last asked has been applied. */
  get isCaughtUp(): boolean {
    return this.#queues().every(({ queue }) => queue.isCaughtUp);
  }

  counters(): readonly (readonly [id: string, values: number[]])[] {
    return this.#tables.map((table) => [table.spec.source.id, table.counters.toArray()] as const);
  }

  #queues(): readonly { readonly table: GlobalTable; readonly queue: RecordQueue }[] {
    return this.#tables.flatMap((table) => table.queues.map((queue) => ({ table, queue })));
  }
}

class GlobalTable implements TableRows {
  readonly spec: GlobalTableSpec;
  readonly queues: readonly RecordQueue[];
  readonly counters = new ProcessorCounters();
  readonly #rows = new Map<ByteString, Row>();

  constructor(spec: GlobalTableSpec) {
    this.spec = spec;
    this.queues = Array.from(
      { length: spec.source.partitions },
      (_, partition) => new RecordQueue(spec.source, partition, 0),
    );
  }

  get(key: ByteString): Row | undefined {
    return this.#rows.get(key);
  }

  apply(queue: RecordQueue, result: ReadResult): readonly RecordFailure[] {
    queue.accept(result);
    const failures: RecordFailure[] = [];
    for (; !queue.isEmpty; queue.next()) {
      this.counters.add('in');
      const record = queue.headRecord;
      if (record === null && queue.isHeadSkipped) {
        this.counters.countFate('filtered');
        this.counters.add('dropped');
      } else if (record === null) {
        this.counters.countFate('failed');
        failures.push(failureOf(queue));
      } else if (record.key === null) {
        this.counters.countFate('nullKey');
        this.counters.add('dropped');
      } else {
        this.counters.countFate('absorbed');
        const key = encodeKey(this.spec.source.keyFormat, record.key);
        if (record.value === null) this.#rows.delete(key);
        else this.#rows.set(key, { value: kept(record.value), timestamp: record.timestamp });
      }
    }
    return failures;
  }
}

function failureOf(queue: RecordQueue): RecordFailure {
  const { source, partition, headOffset, headError } = queue;
  const { batch, index } = queue.headBytes;
  if (source.errorPolicy === 'fail') {
    throw new PolicyFailure(
      source.node,
      `${source.node} stops the pipeline on a failure, and it failed on the record ${source.topic}-${partition} @ ${headOffset}: ${headError.message.replace(/\.?$/, '.')}`,
    );
  }
  return {
    node: source.node,
    port: 'in',
    code: headError.code,
    message: headError.message,
    path: [...headError.path],
    span: headError.span,
    topic: source.topic,
    partition,
    offset: headOffset,
    timestamp: batch.timestamps[index] ?? 0,
    record: null,
  };
}

/** A value that lies in its batch is copied, since the table outlives the batch. */
function kept(value: unknown): unknown {
  return value instanceof JsonValue ? new JsonText(value.text()) : value;
}
