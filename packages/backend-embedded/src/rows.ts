import { crc32 } from 'node:zlib';
import { LogError } from '@millrace/engine';

/**
 * Keys and values of the log's environment. Every value begins with a CRC-32 of its content and its key, because LMDB has no checksums
 * of its own: a page that went bad, or that lies under the wrong key, is reported and never served. Numbers in keys are big-endian, so
 * that byte order is number order; numbers in values are little-endian.
 *
 *     partition key   topic id u32 | partition u32
 *     batch key       topic id u32 | partition u32 | offset of its last record u64
 *     batch value     CRC u32 | reserved u32 | appended at f64 (epoch milliseconds) | base offset f64 | record batch
 *     other values    CRC u32 | content
 */
export const batchHeaderBytes = 24;
const crcBytes = 4;

export type Row = Buffer<ArrayBuffer>;

export function partitionKey(topicId: number, partition: number): Row {
  const key = Buffer.alloc(8);
  key.writeUInt32BE(topicId, 0);
  key.writeUInt32BE(partition, 4);
  return key;
}

export function batchKey(topicId: number, partition: number, lastOffset: number): Row {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(topicId, 0);
  key.writeUInt32BE(partition, 4);
  key.writeUInt32BE(Math.floor(lastOffset / 0x1_0000_0000), 8);
  key.writeUInt32BE(lastOffset % 0x1_0000_0000, 12);
  return key;
}

/** A key behind every batch of the partition; offsets are at most 2^53. */
export function batchKeyEnd(topicId: number, partition: number): Row {
  return batchKey(topicId, partition, 2 ** 53 + 2 ** 32);
}

export function lastOffsetOf(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return view.getUint32(8) * 0x1_0000_0000 + view.getUint32(12);
}

/** A batch on its way into the log: copied and summed before the writer's turn begins, so that only the base offset is missing. */
export interface PreparedBatch {
  readonly row: Row;
  readonly payloadCrc: number;
}

export function prepareBatch(bytes: Uint8Array, appendedAtMs: number): PreparedBatch {
  const row = Buffer.allocUnsafeSlow(batchHeaderBytes + bytes.byteLength);
  row.fill(0, 0, batchHeaderBytes);
  row.writeDoubleLE(appendedAtMs, 8);
  row.set(bytes, batchHeaderBytes);
  return { row, payloadCrc: crc32(bytes) };
}

/** Completes the row for its place; afterwards it may be put. */
export function sealBatch({ row, payloadCrc }: PreparedBatch, key: Row, baseOffset: number): void {
  row.writeDoubleLE(baseOffset, 16);
  row.writeUInt32LE(crc32(key, crc32(row.subarray(crcBytes, batchHeaderBytes), payloadCrc)), 0);
}

/** What a stored batch counts for in sizes: its encoded form alone, so that sizes are the same in every backend. */
export function sizeOf(row: Row): number {
  return row.byteLength - batchHeaderBytes;
}

export interface StoredBatch {
  readonly appendedAtMs: number;
  readonly baseOffset: number;
  /** A view of the row. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The batch in the row; null when the row is damaged. */
export function openBatch(key: Uint8Array, row: Row): StoredBatch | null {
  if (row.byteLength < batchHeaderBytes) return null;
  const bytes = new Uint8Array(row.buffer, row.byteOffset + batchHeaderBytes, row.byteLength - batchHeaderBytes);
  if (crc32(key, crc32(row.subarray(crcBytes, batchHeaderBytes), crc32(bytes))) !== row.readUInt32LE(0)) return null;
  return { appendedAtMs: row.readDoubleLE(8), baseOffset: row.readDoubleLE(16), bytes };
}

function seal(key: Uint8Array, content: Uint8Array): Row {
  const row = Buffer.allocUnsafeSlow(crcBytes + content.byteLength);
  row.set(content, crcBytes);
  row.writeUInt32LE(crc32(key, crc32(content)), 0);
  return row;
}

function unseal(key: Uint8Array, row: Row, what: string): Row {
  const content = row.subarray(crcBytes);
  if (row.byteLength < crcBytes || crc32(key, crc32(content)) !== row.readUInt32LE(0)) throw corrupt(what);
  return content;
}

export function corrupt(what: string): LogError {
  return new LogError(
    'corrupt',
    `The log is damaged: the checksum of ${what} does not match. Check the disk, then restore the data directory from a backup or delete and fill the topic again.`,
  );
}

export function sealJson(key: Uint8Array, value: unknown): Row {
  return seal(key, Buffer.from(JSON.stringify(value)));
}

/** `what` names the row in the error when it is damaged. */
export function openJson(key: Uint8Array, row: Row, what: string): unknown {
  return JSON.parse(unseal(key, row, what).toString());
}

export interface PartitionRow {
  /** The first offset that readers may see; batches before it wait to be swept away. */
  readonly startOffset: number;
  readonly endOffset: number;
  /** Of all batches that are stored, in their encoded form. */
  readonly sizeBytes: number;
  /** Compaction has gone over everything before this offset … */
  readonly compactedOffset: number;
  /** … and left this much of it. */
  readonly compactedBytes: number;
}

export const emptyPartition: PartitionRow = {
  startOffset: 0,
  endOffset: 0,
  sizeBytes: 0,
  compactedOffset: 0,
  compactedBytes: 0,
};

export function sealPartition(key: Uint8Array, partition: PartitionRow): Row {
  const content = Buffer.alloc(40);
  content.writeDoubleLE(partition.startOffset, 0);
  content.writeDoubleLE(partition.endOffset, 8);
  content.writeDoubleLE(partition.sizeBytes, 16);
  content.writeDoubleLE(partition.compactedOffset, 24);
  content.writeDoubleLE(partition.compactedBytes, 32);
  return seal(key, content);
}

export function openPartition(key: Uint8Array, row: Row, what: string): PartitionRow {
  const content = unseal(key, row, what);
  return {
    startOffset: content.readDoubleLE(0),
    endOffset: content.readDoubleLE(8),
    sizeBytes: content.readDoubleLE(16),
    compactedOffset: content.readDoubleLE(24),
    compactedBytes: content.readDoubleLE(32),
  };
}
