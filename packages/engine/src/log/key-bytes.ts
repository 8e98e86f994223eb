import type { ByteString } from './byte-string.ts';

/**
 * A key as bytes, good until another key is asked for. On its way through a task a key is looked at by many: a store finds its row,
 * changelog and output write it, its partition is chosen. A text that was cut out of a batch costs 2 to 3 ns a character to look through,
 * so it is done once.
 */
export class KeyBytes {
  /** The first `length` of these. */
  bytes = new Uint8Array(256);
  view = new DataView(this.bytes.buffer);
  length = 0;
  /** FNV-1a over the bytes, then the finish of murmur3, so that all bits depend on all. For tables in memory alone: it may change. */
  hash = 0;
  isAscii = true;
  #text: ByteString | null = null;

  /** Sets it to a key, if it is not that already. Of a text that is no byte string, only `isAscii` holds, which is false then. */
  read(key: ByteString): this {
    // As a rule it is the very same text, which is seen without looking into it.
    return key === this.#text ? this : this.load(key);
  }

  /** The next key will be another one: to compare two texts that are not the same costs as much as to read one. */
  forget(): void {
    this.#text = null;
  }

  /** Whether JSON writes it as it is: ASCII without control characters, quotes or backslashes. */
  get isPlain(): boolean {
    const { bytes, length } = this;
    for (let index = 0; index < length; index++) {
      const byte = bytes[index] as number;
      if (byte < 0x20 || byte === 0x22 || byte === 0x5c) return false;
    }
    return this.isAscii;
  }

  /** The same for a key that is known to be another one. */
  load(key: ByteString): this {
    const { length } = key;
    if (length > this.bytes.length) {
      this.bytes = new Uint8Array(length * 2);
      this.view = new DataView(this.bytes.buffer);
    }
    const { bytes } = this;
    let hash = 0x811c9dc5 ^ length;
    let allBits = 0;
    for (let index = 0; index < length; index++) {
      const byte = key.charCodeAt(index);
      allBits |= byte;
      bytes[index] = byte;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    hash ^= hash >>> 16;
    hash = Math.imul(hash, 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    this.hash = hash ^ (hash >>> 16);
    this.isAscii = allBits <= 0x7f;
    this.length = length;
    this.#text = key;
    return this;
  }
}

/** That of the record being processed, for all that take part: nothing here outlives a call. */
export const currentKey = new KeyBytes();
