import { setImmediate } from 'node:timers/promises';
import type { ByteString, StoreChange, StoreSlice } from '@millrace/engine';
import { encodeAddress, encodeSegment } from '@millrace/engine';
import type { Bucket, Row } from './entry-rows.ts';
import { isLong, openBucket, rowKey, sealBucket, sealEntry } from './entry-rows.ts';
import type { Rows, StoreCatalogue } from './store-catalogue.ts';

/** How many rows are looked up before other work of the process gets its turn. */
const lookupsPerTurn = 1000;

/**
 * What slices come to for one store, worked out against its table before anything is written. Only one process writes to a table, and one
 * plan at a time, so what was looked up still holds when the plan is carried out.
 */
export class SlicePlan {
  readonly store: string;
  #position = 0;
  /** Segments whose present entries go. */
  readonly #dropped = new Set<number>();
  /** The last change to each address, by segment; a segment that was dropped since has none. */
  readonly #changes = new Map<number, Map<ByteString, StoreChange>>();
  readonly #puts: [key: ByteString, row: Row][] = [];
  readonly #removes: ByteString[] = [];
  readonly #segmentEntries = new Map<number, number>();
  #entries = 0;

  constructor(store: string) {
    this.store = store;
  }

  add({ changes, droppedSegments, position }: StoreSlice): void {
    for (const change of changes) {
      let segment = this.#changes.get(change.segment);
      if (segment === undefined) {
        segment = new Map();
        this.#changes.set(change.segment, segment);
      }
      segment.set(encodeAddress(change), change);
    }
    for (const segment of droppedSegments) {
      this.#changes.delete(segment);
      this.#dropped.add(segment);
    }
    this.#position = position;
  }

  async prepare(rows: Rows, catalogue: StoreCatalogue): Promise<void> {
    this.#entries = catalogue.store(this.store).entries;
    for (const segment of this.#dropped) {
      const range = { start: encodeSegment(segment), end: encodeSegment(segment + 1) };
      for (const key of rows.getKeys(range)) this.#removes.push(key);
      this.#setEntriesIn(segment, 0, catalogue);
    }
    let lookups = 0;
    for (const [segment, changes] of this.#changes) {
      const isEmpty = this.#dropped.has(segment);
      let entries = isEmpty ? 0 : catalogue.entriesIn(this.store, segment);
      const buckets = new Map<ByteString, Bucket>();
      for (const [address, change] of changes) {
        if (++lookups % lookupsPerTurn === 0) await setImmediate();
        if (isLong(address)) {
          entries += this.#changeBucket(buckets, address, change, isEmpty ? null : rows);
          continue;
        }
        const existed = !isEmpty && rows.doesExist(address);
        if (change.value !== null) {
          this.#puts.push([address, sealEntry({ timestamp: change.timestamp, value: change.value })]);
          if (!existed) entries++;
        } else if (existed) {
          this.#removes.push(address);
          entries--;
        }
      }
      for (const [key, bucket] of buckets) {
        if (bucket.size > 0) this.#puts.push([key, sealBucket(bucket)]);
        else this.#removes.push(key);
      }
      this.#setEntriesIn(segment, entries, catalogue);
    }
  }

  /** In a batch. Removals come first: of a segment that was dropped and filled again, the new entries stay. */
  carryOut(rows: Rows, catalogue: StoreCatalogue): void {
    for (const key of this.#removes) void rows.remove(key);
    for (const [key, row] of this.#puts) void rows.put(key, row);
    for (const [segment, entries] of this.#segmentEntries) catalogue.putEntriesIn(this.store, segment, entries);
    catalogue.putStore(this.store, this.#position, this.#entries);
  }

  /** Gives by how much the number of entries changes. */
  #changeBucket(buckets: Map<ByteString, Bucket>, address: ByteString, change: StoreChange, rows: Rows | null): number {
    const key = rowKey(address);
    let bucket = buckets.get(key);
    if (bucket === undefined) {
      const row = rows?.getBinary(key) as Row | undefined;
      bucket = row === undefined ? new Map() : openBucket(row, this.store);
      buckets.set(key, bucket);
    }
    const before = bucket.size;
    if (change.value === null) bucket.delete(address);
    else bucket.set(address, { timestamp: change.timestamp, value: change.value });
    return bucket.size - before;
  }

  #setEntriesIn(segment: number, entries: number, catalogue: StoreCatalogue): void {
    const before = this.#segmentEntries.get(segment) ?? catalogue.entriesIn(this.store, segment);
    this.#segmentEntries.set(segment, entries);
    this.#entries += entries - before;
  }
}
