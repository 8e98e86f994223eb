import { batchFormat, RecordBatch } from '@millrace/engine';
import { type BatchHeader, batchAttributes, batchLayout } from './batch-header.ts';
import { uncompress } from './compression.ts';
import { MalformedRecordsError } from './malformed-records.ts';
import { aligned, RecordsCodec, slackBytes, withRecordsCodec } from './records-codec.ts';

/** A record takes at least this: length, attributes, two deltas, two lengths, header count. */
const minRecordBytes = 7;
/** What the codec notes of a record. */
const placeBytes = 32;

/**
 * The records of a batch in the engine's form, copied once into the codec's memory, and once out of it.
 * @throws MalformedRecordsError when the checksum or anything else is not as it should be
 */
export function decodeRecords(bytes: Uint8Array, view: DataView, header: BatchHeader): RecordBatch {
  return withRecordsCodec((codec) => {
    const placesAt = walk(codec, bytes, view, header);
    return new RecordBatch(layOut(codec, header, placesAt), header.baseOffset);
  });
}

/** The commit or abort that a control batch tells of; null for other kinds of control batches. */
export function decodeMarker(bytes: Uint8Array, view: DataView, header: BatchHeader): 'commit' | 'abort' | null {
  return withRecordsCodec((codec) => {
    if (header.count < 1) return null;
    const placesAt = walk(codec, bytes, view, header);
    const places = new DataView(codec.bytes.buffer, placesAt);
    if (places.getInt32(16, true) < 4) return null;
    const keyAt = places.getInt32(12, true);
    const type = ((codec.bytes[keyAt + 2] as number) << 8) | (codec.bytes[keyAt + 3] as number);
    return type === 0 ? 'abort' : type === 1 ? 'commit' : null;
  });
}

/** Has the codec note where everything is; gives where it notes that. */
function walk(codec: RecordsCodec, bytes: Uint8Array, view: DataView, header: BatchHeader): number {
  const { start, end, attributes, count, baseOffset, lastOffset } = header;
  const { free } = RecordsCodec;
  let recordsAt = free + batchLayout.records;
  let recordsEnd = free + end - start;
  codec.reserve(recordsEnd);
  codec.bytes.set(bytes.subarray(start, end), free);
  const found = ~codec.wasm.crc32c(-1, free + batchLayout.attributes, recordsEnd) >>> 0;
  if (found !== view.getUint32(start + batchLayout.crc)) {
    throw new MalformedRecordsError(`The checksum of the record batch at offset ${baseOffset} is wrong.`);
  }
  const compression = attributes & batchAttributes.compression;
  if (compression !== 0) {
    const records = uncompress(compression, bytes.subarray(start + batchLayout.records, end));
    recordsAt = free;
    recordsEnd = free + records.byteLength;
    codec.reserve(recordsEnd);
    codec.bytes.set(records, recordsAt);
  }
  if (count * minRecordBytes > recordsEnd - recordsAt) {
    throw new MalformedRecordsError(
      `A record batch at offset ${baseOffset} announces ${count} records in ${recordsEnd - recordsAt} bytes.`,
    );
  }
  const placesAt = aligned(recordsEnd + slackBytes);
  codec.reserve(placesAt + count * placeBytes);
  const damaged = codec.wasm.walk(recordsAt, recordsEnd, count, lastOffset - baseOffset, placesAt);
  if (damaged >= 0) {
    throw new MalformedRecordsError(`Record ${damaged} of the batch at offset ${baseOffset} is damaged.`);
  }
  return placesAt;
}

/** The engine's form of what was walked over; see its record-batch.ts. */
function layOut(codec: RecordsCodec, header: BatchHeader, placesAt: number): Uint8Array<ArrayBuffer> {
  const { wasm } = codec;
  const { count } = header;
  const isSparse = wasm.isSparse.value === 1;
  const keysLength: number = wasm.keysLength.value;
  const valuesLength: number = wasm.valuesLength.value;
  const headersLength: number = wasm.hasHeaders.value === 1 ? wasm.headersLength.value : 0;
  const keys = batchFormat.fixedBytes + count * (16 + (isSparse ? 4 : 0));
  const values = keys + keysLength;
  const headers = values + valuesLength;
  const length = headers + headersLength;
  const outAt = aligned(placesAt + count * placeBytes + slackBytes);
  codec.reserve(outAt + length);
  const isOneTime = (header.attributes & batchAttributes.logAppendTime) !== 0;
  const greatest =
    count === 0
      ? Number.NEGATIVE_INFINITY
      : wasm.lay(
          count,
          placesAt,
          outAt + batchFormat.fixedBytes,
          outAt + keys,
          outAt + values,
          headersLength === 0 ? 0 : outAt + headers,
          isOneTime ? header.maxTimestamp : header.baseTimestamp,
          isOneTime ? 1 : 0,
        );
  const out = codec.bytes.slice(outAt, outAt + length);
  const view = new DataView(out.buffer);
  out.fill(0, 0, batchFormat.fixedBytes);
  out[0] = batchFormat.version;
  out[1] = (isSparse ? batchFormat.flagSparse : 0) | (headersLength > 0 ? batchFormat.flagHeaders : 0);
  view.setUint32(4, count, true);
  view.setUint32(8, keysLength, true);
  view.setUint32(12, valuesLength, true);
  view.setUint32(16, headersLength, true);
  view.setFloat64(batchFormat.greatestTimestampAt, greatest, true);
  return out;
}
