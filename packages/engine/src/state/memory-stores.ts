import { assert } from '../assert.ts';
import type { ByteString } from '../log/byte-string.ts';
import type {
  StoreAddress,
  StoreChange,
  StoreEntry,
  StoreRange,
  StoreSlice,
  StoreTable,
  TaskStores,
} from './store-table.ts';

/** The stores of one task in memory; for tests, previews and the simulator. Kept as long as the object is. */
export class MemoryTaskStores implements TaskStores {
  readonly #tables = new Map<string, MemoryTable>();
  readonly #positions = new Map<string, number>();
  #closed = false;

  table(store: string): StoreTable {
    this.#assertOpen();
    let table = this.#tables.get(store);
    if (table === undefined) {
      table = new MemoryTable();
      this.#tables.set(store, table);
    }
    return table;
  }

  position(store: string): number {
    this.#assertOpen();
    return this.#positions.get(store) ?? 0;
  }

  async write(slices: readonly StoreSlice[]): Promise<void> {
    this.#assertOpen();
    for (const { store, changes, droppedSegments, position } of slices) {
      const table = this.table(store) as MemoryTable;
      for (const change of changes) table.apply(change);
      for (const segment of droppedSegments) table.drop(segment);
      this.#positions.set(store, position);
    }
  }

  async clear(stores: readonly string[]): Promise<void> {
    this.#assertOpen();
    for (const store of stores) {
      this.#tables.get(store)?.clear();
      this.#positions.delete(store);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #assertOpen(): void {
    assert(!this.#closed, 'the stores of a task are used after they were closed');
  }
}

interface Kept {
  readonly timestamp: number;
  readonly value: string;
}

/** Segments by number, each a map by key with a sorted list of its keys that is brought up to date when it is next needed. */
class MemoryTable implements StoreTable {
  readonly #segments = new Map<number, Segment>();
  #sorted: number[] | null = null;
  #count = 0;

  get(address: StoreAddress): Kept | undefined {
    return this.#segments.get(address.segment)?.entries.get(address.key);
  }

  *scan({ from, to, reverse = false }: StoreRange): Generator<StoreEntry> {
    const numbers = this.#numbers();
    const segments = reverse ? [...numbers].reverse() : numbers;
    for (const number of segments) {
      const segment = this.#segments.get(number);
      if (segment === undefined || (from !== null && number < from.segment) || (to !== null && number > to.segment)) {
        continue;
      }
      const keys = segment.keys();
      const start = from !== null && number === from.segment ? firstNotBelow(keys, from.key) : 0;
      const end = to !== null && number === to.segment ? firstNotBelow(keys, to.key) : keys.length;
      for (let step = 0; step < end - start; step++) {
        const key = keys[reverse ? end - 1 - step : start + step] as ByteString;
        const kept = segment.entries.get(key);
        if (kept !== undefined) yield { segment: number, key, timestamp: kept.timestamp, value: kept.value };
      }
    }
  }

  count(): number {
    return this.#count;
  }

  segments(): readonly { readonly segment: number; readonly entries: number }[] {
    return this.#numbers().map((segment) => ({ segment, entries: this.#segments.get(segment)?.entries.size ?? 0 }));
  }

  apply({ segment: number, key, timestamp, value }: StoreChange): void {
    let segment = this.#segments.get(number);
    if (value === null) {
      if (segment?.remove(key)) this.#count--;
      if (segment?.entries.size === 0) this.#forget(number);
      return;
    }
    if (segment === undefined) {
      segment = new Segment();
      this.#segments.set(number, segment);
      this.#sorted = null;
    }
    if (segment.put(key, { timestamp, value })) this.#count++;
  }

  drop(number: number): void {
    this.#count -= this.#segments.get(number)?.entries.size ?? 0;
    this.#forget(number);
  }

  clear(): void {
    this.#segments.clear();
    this.#sorted = null;
    this.#count = 0;
  }

  #numbers(): readonly number[] {
    this.#sorted ??= [...this.#segments.keys()].sort((left, right) => left - right);
    return this.#sorted;
  }

  #forget(number: number): void {
    if (this.#segments.delete(number)) this.#sorted = null;
  }
}

class Segment {
  readonly entries = new Map<ByteString, Kept>();
  #keys: ByteString[] = [];
  /** Keys put since `#keys` was built; the ones removed since are found by their absence from `entries`. */
  #added = new Set<ByteString>();
  #removed = false;

  /** True when the key is new. */
  put(key: ByteString, kept: Kept): boolean {
    const isNew = !this.entries.has(key);
    if (isNew) this.#added.add(key);
    this.entries.set(key, kept);
    return isNew;
  }

  remove(key: ByteString): boolean {
    const existed = this.entries.delete(key);
    if (existed && !this.#added.delete(key)) this.#removed = true;
    return existed;
  }

  /** In byte order. A list that was handed out is never changed, so a scan may go on while the table changes. */
  keys(): readonly ByteString[] {
    if (this.#added.size === 0 && !this.#removed) return this.#keys;
    const added = [...this.#added].sort();
    const merged: ByteString[] = [];
    let at = 0;
    for (const key of this.#keys) {
      if (!this.entries.has(key) || this.#added.has(key)) continue;
      while (at < added.length && (added[at] as ByteString) < key) merged.push(added[at++] as ByteString);
      merged.push(key);
    }
    while (at < added.length) merged.push(added[at++] as ByteString);
    this.#keys = merged;
    this.#added = new Set();
    this.#removed = false;
    return merged;
  }
}

function firstNotBelow(keys: readonly ByteString[], key: ByteString): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as ByteString) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
