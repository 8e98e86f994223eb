import type { Header } from '../log/header.ts';
import type { KeyValue } from '../log/key-format.ts';

/** An interval of event time in epoch milliseconds; the end is exclusive, of sliding windows and sessions inclusive. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/**
 * A record on its way through a task. The key is decoded JSON data; the value too, or a JsonObject, which is decoded when it is looked
 * into (`plainValue` gives it whole). Nobody may change them in place: siblings and stores share them. A null value is a tombstone.
 *
 * A record of a table is a change of its row from `old` to `value`: null where there is no row, undefined where the old row is not known.
 * `isLatest` is false for a change of a versioned table's past.
 */
export class StreamRecord {
  readonly key: KeyValue;
  readonly value: unknown;
  /** Event time, epoch milliseconds. */
  readonly timestamp: number;
  readonly headers: readonly Header[];
  readonly window: Window | null;
  readonly old: unknown;
  readonly isLatest: boolean;

  constructor(
    key: KeyValue,
    value: unknown,
    timestamp: number,
    headers: readonly Header[],
    window: Window | null,
    old: unknown = undefined,
    isLatest = true,
  ) {
    this.key = key;
    this.value = value;
    this.timestamp = timestamp;
    this.headers = headers;
    this.window = window;
    this.old = old;
    this.isLatest = isLatest;
  }

  withValue(value: unknown): StreamRecord {
    return new StreamRecord(this.key, value, this.timestamp, this.headers, this.window, this.old, this.isLatest);
  }

  withChange(value: unknown, old: unknown): StreamRecord {
    return new StreamRecord(this.key, value, this.timestamp, this.headers, this.window, old, this.isLatest);
  }
}
