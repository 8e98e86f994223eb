import type { Append, ReadRequest, ReadResult, TopicPartition } from '@millrace/engine';
import { assert, assertReachable, decidedRead, MalformedBatchError, RecordBatch } from '@millrace/engine';
import type { LogEnvironment } from './environment.ts';
import type { PartitionRow, PreparedBatch, Row, StoredBatch } from './rows.ts';
import { batchKey, batchKeyEnd, corrupt, lastOffsetOf, openBatch, prepareBatch, sealBatch, sizeOf } from './rows.ts';
import type { TopicTable } from './topic-table.ts';

export interface PreparedAppend extends TopicPartition {
  readonly count: number;
  readonly bytes: number;
  readonly batch: PreparedBatch;
}

/** A row of the batch table as it lies there. */
export interface BatchRow extends StoredBatch {
  readonly key: Row;
  readonly row: Row;
  readonly lastOffset: number;
}

/** Everything that can be done before the writer's turn. */
export function prepareAppends(appends: readonly Append[], nowMs: number): PreparedAppend[] {
  return appends.map(({ topic, partition, batch: { bytes, count } }) => {
    const batch = new RecordBatch(bytes, 0);
    assert(batch.count === count, `a batch of ${batch.count} records says ${count}`);
    assert(batch.nextOffset === count, 'a batch with gaps between its offsets is appended');
    return { topic, partition, count, bytes: bytes.byteLength, batch: prepareBatch(bytes, nowMs) };
  });
}

/** Batches of partitions. All methods must run inside {@link LogEnvironment.read} or {@link LogEnvironment.write}. */
export class PartitionStore {
  readonly #environment: LogEnvironment;
  readonly #topics: TopicTable;

  constructor(environment: LogEnvironment, topics: TopicTable) {
    this.#environment = environment;
    this.#topics = topics;
  }

  read(request: ReadRequest, maxBytes: number): ReadResult {
    const { partition, offset } = request;
    const id = this.#topics.locate(request);
    const { startOffset, endOffset } = this.#topics.partition(id, partition);
    assertReachable(request, offset, endOffset);
    const batches: RecordBatch[] = [];
    let bytes = 0;
    const first = Math.max(offset, startOffset);
    for (const found of first < endOffset ? this.rows(id, request, first) : []) {
      batches.push(decoded(found, request));
      bytes += found.bytes.byteLength;
      if (bytes >= maxBytes) break;
    }
    return decidedRead(request, batches, { startOffset, endOffset });
  }

  /** Batches that end at or after `fromOffset`, ascending. @throws LogError `corrupt`. */
  *rows(topicId: number, at: TopicPartition, fromOffset: number): Generator<BatchRow> {
    const start = batchKey(topicId, at.partition, fromOffset);
    const range = this.#environment.batches.getRange({ start, end: batchKeyEnd(topicId, at.partition) });
    for (const { key: keyBytes, value: row } of range) {
      const key = Buffer.from(keyBytes.buffer as ArrayBuffer, keyBytes.byteOffset, keyBytes.byteLength);
      const lastOffset = lastOffsetOf(key);
      const batch = openBatch(key, row);
      if (batch === null) throw corrupt(placeOf(at, lastOffset));
      yield { ...batch, key, row, lastOffset };
    }
  }

  /** In a write. Finds all partitions before the first put, as a write must. Gives the base offsets. */
  append(appends: readonly PreparedAppend[]): number[] {
    const partitions = new Map<string, { id: number; partition: number; row: PartitionRow }>();
    const places = appends.map(({ topic, partition, count, bytes }) => {
      const id = this.#topics.locate({ topic, partition });
      const name = `${id}/${partition}`;
      const row = partitions.get(name)?.row ?? this.#topics.partition(id, partition);
      const endOffset = row.endOffset + count;
      partitions.set(name, {
        id,
        partition,
        row: { ...row, endOffset, sizeBytes: row.sizeBytes + (count > 0 ? bytes : 0) },
      });
      return { id, baseOffset: row.endOffset };
    });
    appends.forEach(({ partition, count, batch }, index) => {
      const { id, baseOffset } = places[index] as { id: number; baseOffset: number };
      if (count === 0) return;
      const key = batchKey(id, partition, baseOffset + count - 1);
      sealBatch(batch, key, baseOffset);
      void this.#environment.batches.put(key, batch.row);
    });
    for (const { id, partition, row } of partitions.values()) this.#topics.putPartition(id, partition, row);
    return places.map(({ baseOffset }) => baseOffset);
  }

  /**
   * In a write. Moves the partition's start, which is what removes records; sweeps away up to `maxBatches` batches before it. Gives how
   * many were swept: with `maxBatches` of them there may be more.
   */
  removeBefore(topicId: number, partition: number, offset: number, maxBatches: number): number {
    const row = this.#topics.partition(topicId, partition);
    const startOffset = Math.max(row.startOffset, offset);
    const swept: { key: Uint8Array; bytes: number }[] = [];
    const range = this.#environment.batches.getRange({
      start: batchKey(topicId, partition, 0),
      end: batchKey(topicId, partition, startOffset),
      limit: maxBatches,
    });
    for (const { key, value } of range) swept.push({ key, bytes: sizeOf(value) });
    if (swept.length === 0 && startOffset === row.startOffset) return 0;
    for (const { key } of swept) void this.#environment.batches.remove(key);
    const sizeBytes = swept.reduce((left, { bytes }) => left - bytes, row.sizeBytes);
    this.#topics.putPartition(topicId, partition, { ...row, startOffset, sizeBytes });
    return swept.length;
  }

  /** In a write. Puts `replacement` in the place of batches that are still as they were read; false when they are not. */
  replace(
    topicId: number,
    partition: number,
    old: readonly BatchRow[],
    replacement: PreparedReplacement | null,
  ): boolean {
    const { batches } = this.#environment;
    if (!old.every(({ key, row }) => (batches.getBinary(key) as Row | undefined)?.equals(row))) return false;
    const row = this.#topics.partition(topicId, partition);
    for (const { key } of old) void batches.remove(key);
    if (replacement !== null) void batches.put(replacement.key, replacement.row);
    const removed = old.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    const added = replacement === null ? 0 : sizeOf(replacement.row);
    this.#topics.putPartition(topicId, partition, { ...row, sizeBytes: row.sizeBytes - removed + added });
    return true;
  }
}

export interface PreparedReplacement {
  readonly key: Row;
  readonly row: Row;
}

export function decoded(found: BatchRow, at: TopicPartition): RecordBatch {
  try {
    return new RecordBatch(found.bytes, found.baseOffset);
  } catch (error) {
    if (error instanceof MalformedBatchError) throw corrupt(placeOf(at, found.lastOffset));
    throw error;
  }
}

function placeOf(at: TopicPartition, lastOffset: number): string {
  return `the batch of topic ${at.topic}, partition ${at.partition}, that ends at offset ${lastOffset}`;
}
