import type { ByteString } from '../log/byte-string.ts';
import type { Window } from '../runtime/stream-record.ts';

/** A row of a table as users see it, with the timestamp of the last record that changed it. */
export interface Row {
  readonly value: unknown;
  readonly timestamp: number;
}

/** The current rows of a table, for those who look them up: reads see the writes of the record being processed. */
export interface TableRows {
  /** `key`: the key's bytes in the table's key format; `window` of windowed tables, null otherwise. */
  get(key: ByteString, window: Window | null): Row | undefined;
  /** The row that was valid at `timestamp` (epoch milliseconds); only versioned tables have it. */
  asOf?(key: ByteString, timestamp: number): Row | undefined;
}
