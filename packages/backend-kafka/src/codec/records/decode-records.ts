import { RecordBatch } from '@millrace/engine';
import { type BatchHeader, batchAttributes, batchLayout } from './batch-header.ts';
import { uncompress } from './compression.ts';
import { copyBytes } from './copy-bytes.ts';
import { crc32c } from './crc32c.ts';
import { MalformedRecordsError } from './malformed-records.ts';

/** The engine's form of a batch; see its record-batch.ts. */
const engineFixedBytes = 32;
const engineSparse = 1;
const engineHeaders = 2;

/** A record takes at least this: length, attributes, two deltas, two lengths, header count. */
const minRecordBytes = 7;

/** Where keys and values lie, noted on the way over a batch, so that memory is asked for once. Kept from batch to batch. */
class Places {
  offsetDeltas = new Int32Array(0);
  timestamps = new Float64Array(0);
  keyStarts = new Int32Array(0);
  keyLengths = new Int32Array(0);
  valueStarts = new Int32Array(0);
  valueLengths = new Int32Array(0);
  headerStarts = new Int32Array(0);
  headerCounts = new Int32Array(0);

  reserve(count: number): void {
    if (this.offsetDeltas.length >= count) return;
    const capacity = Math.max(256, 2 ** Math.ceil(Math.log2(count)));
    this.offsetDeltas = new Int32Array(capacity);
    this.timestamps = new Float64Array(capacity);
    this.keyStarts = new Int32Array(capacity);
    this.keyLengths = new Int32Array(capacity);
    this.valueStarts = new Int32Array(capacity);
    this.valueLengths = new Int32Array(capacity);
    this.headerStarts = new Int32Array(capacity);
    this.headerCounts = new Int32Array(capacity);
  }
}

const keptPlaces = 1 << 16;
let places = new Places();

/**
 * The records of a batch in the engine's form: one walk over the lengths, then one copy of keys and values.
 * @throws MalformedRecordsError when the checksum or anything else is not as it should be
 */
export function decodeRecords(bytes: Uint8Array, view: DataView, header: BatchHeader): RecordBatch {
  const records = recordBytes(bytes, view, header);
  const { count } = header;
  if (count * minRecordBytes > records.byteLength) {
    throw new MalformedRecordsError(
      `A record batch at offset ${header.baseOffset} announces ${count} records in ${records.byteLength} bytes.`,
    );
  }
  if (count > keptPlaces && places.offsetDeltas.length <= keptPlaces) {
    // A rare giant: its memory goes with it.
    const usual = places;
    places = new Places();
    try {
      return decodeInto(records, header);
    } finally {
      places = usual;
    }
  }
  return decodeInto(records, header);
}

/** The commit or abort that a control batch tells of; null for other kinds of control batches. */
export function decodeMarker(bytes: Uint8Array, view: DataView, header: BatchHeader): 'commit' | 'abort' | null {
  const records = recordBytes(bytes, view, header);
  if (header.count < 1) return null;
  places.reserve(1);
  walk(records, { ...header, count: 1 });
  if ((places.keyLengths[0] ?? -1) < 4) return null;
  const keyAt = places.keyStarts[0] ?? 0;
  const type = ((records[keyAt + 2] ?? 0) << 8) | (records[keyAt + 3] ?? 0);
  return type === 0 ? 'abort' : type === 1 ? 'commit' : null;
}

function recordBytes(bytes: Uint8Array, view: DataView, header: BatchHeader): Uint8Array {
  const { start, end, attributes } = header;
  const wanted = view.getUint32(start + batchLayout.crc);
  const found = crc32c(bytes, start + batchLayout.attributes, end);
  if (found !== wanted) {
    throw new MalformedRecordsError(`The checksum of the record batch at offset ${header.baseOffset} is wrong.`);
  }
  const stored = bytes.subarray(start + batchLayout.records, end);
  return uncompress(attributes & batchAttributes.compression, stored);
}

function decodeInto(records: Uint8Array, header: BatchHeader): RecordBatch {
  const { count } = header;
  places.reserve(count);
  const totals = walk(records, header);
  const { offsetDeltas, timestamps, keyStarts, keyLengths, valueStarts, valueLengths } = places;
  const { isSparse, keysLength, valuesLength, headersLength } = totals;
  const structureBytes = engineFixedBytes + count * (16 + (isSparse ? 4 : 0));
  const valuesAt = structureBytes + keysLength;
  const headersAt = valuesAt + valuesLength;
  const out = new Uint8Array(headersAt + headersLength);
  const outView = new DataView(out.buffer);
  const recordsView = new DataView(records.buffer, records.byteOffset, records.byteLength);
  out[0] = 1;
  out[1] = (isSparse ? engineSparse : 0) | (headersLength > 0 ? engineHeaders : 0);
  outView.setUint32(4, count, true);
  outView.setUint32(8, keysLength, true);
  outView.setUint32(12, valuesLength, true);
  outView.setUint32(16, headersLength, true);
  let at = engineFixedBytes;
  if (isSparse) {
    for (let index = 0; index < count; index++, at += 4) outView.setUint32(at, offsetDeltas[index] as number, true);
  }
  let greatest = Number.NEGATIVE_INFINITY;
  let keyAt = structureBytes;
  let valueAt = valuesAt;
  const keyLengthsAt = at + count * 8;
  const valueLengthsAt = keyLengthsAt + count * 4;
  for (let index = 0; index < count; index++) {
    const timestamp = timestamps[index] as number;
    if (timestamp > greatest) greatest = timestamp;
    outView.setFloat64(at + index * 8, timestamp, true);
    const keyLength = keyLengths[index] as number;
    outView.setInt32(keyLengthsAt + index * 4, keyLength, true);
    if (keyLength > 0) {
      copyBytes(records, recordsView, keyStarts[index] as number, out, outView, keyAt, keyLength);
      keyAt += keyLength;
    }
    const valueLength = valueLengths[index] as number;
    outView.setInt32(valueLengthsAt + index * 4, valueLength, true);
    if (valueLength > 0) {
      copyBytes(records, recordsView, valueStarts[index] as number, out, outView, valueAt, valueLength);
      valueAt += valueLength;
    }
  }
  outView.setFloat64(24, greatest, true);
  if (headersLength > 0) copyHeaders(records, count, out, outView, headersAt);
  return new RecordBatch(out, header.baseOffset);
}

interface Totals {
  readonly isSparse: boolean;
  readonly keysLength: number;
  readonly valuesLength: number;
  readonly headersLength: number;
}

/** Walks over all records and notes in {@link places} where everything is. */
function walk(records: Uint8Array, header: BatchHeader): Totals {
  const { count, baseTimestamp, maxTimestamp, attributes, lastOffset, baseOffset } = header;
  const { offsetDeltas, timestamps, keyStarts, keyLengths, valueStarts, valueLengths, headerStarts, headerCounts } =
    places;
  const appendTime = (attributes & batchAttributes.logAppendTime) !== 0;
  const lastDelta = lastOffset - baseOffset;
  const cursor = new Cursor(records);
  let isSparse = false;
  let keysLength = 0;
  let valuesLength = 0;
  let headersLength = 0;
  let hasHeaders = false;
  let previousDelta = -1;
  for (let index = 0; index < count; index++) {
    const length = cursor.varint();
    const end = cursor.at + length;
    if (length < minRecordBytes - 1 || end > records.byteLength) throw damaged(header, index);
    cursor.at++; // Attributes, of which there are none yet.
    const timestampDelta = cursor.varlong();
    const offsetDelta = cursor.varint();
    if (offsetDelta <= previousDelta || offsetDelta > lastDelta) throw damaged(header, index);
    previousDelta = offsetDelta;
    if (offsetDelta !== index) isSparse = true;
    offsetDeltas[index] = offsetDelta;
    timestamps[index] = appendTime ? maxTimestamp : baseTimestamp + timestampDelta;
    const keyLength = cursor.varint();
    keyLengths[index] = keyLength < 0 ? -1 : keyLength;
    keyStarts[index] = cursor.at;
    if (keyLength > 0) {
      cursor.at += keyLength;
      keysLength += keyLength;
    }
    if (cursor.at > end) throw damaged(header, index);
    const valueLength = cursor.varint();
    valueLengths[index] = valueLength < 0 ? -1 : valueLength;
    valueStarts[index] = cursor.at;
    if (valueLength > 0) {
      cursor.at += valueLength;
      valuesLength += valueLength;
    }
    if (cursor.at > end) throw damaged(header, index);
    const headers = cursor.varint();
    headerCounts[index] = headers;
    headerStarts[index] = cursor.at;
    headersLength += 2;
    if (headers !== 0) {
      if (headers < 0 || headers > 0xffff) throw damaged(header, index);
      hasHeaders = true;
      for (let number = 0; number < headers; number++) {
        const nameLength = cursor.varint();
        if (nameLength < 0 || nameLength > 0xffff) throw damaged(header, index);
        cursor.at += nameLength;
        if (cursor.at > end) throw damaged(header, index);
        const headerLength = cursor.varint();
        if (headerLength > 0) cursor.at += headerLength;
        if (cursor.at > end) throw damaged(header, index);
        headersLength += 6 + nameLength + Math.max(0, headerLength);
      }
    }
    if (cursor.at !== end) throw damaged(header, index);
  }
  return { isSparse, keysLength, valuesLength, headersLength: hasHeaders ? headersLength : 0 };
}

function copyHeaders(records: Uint8Array, count: number, out: Uint8Array, view: DataView, start: number): void {
  const cursor = new Cursor(records);
  let at = start;
  for (let index = 0; index < count; index++) {
    const headers = places.headerCounts[index] as number;
    view.setUint16(at, headers, true);
    at += 2;
    cursor.at = places.headerStarts[index] as number;
    for (let number = 0; number < headers; number++) {
      const nameLength = cursor.varint();
      view.setUint16(at, nameLength, true);
      out.set(records.subarray(cursor.at, cursor.at + nameLength), at + 2);
      cursor.at += nameLength;
      at += 2 + nameLength;
      const valueLength = cursor.varint();
      view.setInt32(at, valueLength < 0 ? -1 : valueLength, true);
      at += 4;
      if (valueLength > 0) {
        out.set(records.subarray(cursor.at, cursor.at + valueLength), at);
        cursor.at += valueLength;
        at += valueLength;
      }
    }
  }
}

/** Variable-length numbers, one after the other. A read past the end gives zeros, whose place the walk then refuses. */
class Cursor {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.at++] ?? 0;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = bytes[this.at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new MalformedRecordsError('A variable-length number in a record does not end.');
  }

  /** Beyond the whole numbers that a number holds it is the nearest. */
  varlong(): number {
    const bytes = this.#bytes;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new MalformedRecordsError('A variable-length number in a record does not end.');
  }
}

function damaged(header: BatchHeader, index: number): MalformedRecordsError {
  return new MalformedRecordsError(`Record ${index} of the batch at offset ${header.baseOffset} is damaged.`);
}
