import { assert } from '../assert.ts';
import { GrowingBytes } from './growing-bytes.ts';

/** A record header. Names are UTF-8 text; a value is any bytes or null. */
export interface Header {
  readonly name: string;
  readonly value: Uint8Array | null;
}

export const noHeaders: readonly Header[] = [];

const encoder = new TextEncoder();

/**
 * A header that counts: its value is a text of ASCII with a number at its end. One object serves record after record, and keeps its encoded
 * form, of which the next number mostly changes a digit or two. Headers are written when they are sent, so nobody sees it change.
 */
export class NumberedHeader implements Header {
  readonly name: string;
  readonly #prefix: string;
  #number: number;
  /** As {@link HeaderWriter} writes a record that has this header alone; the number's digits come last. */
  #encoded: Uint8Array;

  /** `number` is whole and not negative; `prefix` is ASCII. */
  constructor(name: string, prefix: string, number = 0) {
    this.name = name;
    this.#prefix = prefix;
    this.#number = number;
    this.#encoded = encodeAlone(this);
  }

  get value(): Uint8Array {
    return encoder.encode(`${this.#prefix}${this.#number}`);
  }

  get encodedAlone(): Uint8Array {
    return this.#encoded;
  }

  set number(number: number) {
    const before = this.#number;
    if (number === before) return;
    this.#number = number;
    // The same number of digits: those that differ are overwritten, from the last on.
    if (before >= smallMax || number >= smallMax || digitsOf(before) !== digitsOf(number)) {
      this.#encoded = encodeAlone(this);
      return;
    }
    let at = this.#encoded.length - 1;
    let old = before;
    let rest = number;
    while (rest !== old) {
      const tenth = (rest / 10) | 0;
      this.#encoded[at--] = 0x30 + (rest - tenth * 10);
      rest = tenth;
      old = (old / 10) | 0;
    }
  }
}

/** Numbers below it can be handled as 32-bit integers. */
const smallMax = 1_000_000_000;

function digitsOf(number: number): number {
  let digits = 1;
  for (let bound = 10; number >= bound; bound *= 10) digits++;
  return digits;
}

function encodeAlone(header: Header): Uint8Array {
  const bytes = new GrowingBytes();
  bytes.putUint16(1);
  putHeader(bytes, header);
  return bytes.view();
}

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
  readonly #bytes = new GrowingBytes();
  /** Where the last record's headers begin. */
  #lastAt = 0;

  /** Begins with that many records without headers. */
  constructor(recordsBefore: number) {
    this.#bytes.putZeros(recordsBefore * 2);
  }

  /** How many bytes the last record's headers take. */
  get lastBytes(): number {
    return this.#bytes.length - this.#lastAt;
  }

  takeBackLast(): void {
    this.#bytes.takeBack(this.lastBytes);
  }

  append(headers: readonly Header[]): void {
    this.#lastAt = this.#bytes.length;
    const [first] = headers;
    if (headers.length === 1 && first instanceof NumberedHeader) {
      const encoded = first.encodedAlone;
      this.#bytes.putBytes(encoded, 0, encoded.length);
      return;
    }
    this.#bytes.putUint16(headers.length);
    for (const header of headers) putHeader(this.#bytes, header);
  }

  /** A view of what was written. */
  finish(): Uint8Array {
    return this.#bytes.view();
  }
}

function putHeader(bytes: GrowingBytes, { name, value }: Header): void {
  const encoded = encodedName(name);
  bytes.putUint16(encoded.byteLength);
  bytes.putBytes(encoded, 0, encoded.byteLength);
  bytes.putInt32(value === null ? -1 : value.byteLength);
  if (value !== null) bytes.putBytes(value, 0, value.byteLength);
}

const noHeaderTexts: { readonly [name: string]: string | null } = Object.create(null);
const lenientUtf8 = new TextDecoder();

/** Headers as expressions see them: text by name, the last of equal names. */
export function headerTexts(headers: readonly Header[]): { readonly [name: string]: string | null } {
  if (headers.length === 0) return noHeaderTexts;
  const texts: { [name: string]: string | null } = Object.create(null);
  for (const { name, value } of headers) texts[name] = value === null ? null : lenientUtf8.decode(value);
  return texts;
}
