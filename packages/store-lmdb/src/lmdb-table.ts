import type { ByteString, StoreAddress, StoreEntry, StoreRange, StoreTable } from '@millrace/engine';
import { encodeAddress } from '@millrace/engine';
import type { Kept, Row } from './entry-rows.ts';
import { entryOf, highestKey, isLong, lowestKey, openBucket, openEntry, rowKey } from './entry-rows.ts';
import type { Rows, StoreCatalogue } from './store-catalogue.ts';

/** Reads of one store. `rows` gives null as long as nothing was written to it, and throws once the stores are closed. */
export class LmdbTable implements StoreTable {
  readonly #store: string;
  readonly #catalogue: StoreCatalogue;
  readonly #rows: () => Rows | null;

  constructor(store: string, catalogue: StoreCatalogue, rows: () => Rows | null) {
    this.#store = store;
    this.#catalogue = catalogue;
    this.#rows = rows;
  }

  get(at: StoreAddress): Kept | undefined {
    const address = encodeAddress(at);
    const row = this.#rows()?.getBinary(rowKey(address)) as Row | undefined;
    if (row === undefined) return undefined;
    return isLong(address) ? openBucket(row, this.#store).get(address) : openEntry(row, this.#store);
  }

  *scan({ from, to, reverse = false }: StoreRange): Generator<StoreEntry> {
    const low = from === null ? lowestKey : encodeAddress(from);
    const high = to === null ? highestKey : encodeAddress(to);
    const rows = low < high ? this.#rows() : null;
    if (rows === null) return;
    // The bucket of a long bound is read too; which of its entries lie in the range is seen then.
    const range = reverse
      ? { start: rowKey(high), exclusiveStart: !isLong(high), end: rowKey(low), inclusiveEnd: true, reverse }
      : { start: rowKey(low), end: rowKey(high), inclusiveEnd: isLong(high) };
    for (const { key, value } of rows.getRange(range)) {
      if (isLong(key)) yield* this.#bucketEntries(value, low, high, reverse);
      else yield entryOf(key, openEntry(value, this.#store));
    }
  }

  count(): number {
    this.#rows();
    return this.#catalogue.store(this.#store).entries;
  }

  segments(): readonly { readonly segment: number; readonly entries: number }[] {
    this.#rows();
    return this.#catalogue.segments(this.#store);
  }

  *#bucketEntries(row: Row, low: ByteString, high: ByteString, reverse: boolean): Generator<StoreEntry> {
    const entries = [...openBucket(row, this.#store)].filter(([address]) => address >= low && address < high);
    for (const [address, kept] of reverse ? entries.reverse() : entries) yield entryOf(address, kept);
  }
}
