import type { ByteString } from '../../log/byte-string.ts';
import type { StoreAccess } from '../../state/layered-store.ts';
import { decodeSegment, numberBytes, segmentBytes } from '../../state/store-address.ts';

/** A window that is to be looked at when its time has come; `tail` is what its owner needs to find it. */
export interface ClosingEntry {
  readonly time: number;
  readonly tail: ByteString;
}

/**
 * Open windows in the order in which they close, in a store of their own: `time`, then `tail`. An entry is taken once. None may be added
 * before the time up to which entries were taken.
 */
export class ClosingIndex {
  readonly #store: StoreAccess;
  /** No entry is earlier; null when that is not known, as after a restart. */
  #least: number | null = null;
  #takenUpTo = 0;

  constructor(store: StoreAccess) {
    this.#store = store;
  }

  add(time: number, tail: ByteString): void {
    this.#store.put(0, numberBytes(time) + tail, 1, time);
    if (this.#least !== null && time < this.#least) this.#least = time;
  }

  /** Whether there is an entry up to a time (inclusive). */
  hasUpTo(time: number): boolean {
    this.#least ??= this.#next(0);
    return this.#least <= time;
  }

  /** Takes the entries before a time (exclusive), in order. */
  take(before: number): readonly ClosingEntry[] {
    if (before <= 0) return [];
    this.#least ??= this.#next(0);
    if (before <= this.#least) return [];
    const from = numberBytes(this.#takenUpTo);
    const taken: ClosingEntry[] = [];
    for (const { key } of this.#store.range(0, from, numberBytes(before))) {
      const time = decodeSegment(key);
      taken.push({ time, tail: key.slice(segmentBytes) });
      this.#store.put(0, key, null, time);
    }
    this.#takenUpTo = before;
    this.#least = this.#next(before);
    return taken;
  }

  #next(from: number): number {
    const [first] = this.#store.range(0, numberBytes(from), null, { limit: 1 });
    return first === undefined ? Number.POSITIVE_INFINITY : decodeSegment(first.key);
  }
}
