import { assert } from '../assert.ts';
import { writeByteString } from './byte-string.ts';

/** A record header. Names are UTF-8 text; a value is any bytes or null. */
export interface Header {
  readonly name: string;
  readonly value: Uint8Array | null;
}

export const noHeaders: readonly Header[] = [];

const encoder = new TextEncoder();

/** A header that counts: its value is a text of ASCII with a number at its end, of which bytes are made only for those who ask. */
export class NumberedHeader implements Header {
  readonly name: string;
  readonly prefix: string;
  /** A whole number, not negative. */
  readonly number: number;

  constructor(name: string, prefix: string, number: number) {
    this.name = name;
    this.prefix = prefix;
    this.number = number;
  }

  get value(): Uint8Array {
    return encoder.encode(`${this.prefix}${this.number}`);
  }
}

/** Digits of the greatest whole number that is exact. */
const maxDigits = 16;

const encodedNames = new Map<string, Uint8Array>();
const maxEncodedNames = 256;

function encodedName(name: string): Uint8Array {
  let encoded = encodedNames.get(name);
  if (encoded === undefined) {
    encoded = encoder.encode(name);
    assert(encoded.byteLength <= 0xffff, 'a header name is longer than 64 KiB');
    if (encodedNames.size < maxEncodedNames) encodedNames.set(name, encoded);
  }
  return encoded;
}

/**
 * The headers of records in their encoded form, written as they come, so that nothing of them has to be kept. For each record: count u16,
 * then for each header: name length u16, name, value length i32 (-1 is null), value. Numbers are little-endian.
 */
export class HeaderWriter {
  #bytes: Uint8Array;
  #at = 0;

  /** Begins with that many records without headers. */
  constructor(recordsBefore: number) {
    this.#bytes = new Uint8Array(Math.max(256, recordsBefore * 4));
    this.#at = recordsBefore * 2;
  }

  append(headers: readonly Header[]): void {
    this.#reserve(2);
    this.#uint16(headers.length);
    for (const header of headers) {
      const name = encodedName(header.name);
      this.#reserve(name.byteLength + 6);
      this.#uint16(name.byteLength);
      this.#put(name);
      if (header instanceof NumberedHeader) this.#numbered(header);
      else this.#value(header.value);
    }
  }

  /** A view of what was written. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  #value(value: Uint8Array | null): void {
    if (value === null) {
      this.#int32(-1);
      return;
    }
    this.#reserve(value.byteLength + 4);
    this.#int32(value.byteLength);
    this.#put(value);
  }

  #numbered({ prefix, number }: NumberedHeader): void {
    this.#reserve(4 + prefix.length + maxDigits);
    let digits = 1;
    for (let rest = number; rest >= 10; rest /= 10) digits++;
    this.#int32(prefix.length + digits);
    const end = writeByteString(prefix, this.#bytes, this.#at) + digits;
    let rest = number;
    for (let at = end - 1; at >= end - digits; at--) {
      const tenth = Math.floor(rest / 10);
      this.#bytes[at] = 0x30 + (rest - tenth * 10);
      rest = tenth;
    }
    this.#at = end;
  }

  #put(bytes: Uint8Array): void {
    // A call to set costs more than a few bytes do.
    if (bytes.byteLength > 32) this.#bytes.set(bytes, this.#at);
    else for (let index = 0; index < bytes.byteLength; index++) this.#bytes[this.#at + index] = bytes[index] as number;
    this.#at += bytes.byteLength;
  }

  #uint16(value: number): void {
    this.#bytes[this.#at] = value & 0xff;
    this.#bytes[this.#at + 1] = value >>> 8;
    this.#at += 2;
  }

  #int32(value: number): void {
    this.#bytes[this.#at] = value & 0xff;
    this.#bytes[this.#at + 1] = (value >> 8) & 0xff;
    this.#bytes[this.#at + 2] = (value >> 16) & 0xff;
    this.#bytes[this.#at + 3] = value >>> 24;
    this.#at += 4;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(this.#bytes.byteLength * 2, this.#at + length));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}
