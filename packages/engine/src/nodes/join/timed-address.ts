import type { ByteString } from '../../log/byte-string.ts';
import { decodeKey, encodeKey, type KeyFormat, type KeyValue } from '../../log/key-format.ts';
import type { Window } from '../../runtime/stream-record.ts';
import { decodeSegment, numberBytes, segmentBytes } from '../../state/store-address.ts';

/** Greater than any byte of a number in an address. */
export const afterNumbers: ByteString = '\x80';

/** The bytes by which records of a join meet: their key, and their window where they have one. */
export class JoinKeys {
  readonly #format: KeyFormat;
  readonly #isWindowed: boolean;

  constructor(format: KeyFormat, isWindowed: boolean) {
    this.#format = format;
    this.#isWindowed = isWindowed;
  }

  encode(key: KeyValue, window: Window | null): ByteString {
    const bytes = encodeKey(this.#format, key);
    return this.#isWindowed && window !== null ? bytes + numberBytes(window.start) + numberBytes(window.end) : bytes;
  }

  decode(bytes: ByteString): { readonly key: KeyValue; readonly window: Window | null } {
    if (!this.#isWindowed) return { key: decodeKey(this.#format, bytes), window: null };
    const keyEnd = bytes.length - 2 * segmentBytes;
    const window = { start: decodeSegment(bytes, keyEnd), end: decodeSegment(bytes, keyEnd + segmentBytes) };
    return { key: decodeKey(this.#format, bytes.slice(0, keyEnd)), window };
  }
}

/** An address in which the key comes first, so that one key's records lie together in the order of their times and of their arrival. */
export function keyFirst(key: ByteString, timestamp: number, sequence: number): ByteString {
  return key + numberBytes(timestamp) + numberBytes(sequence);
}

/** An address in which the time comes first, so that all records lie in the order of their times, keys and arrival. */
export function timeFirst(timestamp: number, key: ByteString, sequence: number): ByteString {
  return numberBytes(timestamp) + key + numberBytes(sequence);
}

export interface TimedAddress {
  readonly timestamp: number;
  readonly key: ByteString;
}

export function decodeTimeFirst(address: ByteString): TimedAddress {
  return { timestamp: decodeSegment(address), key: address.slice(segmentBytes, -segmentBytes) };
}
