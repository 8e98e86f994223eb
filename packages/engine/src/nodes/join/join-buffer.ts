import type { ByteString } from '../../log/byte-string.ts';
import type { NumberCell } from '../../runtime/number-cell.ts';
import type { StoreAccess } from '../../state/layered-store.ts';
import { decodeSegment, numberBytes, segmentBytes } from '../../state/store-address.ts';
import { keyFirst } from './timed-address.ts';

export interface BufferedValue {
  readonly timestamp: number;
  readonly value: unknown;
}

/** How long records are kept, and by how much time the store is divided; milliseconds. */
export interface JoinRetention {
  readonly retentionMs: number;
  readonly bucketMs: number;
}

/** A probe should meet few buckets, and expired records should not stay much longer than they must. */
export function joinRetention(windowMs: number, graceMs: number): JoinRetention {
  // A window of no length still holds records of equal times.
  const retentionMs = Math.max(1, windowMs + graceMs);
  return { retentionMs, bucketMs: Math.max(1000, windowMs, Math.ceil(retentionMs / 8)) };
}

/**
 * The records of one side of a stream join, for the other side to find: in buckets of time, by key, time and order of arrival. What is older
 * than the retention, by the greatest time put so far, is not there any more, whether its bucket is or not.
 */
export class JoinBuffer {
  readonly #store: StoreAccess;
  readonly #retention: JoinRetention;
  /** The greatest time put so far. */
  readonly #observed: NumberCell;
  readonly #sequence: NumberCell;

  constructor(store: StoreAccess, retention: JoinRetention, observed: NumberCell, sequence: NumberCell) {
    this.#store = store;
    this.#retention = retention;
    this.#observed = observed;
    this.#sequence = sequence;
  }

  /** Records of a key with times from `from` to `to` (both inclusive), in the order of time and arrival. */
  between(key: ByteString, from: number, to: number): readonly BufferedValue[] {
    const least = Math.max(0, from, this.#observed.value - this.#retention.retentionMs + 1);
    if (to < least) return [];
    const found: BufferedValue[] = [];
    const addressLength = key.length + 2 * segmentBytes;
    const first = key + numberBytes(least);
    const end = key + numberBytes(to + 1);
    for (const bucket of this.#store.segmentsBetween(this.#bucketOf(least), to)) {
      for (const { key: address, stored } of this.#store.range(bucket, first, end)) {
        // A longer key may begin like this one and its time.
        if (address.length !== addressLength) continue;
        found.push({ timestamp: decodeSegment(address, key.length), value: stored.value });
      }
    }
    return found;
  }

  /** False when the record is too old to be kept. */
  put(key: ByteString, timestamp: number, value: unknown): boolean {
    if (timestamp > this.#observed.value) this.#observed.value = timestamp;
    if (timestamp <= this.#observed.value - this.#retention.retentionMs) return false;
    this.#store.put(this.#bucketOf(timestamp), keyFirst(key, timestamp, this.#sequence.value++), value, timestamp);
    return true;
  }

  #bucketOf(timestamp: number): number {
    return timestamp - (timestamp % this.#retention.bucketMs);
  }
}
