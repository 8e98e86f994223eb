import type { ByteString } from './byte-string.ts';

const encoder = new TextEncoder();

/**
 * Shorter texts are written character by character, and shorter bytes copied four at a time: that is done before a call into the platform
 * has begun (about 70 ns for either; a character costs 2.5 ns, four bytes 2 ns).
 */
const shortTextLength = 32;
const shortBytesLength = 128;

const firstCapacity = 256;

/** Bytes that are written one piece after the other. */
export class GrowingBytes {
  #bytes = new Uint8Array(firstCapacity);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  /** Pieces come in long runs from one source, a batch: its view is made once. */
  #source: Uint8Array = this.#bytes;
  #sourceView: DataView = this.#view;

  get length(): number {
    return this.#length;
  }

  /** What has been written, not copied. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins anew in the same memory, unless that has grown beyond `keptBytes`. */
  clear(keptBytes: number): void {
    this.#length = 0;
    this.#source = this.#bytes;
    this.#sourceView = this.#view;
    if (this.#bytes.byteLength > keptBytes) this.#use(new Uint8Array(firstCapacity));
  }

  /** Each of these gives the number of bytes written. */
  putByteString(text: ByteString): number {
    const { length } = text;
    const bytes = this.#reserve(length);
    const at = this.#length;
    for (let index = 0; index < length; index++) bytes[at + index] = text.charCodeAt(index);
    this.#length = at + length;
    return length;
  }

  /** Text as UTF-8; halves of surrogate pairs become U+FFFD. */
  putText(text: string): number {
    const { length } = text;
    if (length > shortTextLength) return this.#encode(text);
    const bytes = this.#reserve(length);
    const at = this.#length;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) return this.#encode(text);
      bytes[at + index] = code;
    }
    this.#length = at + length;
    return length;
  }

  putBytes(source: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const bytes = this.#reserve(length);
    const at = this.#length;
    this.#length = at + length;
    if (length > shortBytesLength) {
      bytes.set(source.subarray(start, end), at);
      return length;
    }
    if (source !== this.#source) {
      this.#source = source;
      this.#sourceView = new DataView(source.buffer, source.byteOffset, source.byteLength);
    }
    copyShort(this.#sourceView, start, this.#view, at, length);
    return length;
  }

  /** Little-endian; the same for the other. */
  putUint16(value: number): void {
    const bytes = this.#reserve(2);
    bytes[this.#length] = value & 0xff;
    bytes[this.#length + 1] = value >>> 8;
    this.#length += 2;
  }

  putInt32(value: number): void {
    const bytes = this.#reserve(4);
    const at = this.#length;
    bytes[at] = value & 0xff;
    bytes[at + 1] = (value >> 8) & 0xff;
    bytes[at + 2] = (value >> 16) & 0xff;
    bytes[at + 3] = value >>> 24;
    this.#length = at + 4;
  }

  putZeros(count: number): void {
    this.#reserve(count).fill(0, this.#length, this.#length + count);
    this.#length += count;
  }

  #encode(text: string): number {
    // No character takes more than three bytes a code unit.
    const bytes = this.#reserve(text.length * 3);
    const { written } = encoder.encodeInto(text, bytes.subarray(this.#length));
    this.#length += written;
    return written;
  }

  #reserve(length: number): Uint8Array<ArrayBuffer> {
    const needed = this.#length + length;
    if (needed > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(this.#bytes.byteLength * 2, needed));
      larger.set(this.view());
      this.#use(larger);
    }
    return this.#bytes;
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

function copyShort(from: DataView, start: number, to: DataView, at: number, length: number): void {
  let index = 0;
  for (const last = length - 4; index <= last; index += 4) {
    to.setInt32(at + index, from.getInt32(start + index, true), true);
  }
  for (; index < length; index++) to.setUint8(at + index, from.getUint8(start + index));
}
