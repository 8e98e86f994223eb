import { nestingMax } from '../log/nesting.ts';

/**
 * Walks over JSON in bytes, which must be valid UTF-8, without building anything. What a walk passes is JSON that `JSON.parse` takes; of what
 * it refuses (with -1) `JSON.parse` can say why.
 */

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const minus = 0x2d;
const zero = 0x30;
const nine = 0x39;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** The place of the first byte from `at` on that is not white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  // Nothing that JSON has outside strings is below white space, and mostly there is none.
  return (bytes[at] as number) > 0x20 ? at : skipSpaces(bytes, at);
}

function skipSpaces(bytes: Uint8Array, at: number): number {
  let place = at;
  for (;;) {
    const byte = bytes[place];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return place;
    place++;
  }
}

/** 1 for each byte that ends a run of plain characters in a string: quote, backslash, control characters. */
const endsRun = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === quote || byte === backslash || byte < 0x20 ? 1 : 0,
);

/**
 * From an opening quote to the place after the closing one; -1 when it is not a string without escapes. `view` is one of the same bytes: four
 * of them are looked at at once. With x the word with the wanted byte taken out of each byte (xor), (x - 0x01010101) & ~x has the high bit of
 * the lowest byte set that was it; the same subtraction of 0x20 tells bytes below it (H. Warren, Hacker's Delight, 6-1).
 */
export function skipPlainString(bytes: Uint8Array, view: DataView, at: number, end: number): number {
  let place = at + 1;
  for (const last = end - 4; place <= last; place += 4) {
    const word = view.getInt32(place, true);
    const quotes = word ^ 0x22222222;
    const backslashes = word ^ 0x5c5c5c5c;
    const ends =
      ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes) | ((word - 0x20202020) & ~word);
    if ((ends & 0x80808080) !== 0) break;
  }
  while (place < end && endsRun[bytes[place] as number] === 0) place++;
  return place < end && bytes[place] === quote ? place + 1 : -1;
}

/** From an opening quote to the place after the closing one; -1 when it is not a string. */
export function skipString(bytes: Uint8Array, at: number, end: number): number {
  for (let place = at + 1; place < end; place++) {
    const byte = bytes[place] as number;
    if (byte === quote) return place + 1;
    if (byte < 0x20) return -1;
    if (byte !== backslash) continue;
    place++;
    const escaped = bytes[place];
    if (escaped === 0x75) {
      for (let digit = 1; digit <= 4; digit++) if (!isHexDigit(bytes[place + digit] ?? 0)) return -1;
      place += 4;
    } else if (!isSimpleEscape(escaped)) {
      return -1;
    }
  }
  return -1;
}

/** From a minus or digit to the place after the number; -1 when it is none. */
export function skipNumber(bytes: Uint8Array, at: number, end: number): number {
  let place = at;
  if (bytes[place] === minus) place++;
  if (bytes[place] === zero && place < end) {
    place++;
  } else {
    place = skipDigits(bytes, place, end);
    if (place < 0) return -1;
  }
  if (place < end && bytes[place] === 0x2e) {
    place = skipDigits(bytes, place + 1, end);
    if (place < 0) return -1;
  }
  if (place < end && ((bytes[place] as number) | 0x20) === 0x65) {
    place++;
    if (place < end && (bytes[place] === 0x2b || bytes[place] === minus)) place++;
    place = skipDigits(bytes, place, end);
  }
  return place;
}

/** From the first byte of a value to the place after it; -1 when it is no value. `depth`: levels that it lies in. */
export function skipValue(bytes: Uint8Array, at: number, end: number, depth: number): number {
  if (at >= end) return -1;
  const byte = bytes[at] as number;
  if (byte === quote) return skipString(bytes, at, end);
  if (byte === minus || (byte >= zero && byte <= nine)) return skipNumber(bytes, at, end);
  if (byte === openBrace) return depth >= nestingMax ? -1 : skipObject(bytes, at, end, depth);
  if (byte === openBracket) return depth >= nestingMax ? -1 : skipArray(bytes, at, end, depth);
  return skipLiteral(bytes, at, end);
}

function skipObject(bytes: Uint8Array, at: number, end: number, depth: number): number {
  let place = skipSpace(bytes, at + 1);
  if (place < end && bytes[place] === closeBrace) return place + 1;
  for (;;) {
    if (place >= end || bytes[place] !== quote) return -1;
    place = skipString(bytes, place, end);
    if (place < 0) return -1;
    place = skipSpace(bytes, place);
    if (place >= end || bytes[place] !== colon) return -1;
    place = skipValue(bytes, skipSpace(bytes, place + 1), end, depth + 1);
    if (place < 0) return -1;
    place = skipSpace(bytes, place);
    if (place >= end) return -1;
    if (bytes[place] === closeBrace) return place + 1;
    if (bytes[place] !== comma) return -1;
    place = skipSpace(bytes, place + 1);
  }
}

function skipArray(bytes: Uint8Array, at: number, end: number, depth: number): number {
  let place = skipSpace(bytes, at + 1);
  if (place < end && bytes[place] === closeBracket) return place + 1;
  for (;;) {
    place = skipValue(bytes, place, end, depth + 1);
    if (place < 0) return -1;
    place = skipSpace(bytes, place);
    if (place >= end) return -1;
    if (bytes[place] === closeBracket) return place + 1;
    if (bytes[place] !== comma) return -1;
    place = skipSpace(bytes, place + 1);
  }
}

/** `true`, `false` or `null`. */
function skipLiteral(bytes: Uint8Array, at: number, end: number): number {
  const literal = literals[bytes[at] as number];
  if (literal === undefined || at + literal.length > end) return -1;
  for (let index = 1; index < literal.length; index++) if (bytes[at + index] !== literal[index]) return -1;
  return at + literal.length;
}

const literals: { readonly [first: number]: readonly number[] } = {
  116: [0x74, 0x72, 0x75, 0x65],
  102: [0x66, 0x61, 0x6c, 0x73, 0x65],
  110: [0x6e, 0x75, 0x6c, 0x6c],
};

/** Where a field's value lies; a string with escapes has a negative end. */
export interface FieldPlace {
  readonly start: number;
  readonly end: number;
}

/**
 * The field of an object that was walked over before, by its name in quotes; the last of equal names. Null when there is none;
 * undefined when a name is written with escapes, so that it cannot be told.
 */
export function findField(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  quotedName: Uint8Array,
): FieldPlace | null | undefined {
  let found: FieldPlace | null = null;
  let place = skipSpace(bytes, skipSpace(bytes, at) + 1);
  while (bytes[place] === quote) {
    const nameEnd = skipPlainString(bytes, view, place, end);
    if (nameEnd < 0) return undefined;
    const isWanted = nameEnd - place === quotedName.length && isAt(bytes, place, quotedName);
    const start = skipSpace(bytes, skipSpace(bytes, nameEnd) + 1);
    const after = skipValue(bytes, start, end, 1);
    if (isWanted) {
      const hasEscapes = bytes[start] === quote && skipPlainString(bytes, view, start, end) < 0;
      found = { start, end: hasEscapes ? -after : after };
    }
    place = skipSpace(bytes, after);
    if (bytes[place] === comma) place = skipSpace(bytes, place + 1);
  }
  return found;
}

/** Whether the wanted bytes stand at a place. */
function isAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[at + index] !== wanted[index]) return false;
  return true;
}

/** At least one digit; -1 when there is none. */
function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  let place = at;
  while (place < end && isDigit(bytes[place] as number)) place++;
  return place === at ? -1 : place;
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

function isSimpleEscape(byte: number | undefined): boolean {
  return (
    byte === quote ||
    byte === backslash ||
    byte === 0x2f ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74
  );
}
