import { assert } from '../assert.ts';
import type { ByteString } from './byte-string.ts';
import { GrowingBytes } from './growing-bytes.ts';
import { type Header, HeaderWriter, noHeaders } from './header.ts';
import { batchFormat, type RecordBatch } from './record-batch.ts';

/** A record as a producer hands it over, before it has an offset. `timestamp` is epoch milliseconds. */
export interface ProducedRecord {
  readonly key: ByteString | null;
  readonly value: Uint8Array | string | null;
  readonly timestamp: number;
  readonly headers?: readonly Header[] | undefined;
}

/** Records in the stored form, not yet given offsets. */
export interface EncodedBatch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;
}

const firstCapacity = 32;

/** What a builder keeps of its memory from batch to batch in any case; more, as long as it needs a good part of it. */
const keptBytes = 1024 * 1024;

/**
 * Collects records and encodes them, batch after batch. Everything is written as bytes and numbers as it comes, so that a batch that grows
 * for a whole commit holds no strings, which the garbage collector would move about.
 */
export class RecordBatchBuilder {
  #count = 0;
  #timestamps = new Float64Array(firstCapacity);
  /** -1 is null; the same for values. */
  #keyLengths = new Int32Array(firstCapacity);
  #valueLengths = new Int32Array(firstCapacity);
  readonly #keys = new GrowingBytes();
  readonly #values = new GrowingBytes();
  #headers: HeaderWriter | null = null;
  #offsetDeltas: number[] | null = null;
  /** Memory of an earlier batch, for the next one. */
  #spare: Uint8Array<ArrayBuffer> | null = null;

  get count(): number {
    return this.#count;
  }

  /** `value`: bytes as they are, or text that becomes UTF-8, or null for a tombstone. */
  append(
    key: ByteString | null,
    value: Uint8Array | string | null,
    timestamp: number,
    headers: readonly Header[] = noHeaders,
  ): void {
    this.open(timestamp, headers);
    if (key !== null) this.putKey(key);
    if (typeof value === 'string') this.putText(value);
    else if (value !== null) this.putBytes(value, 0, value.byteLength);
  }

  /** Begins a record, whose key and value are null until something is put. */
  open(timestamp: number, headers: readonly Header[]): void {
    const index = this.#count++;
    if (index === this.#timestamps.length) this.#grow();
    if (headers.length > 0) this.#headers ??= new HeaderWriter(index);
    this.#headers?.append(headers);
    this.#timestamps[index] = timestamp;
    this.#keyLengths[index] = -1;
    this.#valueLengths[index] = -1;
  }

  /** Puts a key, or another part of one: joining parts first would copy them once more. */
  putKey(part: ByteString): void {
    const index = this.#count - 1;
    this.#keyLengths[index] = Math.max(0, this.#keyLengths[index] as number) + this.#keys.putByteString(part);
  }

  /** The same for a part that lies in `bytes[start, end)`. */
  putKeyBytes(bytes: Uint8Array, start: number, end: number): void {
    const index = this.#count - 1;
    this.#keyLengths[index] = Math.max(0, this.#keyLengths[index] as number) + this.#keys.putBytes(bytes, start, end);
  }

  /** The same for the first bytes of a view that the caller keeps, to put them again and again. */
  putKeyView(part: DataView, length = part.byteLength): void {
    const index = this.#count - 1;
    this.#keyLengths[index] = Math.max(0, this.#keyLengths[index] as number) + this.#keys.putView(part, length);
  }

  /** Puts a value, or another part of one, as UTF-8. */
  putText(part: string): void {
    this.#addToValue(this.#values.putText(part));
  }

  /** The same for a part that lies in `bytes[start, end)`. */
  putBytes(bytes: Uint8Array, start: number, end: number): void {
    this.#addToValue(this.#values.putBytes(bytes, start, end));
  }

  /** The same for the first bytes of a view that the caller keeps, to put them again and again. */
  putView(part: DataView, length: number): void {
    this.#addToValue(this.#values.putView(part, length));
  }

  /** The same for a finite number, as JSON has it. */
  putNumber(value: number): void {
    this.#addToValue(this.#values.putNumber(value));
  }

  /** The same for a text as a JSON string. */
  putString(text: string): void {
    this.#addToValue(this.#values.putString(text));
  }

  /** How many bytes the last record's key, value and headers take. */
  get lastRecordBytes(): number {
    const index = this.#count - 1;
    const keyLength = this.#keyLengths[index] as number;
    const valueLength = this.#valueLengths[index] as number;
    return Math.max(0, keyLength) + Math.max(0, valueLength) + (this.#headers?.lastBytes ?? 0);
  }

  /** Takes the last record back, as if it had never been begun. */
  takeBackLast(): void {
    const index = this.#count - 1;
    this.#keys.takeBack(Math.max(0, this.#keyLengths[index] as number));
    this.#values.takeBack(Math.max(0, this.#valueLengths[index] as number));
    this.#headers?.takeBackLast();
    this.#count = index;
  }

  /** For compaction: appends a record that keeps its distance from the batch's base offset. All records of a batch, or none, are given one. */
  appendAt(offsetDelta: number, record: ProducedRecord): void {
    this.#offsetDeltas ??= [];
    assert(this.#offsetDeltas.length === this.#count, 'a batch mixes append and appendAt');
    this.#offsetDeltas.push(offsetDelta);
    this.append(record.key, record.value, record.timestamp, record.headers);
  }

  /** The batch of all records since the last one. */
  finish(): EncodedBatch {
    const count = this.#count;
    const headers = this.#headers?.finish() ?? null;
    const structureBytes = batchFormat.fixedBytes + count * (16 + (this.#offsetDeltas === null ? 0 : 4));
    const keysEnd = structureBytes + this.#keys.length;
    const valuesEnd = keysEnd + this.#values.length;
    const bytes = this.#memory(valuesEnd + (headers?.byteLength ?? 0));
    const view = new DataView(bytes.buffer);
    bytes[0] = batchFormat.version;
    bytes[1] =
      (this.#offsetDeltas === null ? 0 : batchFormat.flagSparse) | (headers === null ? 0 : batchFormat.flagHeaders);
    view.setUint32(4, count, true);
    view.setUint32(8, this.#keys.length, true);
    view.setUint32(12, this.#values.length, true);
    view.setUint32(16, headers?.byteLength ?? 0, true);
    let at: number = batchFormat.fixedBytes;
    for (const delta of this.#offsetDeltas ?? []) {
      view.setUint32(at, delta, true);
      at += 4;
    }
    view.setFloat64(batchFormat.greatestTimestampAt, this.#writeColumns(view, at), true);
    bytes.set(this.#keys.view(), structureBytes);
    bytes.set(this.#values.view(), keysEnd);
    if (headers !== null) bytes.set(headers, valuesEnd);
    this.#clear();
    return { bytes, count };
  }

  /**
   * Nobody needs the bytes of an earlier batch of this builder any more: the next one may lie there. Commit after commit these are megabytes
   * of which each would be used once, and garbage collection costs more than filling them.
   */
  reuse({ bytes }: EncodedBatch): void {
    this.#spare = new Uint8Array(bytes.buffer);
  }

  #memory(length: number): Uint8Array<ArrayBuffer> {
    const spare = this.#spare;
    this.#spare = null;
    if (spare === null) return new Uint8Array(length);
    const isTooMuch = spare.byteLength > keptBytes && length < spare.byteLength / 4;
    if (length > spare.byteLength || isTooMuch) return new Uint8Array(length + (length >> 2)).subarray(0, length);
    return spare.fill(0, 0, batchFormat.fixedBytes).subarray(0, length);
  }

  /**
   * Writes timestamps and lengths from `at` on; gives the greatest timestamp. A loop alone in its function is compiled once: with code after
   * it, V8 compiles it while it runs, and throws that away at its end, batch after batch.
   */
  #writeColumns(view: DataView, at: number): number {
    const count = this.#count;
    const timestamps = this.#timestamps;
    const keyLengths = this.#keyLengths;
    const valueLengths = this.#valueLengths;
    let greatest = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < count; index++) {
      const timestamp = timestamps[index] as number;
      if (timestamp > greatest) greatest = timestamp;
      view.setFloat64(at + index * 8, timestamp, true);
      view.setInt32(at + count * 8 + index * 4, keyLengths[index] as number, true);
      view.setInt32(at + count * 12 + index * 4, valueLengths[index] as number, true);
    }
    return greatest;
  }

  #clear(): void {
    const isTooMuch = this.#timestamps.length > keptBytes / 16 && this.#count < this.#timestamps.length / 4;
    this.#count = 0;
    this.#keys.clear(keptBytes);
    this.#values.clear(keptBytes);
    this.#headers = null;
    this.#offsetDeltas = null;
    if (!isTooMuch) return;
    this.#timestamps = new Float64Array(firstCapacity);
    this.#keyLengths = new Int32Array(firstCapacity);
    this.#valueLengths = new Int32Array(firstCapacity);
  }

  #addToValue(length: number): void {
    const index = this.#count - 1;
    this.#valueLengths[index] = Math.max(0, this.#valueLengths[index] as number) + length;
  }

  #grow(): void {
    const capacity = this.#timestamps.length * 2;
    const timestamps = new Float64Array(capacity);
    timestamps.set(this.#timestamps);
    this.#timestamps = timestamps;
    const keyLengths = new Int32Array(capacity);
    keyLengths.set(this.#keyLengths);
    this.#keyLengths = keyLengths;
    const valueLengths = new Int32Array(capacity);
    valueLengths.set(this.#valueLengths);
    this.#valueLengths = valueLengths;
  }
}

/** Encodes records in one call; for producers that have them all. */
export function encodeBatch(records: Iterable<ProducedRecord>): EncodedBatch {
  const builder = new RecordBatchBuilder();
  for (const record of records) builder.append(record.key, record.value, record.timestamp, record.headers);
  return builder.finish();
}

/** Record `index` of a batch as a producer would hand it over again. The key's and value's bytes are copies. */
export function producedRecord(batch: RecordBatch, index: number): ProducedRecord {
  return {
    key: batch.keyByteString(index),
    value: batch.value(index)?.slice() ?? null,
    timestamp: batch.timestamps[index] ?? 0,
    headers: batch.headers(index),
  };
}
