import type { ByteString } from '../log/byte-string.ts';
import type { NumberCell } from '../runtime/number-cell.ts';
import type { KeyedEntry, StoreAccess } from './layered-store.ts';
import { decodeSegment, numberBytes, segmentBytes } from './store-address.ts';
import type { Row, TableRows } from './table-rows.ts';

/** What became of a version that was put: the time of the next one, null when there is none; or it was too old to be kept. */
export type PutVersion = { readonly isIgnored: false; readonly validTo: number | null } | { readonly isIgnored: true };

/** A row as it was at a time, and until when: the time of the next version, null for the latest. */
export interface VersionedRow extends Row {
  readonly validTo: number | null;
}

const ignored: PutVersion = { isIgnored: true };
const latest: PutVersion = { isIgnored: false, validTo: null };

/** How much of the history one segment of its store holds, so that what has expired is dropped in few pieces. */
export function historyBucketMs(historyMs: number): number {
  return Math.max(1000, Math.ceil(historyMs / 8));
}

/** The numbers that follow the key in an address of the history. */
export const historySuffix = ['validTo', 'isDeleted'] as const;

/**
 * A table that remembers for a while what its rows were. The latest value of each key lies in one store as in any table. What was valid
 * before lies in another, from its own time (the entry's timestamp) up to the time of the next version (in the address), in segments of
 * that time. The versions of a key follow each other without gaps: a deletion is a version too. Where the latest version is a deletion, it
 * begins where the newest entry of the history ends; one that nothing came before stands there with no length.
 *
 * Versions older than the table's stream time by more than the history are neither put nor found (Kafka Streams' RocksDBVersionedStore).
 */
export class VersionedTable implements TableRows {
  readonly #latest: StoreAccess;
  readonly #history: StoreAccess;
  readonly #historyMs: number;
  readonly #bucketMs: number;
  /** The greatest time put so far. */
  readonly #observed: NumberCell;

  constructor(latestRows: StoreAccess, history: StoreAccess, historyMs: number, observed: NumberCell) {
    this.#latest = latestRows;
    this.#history = history;
    this.#historyMs = historyMs;
    this.#bucketMs = historyBucketMs(historyMs);
    this.#observed = observed;
  }

  get(key: ByteString): Row | undefined {
    return this.#latest.get(0, key);
  }

  asOf(key: ByteString, timestamp: number): VersionedRow | undefined {
    const current = this.#latest.get(0, key);
    if (current !== undefined && current.timestamp <= timestamp) {
      return { value: current.value, timestamp: current.timestamp, validTo: null };
    }
    if (timestamp < this.#observed.value - this.#historyMs) return undefined;
    const version = this.#versionEndingAfter(key, timestamp);
    if (version === undefined || version.validFrom > timestamp || version.isDeleted) return undefined;
    return { value: version.value, timestamp: version.validFrom, validTo: version.validTo };
  }

  /** `value: null` is the deletion of the row at that time. A version of the same time is replaced. */
  put(key: ByteString, value: unknown, timestamp: number): PutVersion {
    if (timestamp < this.#observed.value - this.#historyMs) return ignored;
    if (timestamp > this.#observed.value) this.#observed.value = timestamp;
    const current = this.#latest.get(0, key);
    if (current === undefined) return this.#putBesideDeletion(key, value, timestamp);
    if (timestamp < current.timestamp) return this.#putIntoPast(key, value, timestamp, current.timestamp);
    if (timestamp > current.timestamp) this.#keep(key, current.timestamp, timestamp, current.value);
    this.#putLatest(key, value, timestamp);
    return latest;
  }

  /** The latest version is a deletion, or there is none. */
  #putBesideDeletion(key: ByteString, value: unknown, timestamp: number): PutVersion {
    const newest = this.#newestVersion(key);
    if (newest !== undefined) {
      const deletedAt = newest.validTo;
      if (timestamp < deletedAt) return this.#putIntoPast(key, value, timestamp, deletedAt);
      if (newest.validFrom === deletedAt) this.#forget(newest);
      if (timestamp > deletedAt) this.#keep(key, deletedAt, timestamp, null);
    }
    this.#putLatest(key, value, timestamp);
    return latest;
  }

  #putLatest(key: ByteString, value: unknown, timestamp: number): void {
    this.#latest.put(0, key, value, timestamp);
    if (value !== null) return;
    // A deletion is known by where the history ends.
    if (this.#newestVersion(key)?.validTo !== timestamp) this.#keep(key, timestamp, timestamp, null);
  }

  /** Puts a version in front of one that is there: what was valid then ends where it begins. */
  #putIntoPast(key: ByteString, value: unknown, timestamp: number, latestFrom: number): PutVersion {
    const found = this.#versionEndingAfter(key, timestamp);
    if (found === undefined) {
      this.#keep(key, timestamp, latestFrom, value);
      return { isIgnored: false, validTo: latestFrom };
    }
    if (found.validFrom > timestamp || found.validFrom === found.validTo) {
      if (found.validFrom === found.validTo) this.#forget(found);
      this.#keep(key, timestamp, found.validFrom, value);
      return { isIgnored: false, validTo: found.validFrom };
    }
    this.#forget(found);
    if (found.validFrom < timestamp) {
      this.#keep(key, found.validFrom, timestamp, found.isDeleted ? null : found.value);
    }
    this.#keep(key, timestamp, found.validTo, value);
    return { isIgnored: false, validTo: found.validTo };
  }

  #keep(key: ByteString, validFrom: number, validTo: number, value: unknown): void {
    const isDeleted = value === null;
    const address = key + numberBytes(validTo) + numberBytes(isDeleted ? 1 : 0);
    this.#history.put(this.#bucketOf(validTo), address, isDeleted ? true : value, validFrom);
  }

  #forget({ address, validFrom, validTo }: Version): void {
    this.#history.put(this.#bucketOf(validTo), address, null, validFrom);
  }

  #versionEndingAfter(key: ByteString, timestamp: number): Version | undefined {
    const from = key + numberBytes(timestamp + 1);
    for (const bucket of this.#history.segmentsBetween(this.#bucketOf(timestamp), Number.MAX_SAFE_INTEGER)) {
      const version = this.#firstOf(key, bucket, from, false);
      if (version !== undefined) return version;
    }
    return undefined;
  }

  #newestVersion(key: ByteString): Version | undefined {
    for (const bucket of this.#history.segmentsBetween(0, Number.MAX_SAFE_INTEGER).toReversed()) {
      const version = this.#firstOf(key, bucket, key, true);
      if (version !== undefined) return version;
    }
    return undefined;
  }

  /** The first (or last) version of a key in a bucket from an address on. */
  #firstOf(key: ByteString, bucket: number, from: ByteString, reverse: boolean): Version | undefined {
    // Numbers have seven bits a byte, so this is greater than all that follow the key.
    const to = `${key}\x80`;
    const isOfKey = (entry: KeyedEntry): boolean =>
      entry.key.length === key.length + historySuffix.length * segmentBytes;
    const [first] = this.#history.range(bucket, from, to, { reverse, limit: 1 });
    // A longer key may begin like this one and a number; then all have to be looked at.
    const found =
      first === undefined || isOfKey(first) ? first : this.#history.range(bucket, from, to, { reverse }).find(isOfKey);
    return found === undefined ? undefined : version(found, key.length);
  }

  #bucketOf(timestamp: number): number {
    return timestamp - (timestamp % this.#bucketMs);
  }
}

interface Version {
  readonly address: ByteString;
  readonly validFrom: number;
  readonly validTo: number;
  readonly isDeleted: boolean;
  readonly value: unknown;
}

function version({ key: address, stored }: KeyedEntry, keyLength: number): Version {
  return {
    address,
    validFrom: stored.timestamp,
    validTo: decodeSegment(address, keyLength),
    isDeleted: decodeSegment(address, keyLength + segmentBytes) === 1,
    value: stored.value,
  };
}
