import {
  type ByteString,
  producedRecord,
  type RecordBatch,
  RecordBatchBuilder,
  type TopicPartition,
} from '@millrace/engine';
import type { LogEnvironment } from './environment.ts';
import { type BatchRow, decoded, type PartitionStore, type PreparedReplacement } from './partition-store.ts';
import { batchKey, prepareBatch, sealBatch } from './rows.ts';
import type { Topic, TopicTable } from './topic-table.ts';

/** How many keys one pass may remember; with more new ones, the next pass goes on where this one ends. */
const maxKeys = 250_000;
/** How much is looked at, and becomes one batch, in one step. */
const stepBatches = 128;
const stepBytes = 512 * 1024;
/** How long a partition rests between two passes at the most. */
const maxRestMs = 5 * 60_000;
/** Offsets in a batch are 32-bit distances from its base. */
const maxSpan = 0xffff_ffff;

/**
 * One compaction of one partition, in two phases:
 *
 *     mapping    from the end of the last pass to the horizon: for each key, the offset of its last record there
 *     rewriting  from the start to the same place: every record that has a later one with its key goes
 *
 * The horizon is `historyMs` ago, or later where more than `historyBytes` lie behind it: a record goes only when the one that replaces it is
 * itself before the horizon, so the state of every moment of the history can still be told. A tombstone goes when it is twice that old, for by then this or an earlier pass has taken what it deletes.
 * The last batch of the partition stays as it is, so that a reader that has read everything has also reached the end.
 *
 * A pass rewrites everything before the horizon, so it waits until there is as much to map as the last pass left.
 *
 * Records that go are replaced in every state of the log from the mapping on, so each step is right by itself, and a pass that ends
 * halfway has only done less.
 */
export class CompactionPass {
  readonly #environment: LogEnvironment;
  readonly #topics: TopicTable;
  readonly #partitions: PartitionStore;
  readonly #topic: Topic;
  readonly #at: TopicPartition;
  readonly #historyMs: number;
  readonly #historyBytes: number;
  readonly #nowMs: number;
  readonly #lastOffsets = new Map<ByteString, number>();
  #phase: 'mapping' | 'rewriting' | 'done' = 'mapping';
  #next: number;
  /** Where the rewriting ends: nothing at or after this offset is touched. */
  #horizon = 0;
  /** What the last pass left, what this one has mapped, and what it leaves. */
  readonly #compactedBytes: number;
  #mappedBytes = 0;
  /** What lies between the mapping and the end. */
  #unmappedBytes: number;
  #keptBytes = 0;

  constructor(
    environment: LogEnvironment,
    topics: TopicTable,
    partitions: PartitionStore,
    topic: Topic,
    partition: number,
    { historyMs, historyBytes }: { readonly historyMs: number; readonly historyBytes: number | null },
    nowMs: number,
  ) {
    this.#environment = environment;
    this.#topics = topics;
    this.#partitions = partitions;
    this.#topic = topic;
    this.#at = { topic: topic.spec.name, partition };
    this.#historyMs = historyMs;
    this.#historyBytes = historyBytes ?? Number.POSITIVE_INFINITY;
    this.#nowMs = nowMs;
    const row = environment.read(() => topics.partition(topic.id, partition));
    this.#next = Math.max(row.compactedOffset, row.startOffset);
    this.#horizon = this.#next;
    this.#compactedBytes = row.compactedBytes;
    this.#unmappedBytes = row.sizeBytes - row.compactedBytes;
    if (row.sizeBytes - row.compactedBytes <= row.compactedBytes) this.#phase = 'done';
  }

  get done(): boolean {
    return this.#phase === 'done';
  }

  /** True when it is done and so long ago that another is due. */
  isOver(nowMs: number): boolean {
    return this.done && nowMs - this.#nowMs >= Math.min(this.#historyMs / 10, maxRestMs);
  }

  async step(): Promise<{ seen: number; replaced: number }> {
    if (this.#phase === 'mapping') return { seen: this.#map(), replaced: 0 };
    return this.#rewrite();
  }

  #map(): number {
    const { endOffset } = this.#environment.read(() => this.#topics.partition(this.#topic.id, this.#at.partition));
    let seen = 0;
    for (const found of this.#take()) {
      const isHistory = found.appendedAtMs + this.#historyMs > this.#nowMs && this.#unmappedBytes <= this.#historyBytes;
      if (isHistory || this.#lastOffsets.size >= maxKeys) {
        this.#phase = 'rewriting';
        break;
      }
      const batch = decoded(found, this.#at);
      for (let index = 0; index < batch.count; index++) {
        const key = ownKey(batch, index);
        if (key !== null) this.#lastOffsets.set(key, batch.offset(index));
      }
      // The last batch replaces others and stays itself.
      if (found.lastOffset + 1 >= endOffset) {
        this.#phase = 'rewriting';
        break;
      }
      this.#next = found.lastOffset + 1;
      this.#mappedBytes += found.bytes.byteLength;
      this.#unmappedBytes -= found.bytes.byteLength;
      seen++;
    }
    if (seen === 0) this.#phase = 'rewriting';
    if (this.#phase === 'rewriting') this.#beginRewriting();
    return seen;
  }

  #beginRewriting(): void {
    const row = this.#environment.read(() => this.#topics.partition(this.#topic.id, this.#at.partition));
    const isWorthIt = this.#mappedBytes > this.#compactedBytes || this.#lastOffsets.size >= maxKeys;
    if (this.#next <= this.#horizon || !isWorthIt) this.#phase = 'done';
    this.#horizon = this.#next;
    this.#next = row.startOffset;
  }

  async #rewrite(): Promise<{ seen: number; replaced: number }> {
    const rows = this.#take().filter(({ lastOffset }) => lastOffset < this.#horizon);
    const last = rows.at(-1);
    if (last === undefined) {
      await this.#finish();
      return { seen: 0, replaced: 0 };
    }
    const { replacement, keptRecords, records } = this.#merged(rows);
    const bytes = rows.reduce((sum, row) => sum + row.bytes.byteLength, 0);
    const isWorthIt = keptRecords < records || (rows.length > 1 && bytes < stepBytes / 2);
    if (isWorthIt) {
      const replaced = await this.#environment.write(() =>
        this.#partitions.replace(this.#topic.id, this.#at.partition, rows, replacement),
      );
      // Somebody else has cleaned here meanwhile; what this pass knows of the sizes is wrong now.
      if (!replaced) {
        this.#phase = 'done';
        return { seen: rows.length, replaced: 0 };
      }
    }
    this.#keptBytes += isWorthIt ? (replacement?.bytes ?? 0) : bytes;
    this.#next = last.lastOffset + 1;
    return { seen: rows.length, replaced: isWorthIt ? rows.length : 0 };
  }

  async #finish(): Promise<void> {
    const { id } = this.#topic;
    await this.#environment.write(() => {
      const row = this.#topics.partition(id, this.#at.partition);
      const compacted = { compactedOffset: this.#horizon, compactedBytes: this.#keptBytes };
      if (row.compactedOffset < this.#horizon)
        this.#topics.putPartition(id, this.#at.partition, { ...row, ...compacted });
    });
    this.#lastOffsets.clear();
    this.#phase = 'done';
  }

  /** The next batches of this step: one at least if there is one. */
  #take(): BatchRow[] {
    return this.#environment.read(() => {
      const rows: BatchRow[] = [];
      let bytes = 0;
      for (const row of this.#partitions.rows(this.#topic.id, this.#at, this.#next)) {
        if (row.lastOffset - (rows[0]?.baseOffset ?? row.baseOffset) > maxSpan) break;
        rows.push(row);
        bytes += row.bytes.byteLength;
        if (rows.length >= stepBatches || bytes >= stepBytes) break;
      }
      return rows;
    });
  }

  #merged(rows: readonly BatchRow[]): {
    replacement: (PreparedReplacement & { bytes: number }) | null;
    keptRecords: number;
    records: number;
  } {
    const builder = new RecordBatchBuilder();
    let records = 0;
    let baseOffset = 0;
    let lastOffset = 0;
    for (const row of rows) {
      const batch = decoded(row, this.#at);
      const isTombstoneOver = row.appendedAtMs + 2 * this.#historyMs <= this.#nowMs;
      for (let index = 0; index < batch.count; index++) {
        records++;
        const offset = batch.offset(index);
        const key = batch.keyByteString(index);
        if (key !== null && (this.#lastOffsets.get(key) ?? 0) > offset) continue;
        if (key !== null && isTombstoneOver && (batch.valueEnds[index] ?? -1) < 0) continue;
        if (builder.count === 0) baseOffset = offset;
        builder.appendAt(offset - baseOffset, producedRecord(batch, index));
        lastOffset = offset;
      }
    }
    if (builder.count === 0) return { replacement: null, keptRecords: 0, records };
    const { bytes, count } = builder.finish();
    const appendedAtMs = Math.max(...rows.map((row) => row.appendedAtMs));
    const prepared = prepareBatch(bytes, appendedAtMs);
    const key = batchKey(this.#topic.id, this.#at.partition, lastOffset);
    sealBatch(prepared, key, baseOffset);
    return { replacement: { key, row: prepared.row, bytes: bytes.byteLength }, keptRecords: count, records };
  }
}

/** A key that holds on to nothing else: a part of a batch's text would keep the whole text alive. */
function ownKey(batch: RecordBatch, index: number): ByteString | null {
  const key = batch.key(index);
  return key === null ? null : Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');
}
