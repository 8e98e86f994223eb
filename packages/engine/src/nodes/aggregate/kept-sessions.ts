import type { ByteString } from '../../log/byte-string.ts';
import type { StoreAccess, Stored } from '../../state/layered-store.ts';
import { decodeSegment, numberBytes, segmentBytes } from '../../state/store-address.ts';

/** A session of a key: its window reaches from its first record to its last, both inclusive. */
export interface Session {
  readonly start: number;
  readonly end: number;
  readonly stored: Stored;
}

/** Where a session stands in its store. */
export interface SessionPlace {
  readonly segment: number;
  readonly address: ByteString;
}

/**
 * How sessions lie in a store. Segments are buckets of ends, an address is the key and the session's start, so that a session that grows
 * mostly stays where it is. The timestamp of a session's result is the session's end, and so the stored one is where the end is kept.
 */
export class KeptSessions {
  readonly #store: Pick<StoreAccess, 'range' | 'segmentsBetween'>;
  readonly #bucketMs: number;

  constructor(store: Pick<StoreAccess, 'range' | 'segmentsBetween'>, bucketMs: number) {
    this.#store = store;
    this.#bucketMs = bucketMs;
  }

  place(key: ByteString, start: number, end: number): SessionPlace {
    return { segment: this.#bucketOf(end), address: key + numberBytes(start) };
  }

  /** The sessions of a key that end at `from` or later and start at `to` or earlier, by their start. Sessions of a key are apart. */
  find(key: ByteString, from: number, to: number): readonly Session[] {
    const found: Session[] = [];
    const earliest = Math.max(0, from);
    const after = key + numberBytes(to + 1);
    for (const bucket of this.#store.segmentsBetween(this.#bucketOf(earliest), Number.MAX_SAFE_INTEGER)) {
      let limit = 3;
      for (let isOver = false; !isOver; limit *= 4) {
        const entries = this.#store.range(bucket, key + numberBytes(0), after, { reverse: true, limit });
        const near: Session[] = [];
        isOver = entries.length < limit;
        for (const { key: address, stored } of entries) {
          // Another key may be this one and more bytes.
          if (address.length !== key.length + segmentBytes) continue;
          if (stored.timestamp < earliest) {
            isOver = true;
            break;
          }
          near.push({ start: decodeSegment(address, key.length), end: stored.timestamp, stored });
        }
        if (isOver) found.push(...near.reverse());
      }
    }
    return found;
  }

  #bucketOf(end: number): number {
    return end - (end % this.#bucketMs);
  }
}
