import type { ByteString } from '../log/byte-string.ts';

/** Keys a chunk holds at most; a full one is cut in two. */
const chunkMax = 512;

/**
 * Byte strings in order, for walking over ranges: sorted chunks of bounded length, so that an insertion moves few. A key is there once.
 */
export class SortedKeys {
  #chunks: ByteString[][];

  constructor(keys: Iterable<ByteString>) {
    const sorted = [...keys].sort();
    this.#chunks = [];
    for (let at = 0; at < sorted.length; at += chunkMax / 2) this.#chunks.push(sorted.slice(at, at + chunkMax / 2));
  }

  add(key: ByteString): void {
    const chunks = this.#chunks;
    if (chunks.length === 0) {
      chunks.push([key]);
      return;
    }
    const index = this.#chunkOf(key);
    const chunk = chunks[index] as ByteString[];
    const at = lowerBound(chunk, key);
    if (chunk[at] === key) return;
    chunk.splice(at, 0, key);
    if (chunk.length > chunkMax) chunks.splice(index + 1, 0, chunk.splice(chunkMax / 2));
  }

  delete(key: ByteString): void {
    if (this.#chunks.length === 0) return;
    const index = this.#chunkOf(key);
    const chunk = this.#chunks[index] as ByteString[];
    const at = lowerBound(chunk, key);
    if (chunk[at] !== key) return;
    chunk.splice(at, 1);
    if (chunk.length === 0) this.#chunks.splice(index, 1);
  }

  /** Keys from `from` (inclusive) to `to` (exclusive, null without end), in order or in reverse. Not while keys are added or deleted. */
  *between(from: ByteString, to: ByteString | null, reverse: boolean): Iterable<ByteString> {
    if (this.#chunks.length === 0) return;
    if (reverse) {
      for (let index = to === null ? this.#chunks.length - 1 : this.#chunkOf(to); index >= 0; index--) {
        const chunk = this.#chunks[index] as ByteString[];
        for (let at = (to === null ? chunk.length : lowerBound(chunk, to)) - 1; at >= 0; at--) {
          const key = chunk[at] as ByteString;
          if (key < from) return;
          yield key;
        }
      }
      return;
    }
    for (let index = this.#chunkOf(from); index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index] as ByteString[];
      for (let at = lowerBound(chunk, from); at < chunk.length; at++) {
        const key = chunk[at] as ByteString;
        if (to !== null && key >= to) return;
        yield key;
      }
    }
  }

  /** The chunk in which a key is or would be. */
  #chunkOf(key: ByteString): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (((this.#chunks[middle] as ByteString[])[0] as ByteString) <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The index of the first key that is not less. */
function lowerBound(keys: readonly ByteString[], key: ByteString): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] as ByteString) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
