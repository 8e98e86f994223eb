import { type EncodedBatch, RecordBatch } from '@millrace/engine';
import type { Compression } from '../../kafka-settings.ts';
import { batchAttributes, batchLayout, writeInt64 } from './batch-header.ts';
import { compress, compressionNumber } from './compression.ts';
import { copyBytes } from './copy-bytes.ts';
import { crc32c } from './crc32c.ts';

/** Records as they go to a broker; its producer and its sequence are filled in by {@link stampBatch}. */
export interface KafkaBatch {
  readonly bytes: Uint8Array;
  readonly count: number;
}

export interface EncodeOptions {
  readonly compression: Compression;
  /** Records go into another batch rather than make one larger than this, uncompressed. A record that is larger alone has one to itself. */
  readonly maxBatchBytes: number;
}

/** The numbers around a record take no more: length, attributes, timestamp, offset, two lengths, header count. */
const maxOverheadBytes = 36;

/**
 * Encodes batches of the engine, in order, as as few batches of Kafka's as the limit allows. One walk: keys and values are copied once.
 * Kafka knows whole milliseconds: fractions of a timestamp are cut off downwards.
 */
export function encodeKafkaBatches(sources: readonly EncodedBatch[], options: EncodeOptions): KafkaBatch[] {
  const builder = new KafkaBatchBuilder(options);
  for (const source of sources) {
    if (source.count > 0) builder.addAll(new RecordBatch(source.bytes, 0));
  }
  return builder.finish();
}

class KafkaBatchBuilder {
  readonly #options: EncodeOptions;
  readonly #done: KafkaBatch[] = [];
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);
  #at: number = batchLayout.records;
  #count = 0;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  constructor(options: EncodeOptions) {
    this.#options = options;
  }

  addAll(source: RecordBatch): void {
    const { count, timestamps, keyStarts, keyEnds, valueStarts, valueEnds, bytes: from, view: fromView } = source;
    const headers = HeaderWalk.of(source);
    this.#reserve(Math.min(source.bytes.byteLength + count * maxOverheadBytes, this.#options.maxBatchBytes));
    for (let index = 0; index < count; index++) {
      const keyEnd = keyEnds[index] as number;
      const valueEnd = valueEnds[index] as number;
      const keyStart = keyStarts[index] as number;
      const valueStart = valueStarts[index] as number;
      const keyLength = keyEnd < 0 ? -1 : keyEnd - keyStart;
      const valueLength = valueEnd < 0 ? -1 : valueEnd - valueStart;
      const headerBytes = headers === null ? 1 : headers.kafkaBytes();
      const bodyBytes = Math.max(0, keyLength) + Math.max(0, valueLength) + headerBytes;
      const most = bodyBytes + maxOverheadBytes;
      if (this.#count > 0 && this.#at + most > this.#options.maxBatchBytes) this.#close();
      this.#reserve(most);
      const timestamp = Math.floor(timestamps[index] as number);
      if (this.#count === 0) {
        this.#baseTimestamp = timestamp;
        this.#maxTimestamp = timestamp;
      } else if (timestamp > this.#maxTimestamp) {
        this.#maxTimestamp = timestamp;
      }
      // What stands before the body has a varying length, and the record's length stands before all: sizes first, then everything in place.
      const timestampDelta = timestamp - this.#baseTimestamp;
      const offsetDelta = this.#count;
      const length =
        1 +
        varlongBytes(timestampDelta) +
        varintBytes(offsetDelta) +
        varintBytes(keyLength) +
        varintBytes(valueLength) +
        bodyBytes;
      this.#varint(length);
      this.#bytes[this.#at++] = 0;
      this.#varlong(timestampDelta);
      this.#varint(offsetDelta);
      this.#varint(keyLength);
      if (keyLength > 0) {
        copyBytes(from, fromView, keyStart, this.#bytes, this.#view, this.#at, keyLength);
        this.#at += keyLength;
      }
      this.#varint(valueLength);
      if (valueLength > 0) {
        copyBytes(from, fromView, valueStart, this.#bytes, this.#view, this.#at, valueLength);
        this.#at += valueLength;
      }
      if (headers === null) this.#bytes[this.#at++] = 0;
      else this.#headers(headers);
      this.#count++;
    }
  }

  finish(): KafkaBatch[] {
    if (this.#count > 0) this.#close();
    return this.#done;
  }

  #close(): void {
    const { compression } = this.#options;
    let bytes: Uint8Array = this.#bytes.subarray(0, this.#at);
    if (compression !== 'none') {
      const packed = compress(compression, bytes.subarray(batchLayout.records));
      const whole = new Uint8Array(batchLayout.records + packed.byteLength);
      whole.set(packed, batchLayout.records);
      bytes = whole;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    view.setInt32(batchLayout.length, bytes.byteLength - batchLayout.beforeLength);
    view.setInt32(batchLayout.leaderEpoch, -1);
    view.setInt8(batchLayout.version, 2);
    view.setInt16(batchLayout.attributes, compressionNumber(compression));
    view.setInt32(batchLayout.lastOffsetDelta, this.#count - 1);
    writeInt64(view, batchLayout.baseTimestamp, this.#baseTimestamp);
    writeInt64(view, batchLayout.maxTimestamp, this.#maxTimestamp);
    view.setInt32(batchLayout.count, this.#count);
    this.#done.push({ bytes, count: this.#count });
    this.#bytes = new Uint8Array(0);
    this.#view = new DataView(this.#bytes.buffer);
    this.#at = batchLayout.records;
    this.#count = 0;
  }

  #reserve(length: number): void {
    const needed = this.#at + length;
    if (needed <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(this.#bytes.byteLength * 2, needed));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  /** Writes the next record's headers. */
  #headers(walk: HeaderWalk): void {
    const { bytes, view } = walk;
    const count = view.getUint16(walk.at, true);
    this.#varint(count);
    walk.at += 2;
    for (let header = 0; header < count; header++) {
      const nameLength = view.getUint16(walk.at, true);
      this.#varint(nameLength);
      copyBytes(bytes, view, walk.at + 2, this.#bytes, this.#view, this.#at, nameLength);
      this.#at += nameLength;
      walk.at += 2 + nameLength;
      const valueLength = view.getInt32(walk.at, true);
      this.#varint(valueLength);
      walk.at += 4;
      if (valueLength <= 0) continue;
      copyBytes(bytes, view, walk.at, this.#bytes, this.#view, this.#at, valueLength);
      this.#at += valueLength;
      walk.at += valueLength;
    }
  }

  #varint(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  #varlong(value: number): void {
    if (value >= -0x4000_0000 && value < 0x4000_0000) {
      this.#varint(value);
      return;
    }
    let rest = zigzag(value);
    while (rest >= 0x80n) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }
}

/**
 * Makes the batch one of a producer: of its transaction, with the sequence of its first record; or of no producer (id -1). Done last,
 * because the checksum covers it.
 */
export function stampBatch(
  bytes: Uint8Array,
  producer: { readonly id: bigint; readonly epoch: number; readonly isTransactional: boolean },
  baseSequence: number,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const compression = view.getInt16(batchLayout.attributes) & batchAttributes.compression;
  view.setInt16(batchLayout.attributes, compression | (producer.isTransactional ? batchAttributes.transactional : 0));
  view.setBigInt64(batchLayout.producerId, producer.id);
  view.setInt16(batchLayout.producerEpoch, producer.epoch);
  view.setInt32(batchLayout.baseSequence, baseSequence);
  view.setUint32(batchLayout.crc, crc32c(bytes, batchLayout.attributes));
}

/** Where the engine keeps a batch's headers (see its record-batch.ts): the last part, walked record by record; null without any. */
class HeaderWalk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where the next record's headers begin. */
  at: number;

  private constructor(bytes: Uint8Array, view: DataView, at: number) {
    this.bytes = bytes;
    this.view = view;
    this.at = at;
  }

  static of({ bytes, view }: RecordBatch): HeaderWalk | null {
    const length = view.getUint32(16, true);
    return length === 0 ? null : new HeaderWalk(bytes, view, bytes.byteLength - length);
  }

  /** How many bytes Kafka's form of the next record's headers takes. */
  kafkaBytes(): number {
    const { view } = this;
    const count = view.getUint16(this.at, true);
    let size = varintBytes(count);
    let at = this.at + 2;
    for (let header = 0; header < count; header++) {
      const nameLength = view.getUint16(at, true);
      const valueLength = view.getInt32(at + 2 + nameLength, true);
      const length = Math.max(0, valueLength);
      size += varintBytes(nameLength) + nameLength + varintBytes(valueLength) + length;
      at += 6 + nameLength + length;
    }
    return size;
  }
}

function varintBytes(value: number): number {
  const rest = ((value << 1) ^ (value >> 31)) >>> 0;
  return rest < 0x80 ? 1 : rest < 0x4000 ? 2 : rest < 0x20_0000 ? 3 : rest < 0x1000_0000 ? 4 : 5;
}

function varlongBytes(value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return varintBytes(value);
  let bytes = 1;
  for (let rest = zigzag(value); rest >= 0x80n; rest >>= 7n) bytes++;
  return bytes;
}

function zigzag(value: number): bigint {
  const wide = BigInt(value);
  return BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
}
