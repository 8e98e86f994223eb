import { batchFormat, type EncodedBatch } from '@millrace/engine';
import type { Compression } from '../../kafka-settings.ts';
import { batchAttributes, batchLayout, writeInt64 } from './batch-header.ts';
import type { BatchMemory } from './batch-memory.ts';
import { compress, compressionNumber } from './compression.ts';
import { crc32c } from './crc32c.ts';
import { aligned, RecordsCodec, slackBytes, withRecordsCodec } from './records-codec.ts';

/** Records as they go to a broker; its producer and its sequence are filled in by {@link stampBatch}. */
export interface KafkaBatch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;
}

export interface EncodeOptions {
  readonly compression: Compression;
  /** Records go into another batch rather than make one larger than this, uncompressed. A record that is larger alone has one to itself. */
  readonly maxBatchBytes: number;
  /** Where the batches go; each to memory of its own without one. */
  readonly memory?: BatchMemory | undefined;
}

/** The numbers around a record take no more: length, attributes, timestamp, offset, two lengths, header count. */
const maxOverheadBytes = 36;

/**
 * Encodes batches of the engine, in order, as as few batches of Kafka's as the limit allows.
 * Kafka knows whole milliseconds: fractions of a timestamp are cut off downwards.
 */
export function encodeKafkaBatches(sources: readonly EncodedBatch[], options: EncodeOptions): KafkaBatch[] {
  return withRecordsCodec((codec) => {
    const builder = new KafkaBatchBuilder(codec, options);
    for (const source of sources) if (source.count > 0) builder.add(source);
    return builder.finish();
  });
}

class KafkaBatchBuilder {
  readonly #options: EncodeOptions;
  readonly #codec: RecordsCodec;
  readonly #done: KafkaBatch[] = [];

  constructor(codec: RecordsCodec, options: EncodeOptions) {
    this.#codec = codec;
    this.#options = options;
    this.#begin();
  }

  add({ bytes, count }: EncodedBatch): void {
    const codec = this.#codec;
    const { wasm } = codec;
    // The batch being written lies first, with room for all of this, then what it is made of.
    const sourceAt = aligned(
      wasm.out.value + bytes.byteLength + (bytes.byteLength >> 12) + count * maxOverheadBytes + slackBytes,
    );
    codec.reserve(sourceAt + bytes.byteLength);
    codec.bytes.set(bytes, sourceAt);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isSparse = ((bytes[1] as number) & batchFormat.flagSparse) !== 0;
    const timestamps = sourceAt + batchFormat.fixedBytes + (isSparse ? count * 4 : 0);
    const keyLengths = timestamps + count * 8;
    const valueLengths = keyLengths + count * 4;
    wasm.keyAt.value = valueLengths + count * 4;
    wasm.valueAt.value = wasm.keyAt.value + view.getUint32(8, true);
    const hasHeaders = view.getUint32(16, true) > 0;
    wasm.headerAt.value = hasHeaders ? wasm.valueAt.value + view.getUint32(12, true) : 0;
    const { free } = RecordsCodec;
    const { maxBatchBytes } = this.#options;
    for (let index = 0; ; this.#close()) {
      index = wasm.encode(index, count, timestamps, keyLengths, valueLengths, free, maxBatchBytes);
      if (index >= count) return;
    }
  }

  finish(): KafkaBatch[] {
    if (this.#codec.wasm.written.value > 0) this.#close();
    return this.#done;
  }

  #begin(): void {
    const { wasm } = this.#codec;
    wasm.out.value = RecordsCodec.free + batchLayout.records;
    wasm.written.value = 0;
  }

  #close(): void {
    const { compression, memory } = this.#options;
    const { wasm } = this.#codec;
    const count: number = wasm.written.value;
    const encoded = this.#codec.bytes.subarray(RecordsCodec.free + batchLayout.records, wasm.out.value);
    const records = compression === 'none' ? encoded : compress(compression, encoded);
    const length = batchLayout.records + records.byteLength;
    const bytes = memory?.take(length) ?? new Uint8Array(length);
    bytes.set(records, batchLayout.records);
    bytes.fill(0, 0, batchLayout.records);
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    view.setInt32(batchLayout.length, bytes.byteLength - batchLayout.beforeLength);
    view.setInt32(batchLayout.leaderEpoch, -1);
    view.setInt8(batchLayout.version, 2);
    view.setInt16(batchLayout.attributes, compressionNumber(compression));
    view.setInt32(batchLayout.lastOffsetDelta, count - 1);
    writeInt64(view, batchLayout.baseTimestamp, wasm.base.value);
    writeInt64(view, batchLayout.maxTimestamp, wasm.greatest.value);
    view.setInt32(batchLayout.count, count);
    this.#done.push({ bytes, count });
    this.#begin();
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
