import type { ByteString } from '../log/byte-string.ts';
import type { StoreAccess } from '../state/layered-store.ts';
import { presentStored } from '../state/store-view.ts';
import type { Row, TableRows } from '../state/table-rows.ts';
import type { StoreView } from '../topology/topology.ts';

/** The rows of a table that lie in a store of their own: by key, or by window start and key. */
export function keptRows(store: StoreAccess, view: StoreView): TableRows {
  return {
    get: (key: ByteString, window): Row | undefined => {
      const stored = store.get(window === null ? 0 : window.start, key);
      if (stored === undefined) return undefined;
      return { value: presentStored(view, stored.value), timestamp: stored.timestamp };
    },
  };
}

/** Rows made of another table's rows by a function that gives null where there is no row. */
export function derivedRows(
  rows: TableRows,
  derive: (value: unknown, key: ByteString, row: Row, window: { start: number; end: number } | null) => unknown,
): TableRows {
  const derived = (row: Row | undefined, key: ByteString, window: Parameters<typeof derive>[3]): Row | undefined => {
    if (row === undefined) return undefined;
    const value = derive(row.value, key, row, window);
    return value === null ? undefined : { value, timestamp: row.timestamp };
  };
  return {
    get: (key, window) => derived(rows.get(key, window), key, window),
    asOf: (key, timestamp) => derived(rows.asOf?.(key, timestamp), key, null),
  };
}
