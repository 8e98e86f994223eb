import type { ByteString } from '../../log/byte-string.ts';
import type { NumberCell } from '../../runtime/number-cell.ts';
import type { KeyedEntry, StoreAccess } from '../../state/layered-store.ts';
import { numberBytes, segmentBytes } from '../../state/store-address.ts';
import { decodeTimeFirst, timeFirst } from './timed-address.ts';

export interface UnmatchedRow {
  readonly timestamp: number;
  readonly key: ByteString;
  readonly value: unknown;
  readonly address: ByteString;
}

/** Records of one side of a stream join that have found no partner so far, in the order of their times, keys and arrival. */
export class UnmatchedRows {
  readonly #store: StoreAccess;
  readonly #sequence: NumberCell;
  /** No row is older: walks begin here, and not among all that came and went before. */
  readonly #oldest: NumberCell;

  constructor(store: StoreAccess, sequence: NumberCell, oldest: NumberCell) {
    this.#store = store;
    this.#sequence = sequence;
    this.#oldest = oldest;
  }

  put(timestamp: number, key: ByteString, value: unknown): void {
    this.#oldest.value = Math.min(this.#oldest.value, timestamp);
    this.#store.put(0, timeFirst(timestamp, key, this.#sequence.value++), value, timestamp);
  }

  /** Forgets all rows of a key and time, which have found a partner. */
  delete(timestamp: number, key: ByteString): void {
    if (timestamp < this.#oldest.value) return;
    const begin = numberBytes(timestamp) + key;
    const addressLength = begin.length + segmentBytes;
    for (const { key: address } of this.#store.range(0, begin, `${begin}\x80`)) {
      if (address.length === addressLength) this.#store.put(0, address, null, timestamp);
    }
  }

  remove(row: UnmatchedRow): void {
    this.#store.put(0, row.address, null, row.timestamp);
  }

  /** The rows that are older than `timestamp`. */
  before(timestamp: number): readonly UnmatchedRow[] {
    if (timestamp <= this.#oldest.value) return [];
    return this.#store.range(0, numberBytes(this.#oldest.value), numberBytes(timestamp)).map(unmatchedRow);
  }

  /** The first row at or after `timestamp`. */
  from(timestamp: number): UnmatchedRow | undefined {
    const begin = Math.max(timestamp, this.#oldest.value);
    return Number.isFinite(begin) ? this.#first(numberBytes(begin)) : undefined;
  }

  /** The first row after this one that is not of the same time and key. */
  after(row: UnmatchedRow): UnmatchedRow | undefined {
    let next = this.#first(`${row.address}\0`);
    while (next !== undefined && next.timestamp === row.timestamp && next.key === row.key) {
      next = this.#first(`${next.address}\0`);
    }
    return next;
  }

  last(): UnmatchedRow | undefined {
    if (!Number.isFinite(this.#oldest.value)) return undefined;
    const [last] = this.#store.range(0, numberBytes(this.#oldest.value), null, { reverse: true, limit: 1 });
    return last === undefined ? undefined : unmatchedRow(last);
  }

  /** All rows before `timestamp` are gone. */
  forgetBefore(timestamp: number): void {
    this.#oldest.value = this.from(timestamp)?.timestamp ?? Number.POSITIVE_INFINITY;
  }

  #first(address: ByteString): UnmatchedRow | undefined {
    const [first] = this.#store.range(0, address, null, { limit: 1 });
    return first === undefined ? undefined : unmatchedRow(first);
  }
}

function unmatchedRow({ key: address, stored }: KeyedEntry): UnmatchedRow {
  return { ...decodeTimeFirst(address), value: stored.value, address };
}
