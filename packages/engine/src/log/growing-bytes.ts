import type { ByteString } from './byte-string.ts';

const encoder = new TextEncoder();

/** Shorter pieces are copied byte by byte, which is done before a call into the platform has begun. */
const shortLength = 48;

const firstCapacity = 256;

/** Bytes that are written one piece after the other. */
export class GrowingBytes {
  #bytes = new Uint8Array(firstCapacity);
  #length = 0;

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
    if (this.#bytes.byteLength > keptBytes) this.#bytes = new Uint8Array(firstCapacity);
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
    if (length > shortLength) return this.#encode(text);
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
    if (length > shortLength) bytes.set(source.subarray(start, end), at);
    else for (let index = 0; index < length; index++) bytes[at + index] = source[start + index] as number;
    this.#length = at + length;
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
      this.#bytes = larger;
    }
    return this.#bytes;
  }
}
