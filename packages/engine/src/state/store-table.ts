import type { ByteString } from '../log/byte-string.ts';

/**
 * Where an entry lies in a store: first its segment, then its key's bytes. A window store has a segment for each window start (epoch
 * milliseconds, never negative), so that closing a window drops one segment; a key-value store has segment 0 only. Order is segment,
 * then key bytes.
 */
export interface StoreAddress {
  readonly segment: number;
  readonly key: ByteString;
}

/** `timestamp` is that of the last record that changed the entry; `value` is the JSON text of what is kept. */
export interface StoreEntry extends StoreAddress {
  readonly timestamp: number;
  readonly value: string;
}

/** A change to a table: `value: null` removes the entry. */
export interface StoreChange extends StoreAddress {
  readonly timestamp: number;
  readonly value: string | null;
}

/** Entries from `from` (inclusive) to `to` (exclusive), in order or in reverse; null is the open end. */
export interface StoreRange {
  readonly from: StoreAddress | null;
  readonly to: StoreAddress | null;
  readonly reverse?: boolean | undefined;
}

/**
 * The durable (or, in memory, the lower) half of a store: a projection of its changelog up to a known position. Reads are synchronous, so
 * that a task never awaits; writes are asynchronous slices.
 */
export interface StoreTable {
  get(address: StoreAddress): { readonly timestamp: number; readonly value: string } | undefined;
  /** Lazy and short-lived: take what you need in one turn of the event loop, then let it go. */
  scan(range: StoreRange): Iterable<StoreEntry>;
  /** How many entries there are; exact. */
  count(): number;
  /** The segments that have entries, ascending, with the exact number of each; cheap (kept, not counted). */
  segments(): readonly { readonly segment: number; readonly entries: number }[];
}

export interface StoreSlice {
  readonly store: string;
  /** In order of application; for one address the last change wins. */
  readonly changes: readonly StoreChange[];
  /** Segments that are dropped whole, after `changes`. */
  readonly droppedSegments: readonly number[];
  /** The changelog offset after the last record that is now reflected. */
  readonly position: number;
}

/** All stores of one task. Slices are atomic over all stores given: their entries and positions move together. */
export interface TaskStores {
  /** Opens the store's table, creating it empty at position 0 when it does not exist. */
  table(store: string): StoreTable;
  /** The changelog offset that the table reflects. 0 when nothing was written yet. */
  position(store: string): number;
  write(slices: readonly StoreSlice[]): Promise<void>;
  /** Empties the stores and sets their positions to 0; for reset, and for a table that is ahead of or unknown to its changelog. */
  clear(stores: readonly string[]): Promise<void>;
  close(): Promise<void>;
}
