import { assert } from '../assert.ts';
import type { ByteString } from './byte-string.ts';
import { writeByteString } from './byte-string.ts';
import { type Header, HeaderWriter, noHeaders } from './header.ts';

/** A record as a producer hands it over, before it has an offset. `timestamp` is epoch milliseconds. */
export interface ProducedRecord {
  readonly key: ByteString | null;
  readonly value: Uint8Array | string | null;
  readonly timestamp: number;
  readonly headers?: readonly Header[] | undefined;
}

/**
 * Records in the form in which they are stored and moved: one buffer, structure first, payload last.
 *
 *     version u8 = 1 | flags u8 | reserved u16 | count u32 | payload length u32 | headers length u32 | greatest timestamp f64
 *     offset deltas u32 × count      only with flag `sparse` (compaction removed records between)
 *     timestamps f64 × count
 *     key lengths i32 × count        -1 is a null key
 *     value lengths i32 × count      -1 is a null value (a tombstone)
 *     payload: key, value, key, value, …
 *     headers, only with flag `headers`; for each record: count u16, then for each header:
 *       name length u16, name, value length i32 (-1 is null), value
 *
 * Numbers are little-endian. Keeping the payload in one piece lets a whole batch become text in one step (see {@link RecordBatch.text}).
 */
const version = 1;
const flagSparse = 1;
const flagHeaders = 2;
const fixedHeaderBytes = 24;

const encoder = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes are not a record batch, or not one of a version this code reads. */
export class MalformedBatchError extends Error {
  readonly code = 'malformed-batch';
}

/** Records of one partition as read from a log; positions into `bytes`, nothing decoded until it is asked for. */
export class RecordBatch {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly baseOffset: number;
  readonly timestamps: Float64Array;
  /** Start of each key in `bytes`; an end of -1 means that the key is null. The same for values. */
  readonly keyStarts: Int32Array;
  readonly keyEnds: Int32Array;
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
  readonly #offsetDeltas: Uint32Array | null;
  readonly #payloadStart: number;
  readonly #payloadEnd: number;
  readonly #hasHeaders: boolean;
  #headers: (readonly Header[])[] | null = null;
  #text: string | null | undefined;

  /** @throws MalformedBatchError when `bytes` is not a batch. */
  constructor(bytes: Uint8Array, baseOffset: number) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.byteLength < fixedHeaderBytes || bytes[0] !== version) {
      throw new MalformedBatchError(
        `A record batch of ${bytes.byteLength} bytes has version ${bytes[0] ?? 'none'}, expected ${version}.`,
      );
    }
    const flags = bytes[1] ?? 0;
    const count = view.getUint32(4, true);
    const payloadLength = view.getUint32(8, true);
    const headersLength = view.getUint32(12, true);
    const sparse = (flags & flagSparse) !== 0;
    const structureBytes = fixedHeaderBytes + count * (16 + (sparse ? 4 : 0));
    if (structureBytes + payloadLength + headersLength !== bytes.byteLength) {
      throw new MalformedBatchError(
        `A record batch of ${bytes.byteLength} bytes announces ${structureBytes + payloadLength + headersLength}.`,
      );
    }
    this.bytes = bytes;
    this.count = count;
    this.baseOffset = baseOffset;
    this.timestamps = new Float64Array(count);
    this.keyStarts = new Int32Array(count);
    this.keyEnds = new Int32Array(count);
    this.valueStarts = new Int32Array(count);
    this.valueEnds = new Int32Array(count);
    this.#hasHeaders = (flags & flagHeaders) !== 0;
    let at = fixedHeaderBytes;
    if (sparse) {
      const deltas = new Uint32Array(count);
      for (let index = 0; index < count; index++, at += 4) deltas[index] = view.getUint32(at, true);
      this.#offsetDeltas = deltas;
    } else {
      this.#offsetDeltas = null;
    }
    const keyLengthsAt = at + count * 8;
    const valueLengthsAt = keyLengthsAt + count * 4;
    let position = structureBytes;
    this.#payloadStart = position;
    for (let index = 0; index < count; index++) {
      this.timestamps[index] = view.getFloat64(at + index * 8, true);
      const keyLength = view.getInt32(keyLengthsAt + index * 4, true);
      this.keyStarts[index] = position;
      if (keyLength >= 0) position += keyLength;
      this.keyEnds[index] = keyLength < 0 ? -1 : position;
      const valueLength = view.getInt32(valueLengthsAt + index * 4, true);
      this.valueStarts[index] = position;
      if (valueLength >= 0) position += valueLength;
      this.valueEnds[index] = valueLength < 0 ? -1 : position;
    }
    if (position !== structureBytes + payloadLength) {
      throw new MalformedBatchError(
        `The lengths in a record batch add up to ${position}, its payload ends at ${structureBytes + payloadLength}.`,
      );
    }
    this.#payloadEnd = position;
  }

  offset(index: number): number {
    return this.baseOffset + (this.#offsetDeltas === null ? index : (this.#offsetDeltas[index] ?? 0));
  }

  /** The offset after the last record of this batch. */
  get nextOffset(): number {
    return this.count === 0 ? this.baseOffset : this.offset(this.count - 1) + 1;
  }

  /** A view of the key's bytes (not a copy); null for a null key. */
  key(index: number): Uint8Array | null {
    const end = this.keyEnds[index] ?? -1;
    return end < 0 ? null : this.bytes.subarray(this.keyStarts[index], end);
  }

  /** A view of the value's bytes (not a copy); null for a tombstone. */
  value(index: number): Uint8Array | null {
    const end = this.valueEnds[index] ?? -1;
    return end < 0 ? null : this.bytes.subarray(this.valueStarts[index], end);
  }

  headers(index: number): readonly Header[] {
    if (!this.#hasHeaders) return noHeaders;
    this.#headers ??= this.#readHeaders();
    return this.#headers[index] ?? noHeaders;
  }

  /**
   * The text of `bytes[start, end)`, which must lie in the payload. Decoding a batch once and slicing it is cheaper than decoding each
   * record; it is possible when the whole payload is ASCII, where text positions are byte positions.
   * @throws TypeError when the bytes are not valid UTF-8.
   */
  text(start: number, end: number): string {
    if (this.#text === undefined) this.#text = this.#asciiPayload();
    if (this.#text !== null) return this.#text.slice(start - this.#payloadStart, end - this.#payloadStart);
    return strictUtf8.decode(this.bytes.subarray(start, end));
  }

  /** The key as a byte string (see byte-string.ts); null for a null key. */
  keyByteString(index: number): ByteString | null {
    const end = this.keyEnds[index] ?? -1;
    if (end < 0) return null;
    const start = this.keyStarts[index] ?? 0;
    if (this.#text === undefined) this.#text = this.#asciiPayload();
    if (this.#text !== null) return this.#text.slice(start - this.#payloadStart, end - this.#payloadStart);
    let text = '';
    for (let at = start; at < end; at++) text += String.fromCharCode(this.bytes[at] ?? 0);
    return text;
  }

  #asciiPayload(): string | null {
    const payload = this.bytes.subarray(this.#payloadStart, this.#payloadEnd);
    try {
      const text = strictUtf8.decode(payload);
      return text.length === payload.length ? text : null;
    } catch {
      return null; // Not UTF-8 as a whole; each record is then judged alone, when it is read.
    }
  }

  #readHeaders(): (readonly Header[])[] {
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    const all: (readonly Header[])[] = [];
    let at = this.#payloadEnd;
    for (let index = 0; index < this.count; index++) {
      const count = view.getUint16(at, true);
      at += 2;
      const headers: Header[] = [];
      for (let header = 0; header < count; header++) {
        const nameLength = view.getUint16(at, true);
        at += 2;
        const name = strictUtf8.decode(this.bytes.subarray(at, at + nameLength));
        at += nameLength;
        const valueLength = view.getInt32(at, true);
        at += 4;
        headers.push({ name, value: valueLength < 0 ? null : this.bytes.subarray(at, at + valueLength) });
        if (valueLength > 0) at += valueLength;
      }
      all.push(headers.length === 0 ? noHeaders : headers);
    }
    return all;
  }
}

/** Records in the stored form, not yet given offsets. */
export interface EncodedBatch {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly count: number;
}

/** Parts of the payload that are joined at a time. */
const partsPerPiece = 256;

/**
 * Collects records and encodes them in one step. Not reusable after {@link RecordBatchBuilder.finish}. Texts are joined and headers
 * written as they come, so that the many small strings of a batch die young.
 */
export class RecordBatchBuilder {
  #pieces: string[] = [];
  #parts: string[] = [];
  /** Lengths in text; -1 for null. Those of binary values are 0. */
  readonly #keyLengths: number[] = [];
  readonly #valueLengths: number[] = [];
  /** By place in the batch. */
  #binaryValues: Map<number, Uint8Array> | null = null;
  readonly #timestamps: number[] = [];
  #headers: HeaderWriter | null = null;
  #offsetDeltas: number[] | null = null;

  get count(): number {
    return this.#timestamps.length;
  }

  /** `value`: bytes as they are, or text that becomes UTF-8, or null for a tombstone. */
  append(
    key: ByteString | null,
    value: Uint8Array | string | null,
    timestamp: number,
    headers: readonly Header[] = noHeaders,
  ): void {
    if (headers.length > 0) this.#headers ??= new HeaderWriter(this.count);
    this.#headers?.append(headers);
    const parts = this.#parts;
    if (key === null) {
      this.#keyLengths.push(-1);
    } else {
      this.#keyLengths.push(key.length);
      parts.push(key);
    }
    if (value === null) {
      this.#valueLengths.push(-1);
    } else if (typeof value === 'string') {
      this.#valueLengths.push(value.length);
      parts.push(value);
    } else {
      this.#valueLengths.push(0);
      this.#binaryValues ??= new Map();
      this.#binaryValues.set(this.count, value);
    }
    this.#timestamps.push(timestamp);
    if (parts.length >= partsPerPiece) {
      this.#pieces.push(parts.join(''));
      this.#parts = [];
    }
  }

  /** For compaction: appends a record that keeps its distance from the batch's base offset. All records of a batch, or none, are given one. */
  appendAt(offsetDelta: number, record: ProducedRecord): void {
    this.#offsetDeltas ??= [];
    assert(this.#offsetDeltas.length === this.#timestamps.length, 'a batch mixes append and appendAt');
    this.#offsetDeltas.push(offsetDelta);
    this.append(record.key, record.value, record.timestamp, record.headers);
  }

  finish(): EncodedBatch {
    const count = this.#timestamps.length;
    const text = this.#pieces.join('') + this.#parts.join('');
    const payload = this.#textPayload(text) ?? this.#binaryPayload(text);
    const headers = this.#headers?.finish() ?? null;
    const structureBytes = fixedHeaderBytes + count * (16 + (this.#offsetDeltas === null ? 0 : 4));
    const bytes = new Uint8Array(structureBytes + payload.byteLength + (headers?.byteLength ?? 0));
    const view = new DataView(bytes.buffer);
    bytes[0] = version;
    bytes[1] = (this.#offsetDeltas === null ? 0 : flagSparse) | (headers === null ? 0 : flagHeaders);
    view.setUint32(4, count, true);
    view.setUint32(8, payload.byteLength, true);
    view.setUint32(12, headers?.byteLength ?? 0, true);
    let at = fixedHeaderBytes;
    if (this.#offsetDeltas !== null) {
      for (const delta of this.#offsetDeltas) {
        view.setUint32(at, delta, true);
        at += 4;
      }
    }
    let greatest = Number.NEGATIVE_INFINITY;
    for (const timestamp of this.#timestamps) {
      if (timestamp > greatest) greatest = timestamp;
      view.setFloat64(at, timestamp, true);
      at += 8;
    }
    view.setFloat64(16, greatest, true);
    for (const length of payload.keyLengths) {
      view.setInt32(at, length, true);
      at += 4;
    }
    for (const length of payload.valueLengths) {
      view.setInt32(at, length, true);
      at += 4;
    }
    payload.write(bytes, structureBytes);
    if (headers !== null) bytes.set(headers, structureBytes + payload.byteLength);
    return { bytes, count };
  }

  /** All records as one text, encoded at once; null when that is not ASCII alone, where lengths in text are not lengths in bytes. */
  #textPayload(text: string): Payload | null {
    if (this.#binaryValues !== null) return null;
    const encoded = encoder.encode(text);
    if (encoded.byteLength !== text.length) return null;
    const write = (target: Uint8Array, at: number): void => target.set(encoded, at);
    return {
      keyLengths: this.#keyLengths,
      valueLengths: this.#valueLengths,
      byteLength: encoded.byteLength,
      write,
    };
  }

  #binaryPayload(text: string): Payload {
    const keys: string[] = [];
    const values: (Uint8Array | null)[] = [];
    const valueLengths: number[] = [];
    let byteLength = 0;
    let read = 0;
    const take = (length: number): string => {
      const start = read;
      read += Math.max(0, length);
      return text.slice(start, read);
    };
    for (let index = 0; index < this.count; index++) {
      const key = take(this.#keyLengths[index] ?? 0);
      const valueText = take(this.#valueLengths[index] ?? 0);
      const value =
        this.#valueLengths[index] === -1 ? null : (this.#binaryValues?.get(index) ?? encoder.encode(valueText));
      keys.push(key);
      values.push(value);
      valueLengths.push(value === null ? -1 : value.byteLength);
      byteLength += key.length + (value?.byteLength ?? 0);
    }
    const write = (target: Uint8Array, start: number): void => {
      let at = start;
      for (let index = 0; index < values.length; index++) {
        at = writeByteString(keys[index] ?? '', target, at);
        const value = values[index] ?? null;
        if (value !== null) {
          target.set(value, at);
          at += value.byteLength;
        }
      }
    };
    return { keyLengths: this.#keyLengths, valueLengths, byteLength, write };
  }
}

interface Payload {
  readonly keyLengths: readonly number[];
  readonly valueLengths: readonly number[];
  readonly byteLength: number;
  write(target: Uint8Array, at: number): void;
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
