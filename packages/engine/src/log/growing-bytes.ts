import type { ByteString } from './byte-string.ts';

const encoder = new TextEncoder();

/**
 * Shorter texts are written character by character, and shorter bytes copied four at a time: that is done before a call into the platform
 * has begun (about 70 ns for either; a character costs 2.5 ns, four bytes 2 ns).
 */
const shortTextLength = 32;
const shortBytesLength = 128;

const firstCapacity = 256;
const billion = 1_000_000_000;

/** Bytes that are written one piece after the other. */
export class GrowingBytes {
  #bytes = new Uint8Array(firstCapacity);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #capacity = firstCapacity;
  /** Pieces come in long runs from one source, a batch: its view is made once. */
  #source: Uint8Array = this.#bytes;
  #sourceView: DataView = this.#view;

  get length(): number {
    return this.#length;
  }

  /** How much can be written before more memory is asked for. */
  get capacity(): number {
    return this.#capacity;
  }

  /** What has been written, not copied. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins anew in the same memory, unless that is more than `keptBytes` and most of it was not needed. */
  clear(keptBytes: number): void {
    const isTooMuch = this.#capacity > keptBytes && this.#length < this.#capacity / 4;
    this.#length = 0;
    this.#source = this.#bytes;
    this.#sourceView = this.#view;
    if (isTooMuch) this.#use(new Uint8Array(firstCapacity));
  }

  /** Takes back the last bytes written. */
  takeBack(bytes: number): void {
    this.#length -= bytes;
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

  /** Text as a JSON string. */
  putString(text: string): number {
    const { length } = text;
    if (length > shortTextLength) return this.putText(JSON.stringify(text));
    const bytes = this.#reserve(length + 2);
    const at = this.#length + 1;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code === 0x22 || code === 0x5c || code > 0x7f) return this.putText(JSON.stringify(text));
      bytes[at + index] = code;
    }
    bytes[at - 1] = 0x22;
    bytes[at + length] = 0x22;
    this.#length = at + length + 1;
    return length + 2;
  }

  /** The first bytes of a view that the caller keeps, for few bytes that are put again and again. */
  putView(source: DataView, length: number): number {
    this.#reserve(length);
    const at = this.#length;
    this.#length = at + length;
    copyShort(source, 0, this.#view, at, length);
    return length;
  }

  /** A finite number as JSON has it. Whole numbers are written digit by digit: that is done before a text of them is made. */
  putNumber(value: number): number {
    if ((value | 0) !== value && !Number.isSafeInteger(value)) return this.#putFraction(value);
    const bytes = this.#reserve(17);
    const start = this.#length;
    let at = start;
    if (value < 0) bytes[at++] = 0x2d;
    const size = Math.abs(value);
    if (size < billion) {
      at = putDigits(bytes, at, size, digitsOf(size));
    } else {
      // In two halves, since a division of more than 32 bits is one of floating point.
      const high = Math.floor(size / billion);
      at = putDigits(bytes, at, high, digitsOf(high));
      at = putDigits(bytes, at, size - high * billion, 9);
    }
    this.#length = at;
    return at - start;
  }

  /**
   * A number with a fraction. Most in records have three decimals at the most, such as prices: no two decimals of 15 digits or fewer are the
   * same number, so the one found here is the shortest, which is what JSON has.
   */
  #putFraction(value: number): number {
    const size = Math.abs(value);
    const thousandths = Math.round(size * 1000);
    if (size >= billion || thousandths / 1000 !== size) return this.putText(`${value}`);
    const bytes = this.#reserve(14);
    const start = this.#length;
    let at = start;
    if (value < 0) bytes[at++] = 0x2d;
    const whole = Math.floor(size);
    at = putDigits(bytes, at, whole, digitsOf(whole));
    bytes[at++] = 0x2e;
    at = putDigits(bytes, at, thousandths - whole * 1000, 3);
    while (bytes[at - 1] === 0x30) at--;
    this.#length = at;
    return at - start;
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
    if (this.#length + length > this.#capacity) this.#grow(this.#length + length);
    return this.#bytes;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(this.#capacity * 2, needed));
    larger.set(this.view());
    this.#use(larger);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#capacity = bytes.byteLength;
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

/** Of a number below a billion. */
function digitsOf(value: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  return digits;
}

/** Writes so many last digits of a number below a billion; gives where they end. */
function putDigits(bytes: Uint8Array, at: number, value: number, digits: number): number {
  let rest = value | 0;
  for (let place = at + digits - 1; place >= at; place--) {
    const tenth = (rest / 10) | 0;
    bytes[place] = 0x30 + (rest - tenth * 10);
    rest = tenth;
  }
  return at + digits;
}
