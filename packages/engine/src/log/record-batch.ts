import { type ByteString, bytesToByteString } from './byte-string.ts';
import { type Header, noHeaders } from './header.ts';

/**
 * Records in the form in which they are stored and moved: one buffer, structure first.
 *
 *     version u8 = 1 | flags u8 | reserved u16 | count u32 | keys' length u32 | values' length u32 | headers' length u32 | reserved u32
 *     greatest timestamp f64
 *     offset deltas u32 × count      only with flag `sparse` (compaction removed records between)
 *     timestamps f64 × count
 *     key lengths i32 × count        -1 is a null key
 *     value lengths i32 × count      -1 is a null value (a tombstone)
 *     keys, one after the other
 *     values, one after the other
 *     headers, only with flag `headers`; for each record: count u16, then for each header:
 *       name length u16, name, value length i32 (-1 is null), value
 *
 * Numbers are little-endian. Values in one piece, apart from keys, become text in one step (see {@link RecordBatch.text}), whatever bytes
 * the keys are.
 */
export const batchFormat = {
  version: 1,
  flagSparse: 1,
  flagHeaders: 2,
  /** Bytes before the offset deltas. */
  fixedBytes: 32,
  greatestTimestampAt: 24,
} as const;

const { version, flagSparse, flagHeaders, fixedBytes } = batchFormat;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes are not a record batch, or not one of a version this code reads. */
export class MalformedBatchError extends Error {
  readonly code = 'malformed-batch';
}

/** Records of one partition as read from a log; positions into `bytes`, nothing decoded until it is asked for. */
export class RecordBatch {
  readonly bytes: Uint8Array;
  /** Of the same bytes. */
  readonly view: DataView;
  readonly count: number;
  readonly baseOffset: number;
  readonly timestamps: Float64Array;
  /** Start of each key in `bytes`; an end of -1 means that the key is null. The same for values. */
  readonly keyStarts: Int32Array;
  readonly keyEnds: Int32Array;
  readonly valueStarts: Int32Array;
  readonly valueEnds: Int32Array;
  readonly #offsetDeltas: Uint32Array | null;
  readonly #keysStart: number;
  readonly #valuesStart: number;
  readonly #headersStart: number;
  readonly #hasHeaders: boolean;
  #headers: (readonly Header[])[] | null = null;
  #keysText: string | null | undefined;
  #valuesText: string | null | undefined;
  #areValuesUtf8: boolean | undefined;

  /** @throws MalformedBatchError when `bytes` is not a batch. */
  constructor(bytes: Uint8Array, baseOffset: number) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.byteLength < fixedBytes || bytes[0] !== version) {
      throw new MalformedBatchError(
        `A record batch of ${bytes.byteLength} bytes has version ${bytes[0] ?? 'none'}, expected ${version}.`,
      );
    }
    const flags = bytes[1] ?? 0;
    const count = view.getUint32(4, true);
    const keysLength = view.getUint32(8, true);
    const valuesLength = view.getUint32(12, true);
    const headersLength = view.getUint32(16, true);
    const sparse = (flags & flagSparse) !== 0;
    const structureBytes = fixedBytes + count * (16 + (sparse ? 4 : 0));
    const announced = structureBytes + keysLength + valuesLength + headersLength;
    if (announced !== bytes.byteLength) {
      throw new MalformedBatchError(`A record batch of ${bytes.byteLength} bytes announces ${announced}.`);
    }
    this.bytes = bytes;
    this.view = view;
    this.count = count;
    this.baseOffset = baseOffset;
    this.timestamps = new Float64Array(count);
    this.keyStarts = new Int32Array(count);
    this.keyEnds = new Int32Array(count);
    this.valueStarts = new Int32Array(count);
    this.valueEnds = new Int32Array(count);
    this.#hasHeaders = (flags & flagHeaders) !== 0;
    let at = fixedBytes;
    if (sparse) {
      const deltas = new Uint32Array(count);
      for (let index = 0; index < count; index++, at += 4) deltas[index] = view.getUint32(at, true);
      this.#offsetDeltas = deltas;
    } else {
      this.#offsetDeltas = null;
    }
    const keyLengthsAt = at + count * 8;
    const valueLengthsAt = keyLengthsAt + count * 4;
    this.#keysStart = structureBytes;
    this.#valuesStart = structureBytes + keysLength;
    this.#headersStart = this.#valuesStart + valuesLength;
    let keyAt = this.#keysStart;
    let valueAt = this.#valuesStart;
    for (let index = 0; index < count; index++) {
      this.timestamps[index] = view.getFloat64(at + index * 8, true);
      const keyLength = view.getInt32(keyLengthsAt + index * 4, true);
      this.keyStarts[index] = keyAt;
      if (keyLength >= 0) keyAt += keyLength;
      this.keyEnds[index] = keyLength < 0 ? -1 : keyAt;
      const valueLength = view.getInt32(valueLengthsAt + index * 4, true);
      this.valueStarts[index] = valueAt;
      if (valueLength >= 0) valueAt += valueLength;
      this.valueEnds[index] = valueLength < 0 ? -1 : valueAt;
    }
    if (keyAt !== this.#valuesStart || valueAt !== this.#headersStart) {
      throw new MalformedBatchError(
        `The lengths in a record batch add up to ${keyAt} and ${valueAt}; its keys end at ${this.#valuesStart}, its values at ${this.#headersStart}.`,
      );
    }
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
   * All values as one text, in which places are places in `bytes` less {@link RecordBatch.valuesStart}; null when they are not ASCII alone.
   * One step for the batch is cheaper than one for each record.
   */
  get valuesText(): string | null {
    if (this.#valuesText === undefined) this.#valuesText = this.#ascii(this.#valuesStart, this.#headersStart);
    return this.#valuesText;
  }

  /** Whether all values, one after the other, are valid UTF-8; each that ends with an ASCII character is, then. */
  get areValuesUtf8(): boolean {
    if (this.valuesText !== null) return true;
    if (this.#areValuesUtf8 === undefined) {
      this.#areValuesUtf8 = isUtf8(this.bytes.subarray(this.#valuesStart, this.#headersStart));
    }
    return this.#areValuesUtf8;
  }

  /** Where in `bytes` the values end. */
  get valuesEnd(): number {
    return this.#headersStart;
  }

  /** Where in `bytes` the values begin. */
  get valuesStart(): number {
    return this.#valuesStart;
  }

  /**
   * The text of `bytes[start, end)`, which must lie among the values.
   * @throws TypeError when the bytes are not valid UTF-8.
   */
  text(start: number, end: number): string {
    const all = this.valuesText;
    if (all !== null) return all.slice(start - this.#valuesStart, end - this.#valuesStart);
    return strictUtf8.decode(this.bytes.subarray(start, end));
  }

  /** Whether all keys are ASCII, so that each as a byte string is its own text. */
  get areKeysAscii(): boolean {
    if (this.#keysText === undefined) this.#keysText = this.#ascii(this.#keysStart, this.#valuesStart);
    return this.#keysText !== null;
  }

  /** The key as a byte string (see byte-string.ts); null for a null key. */
  keyByteString(index: number): ByteString | null {
    const end = this.keyEnds[index] ?? -1;
    if (end < 0) return null;
    const start = this.keyStarts[index] ?? 0;
    if (this.#keysText === undefined) this.#keysText = this.#ascii(this.#keysStart, this.#valuesStart);
    if (this.#keysText !== null) return this.#keysText.slice(start - this.#keysStart, end - this.#keysStart);
    return bytesToByteString(this.bytes.subarray(start, end));
  }

  /** The text of a part of `bytes` if that is ASCII alone, where places in the text are places in the bytes. */
  #ascii(start: number, end: number): string | null {
    const part = this.bytes.subarray(start, end);
    try {
      const text = strictUtf8.decode(part);
      return text.length === part.length ? text : null;
    } catch {
      return null; // Not UTF-8 as a whole; each record is then judged alone, when it is read.
    }
  }

  #readHeaders(): (readonly Header[])[] {
    const { view } = this;
    const all: (readonly Header[])[] = [];
    let at = this.#headersStart;
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

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
