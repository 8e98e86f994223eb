import { formatPath, unsafeNumbers } from '@millrace/expression';
import { type ByteString, byteStringToBytes, bytesToByteString, writeByteString } from './byte-string.ts';
import { currentKey } from './key-bytes.ts';
import { isNestedTooDeep, nestingMax } from './nesting.ts';

/**
 * How a key becomes bytes. Two inputs that meet must agree, since equal keys meet by equal bytes.
 * `string` raw UTF-8; `json` JSON text with sorted properties; `int32`, `int64`, `double` big-endian; `bytes` as they are, shown as base64.
 */
export const keyFormats = ['string', 'json', 'int32', 'int64', 'double', 'bytes'] as const;
export type KeyFormat = (typeof keyFormats)[number];

/** A decoded key: JSON data; null is a null key. */
export type KeyValue = unknown;

/** The bytes or the value do not fit the key format. */
export class KeyFormatError extends Error {
  readonly code = 'key-format';
}

const encoder = new TextEncoder();
/** Enough for two times of any length and what stands around them. */
const frameBytes = 64;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws KeyFormatError when the value does not fit the format. */
export function encodeKey(format: KeyFormat, key: KeyValue): ByteString {
  switch (format) {
    case 'string': {
      if (typeof key !== 'string') throw misfit(format, key);
      return currentKey.read(key).isAscii ? key : encodeText(key);
    }
    case 'json':
      return encodeText(sortedJson(key));
    case 'int32': {
      if (typeof key !== 'number' || (key | 0) !== key) throw misfit(format, key);
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setInt32(0, key);
      return bytesToByteString(bytes);
    }
    case 'int64': {
      if (typeof key !== 'number' || !Number.isSafeInteger(key)) throw misfit(format, key);
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigInt64(0, BigInt(key));
      return bytesToByteString(bytes);
    }
    case 'double': {
      if (typeof key !== 'number' || !Number.isFinite(key)) throw misfit(format, key);
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setFloat64(0, key);
      return bytesToByteString(bytes);
    }
    case 'bytes': {
      if (typeof key !== 'string') throw misfit(format, key);
      return decodeBase64(key);
    }
  }
}

/** @throws KeyFormatError when the bytes do not fit the format. */
export function decodeKey(format: KeyFormat, bytes: ByteString): KeyValue {
  switch (format) {
    case 'string':
      return isAscii(bytes) ? bytes : decodeText(format, bytes);
    case 'json': {
      const text = decodeText(format, bytes);
      const key = parseJson(text);
      if (isNestedTooDeep(text, key)) {
        throw new KeyFormatError(`The key is nested more than ${nestingMax} levels deep.`);
      }
      return key;
    }
    case 'int32':
      return view(format, bytes, 4).getInt32(0);
    case 'int64': {
      const value = view(format, bytes, 8).getBigInt64(0);
      const number = Number(value);
      if (!Number.isSafeInteger(number)) {
        throw new KeyFormatError(`The key ${value} is beyond ±(2^53−1). Read it in the format bytes.`);
      }
      return number;
    }
    case 'double': {
      const number = view(format, bytes, 8).getFloat64(0);
      if (!Number.isFinite(number)) throw new KeyFormatError(`The key ${number} is not a finite number.`);
      return number;
    }
    case 'bytes':
      return encodeBase64(bytes);
  }
}

/**
 * What stands around the key in the key of a windowed record, which is the JSON {"key","start","end"}, sorted. Windows come in long runs,
 * so the last one's form is kept.
 */
export class WindowedKeyFrame {
  #start = Number.NaN;
  #end = Number.NaN;
  readonly #before = new Uint8Array(frameBytes);
  readonly #after = new Uint8Array(frameBytes);
  /** What stands around a key that is written between quotes: ASCII, of which the first bytes count. */
  readonly before = new DataView(this.#before.buffer);
  readonly after = new DataView(this.#after.buffer);
  beforeLength = 0;
  afterLength = 0;

  /** Sets the frame to a window; `start` and `end` are epoch milliseconds. */
  move({ start, end }: { readonly start: number; readonly end: number }): void {
    if (start === this.#start && end === this.#end) return;
    this.#start = start;
    this.#end = end;
    this.beforeLength = writeByteString(`{"end":${end},"key":"`, this.#before, 0);
    this.afterLength = writeByteString(`","start":${start}}`, this.#after, 0);
  }
}

/** The key of a windowed record as JSON in bytes; null when a {@link WindowedKeyFrame} around the key itself, a text of ASCII, is that. */
export function windowedKeyJson(
  key: KeyValue,
  { start, end }: { readonly start: number; readonly end: number },
): ByteString | null {
  if (typeof key === 'string' && currentKey.read(key).isPlain) return null;
  return encodeText(`{"end":${end},"key":${sortedJson(key)},"start":${start}}`);
}

/** JSON text with properties in code unit order, so that equal values have equal bytes. */
export function sortedJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const properties = Object.keys(value)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${sortedJson((value as Record<string, unknown>)[name])}`);
    return `{${properties.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** Keys are short, and a loop is done before a regular expression has begun. */
function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

/** A number that would become another is refused; one that an expression gave is written so that it stays the same. */
function parseJson(text: string): unknown {
  let key: unknown;
  try {
    key = JSON.parse(text);
  } catch {
    throw new KeyFormatError('The key is not JSON.');
  }
  for (const { start, end, path } of unsafeNumbers(text)) {
    const token = text.slice(start, end);
    if (String(Number(token)) === token) continue;
    const digits = token.length > 30 ? `${token.slice(0, 30)}…` : token;
    const place = path.length === 0 ? '' : ` at ${formatPath(path)}`;
    throw new KeyFormatError(
      `The key holds ${digits}${place}, beyond ±(2^53−1), where numbers lose digits. Read it in the format string.`,
    );
  }
  return key;
}

function encodeText(text: string): ByteString {
  return isAscii(text) ? text : bytesToByteString(encoder.encode(text));
}

function decodeText(format: KeyFormat, bytes: ByteString): string {
  try {
    return strictUtf8.decode(byteStringToBytes(bytes));
  } catch {
    throw new KeyFormatError(
      `The key is not valid UTF-8, so it cannot be read in the format ${format}. Read it in the format bytes.`,
    );
  }
}

function view(format: KeyFormat, bytes: ByteString, length: number): DataView {
  if (bytes.length !== length) {
    throw new KeyFormatError(`The key has ${bytes.length} bytes; the format ${format} has ${length}.`);
  }
  return new DataView(byteStringToBytes(bytes).buffer);
}

function misfit(format: KeyFormat, key: KeyValue): KeyFormatError {
  const shown = JSON.stringify(key) ?? 'nothing';
  return new KeyFormatError(
    `The key ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown} does not fit the key format ${format}.`,
  );
}

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function encodeBase64(bytes: ByteString): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group =
      (bytes.charCodeAt(at) << 16) | ((bytes.charCodeAt(at + 1) || 0) << 8) | (bytes.charCodeAt(at + 2) || 0);
    const digits = Math.min(4, bytes.length - at + 1);
    for (let digit = 0; digit < 4; digit++) {
      text += digit < digits ? base64Digits[(group >> (18 - digit * 6)) & 63] : '=';
    }
  }
  return text;
}

function decodeBase64(text: string): ByteString {
  const digits = text.replace(/=+$/, '');
  let bytes = '';
  let bits = 0;
  let held = 0;
  for (const digit of digits) {
    const value = base64Digits.indexOf(digit);
    if (value < 0) throw new KeyFormatError('A key of the format bytes is written in base64.');
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += String.fromCharCode((held >> bits) & 0xff);
    }
  }
  return bytes;
}
