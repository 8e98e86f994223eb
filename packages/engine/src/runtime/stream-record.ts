import type { Header } from '../log/header.ts';
import type { KeyValue } from '../log/key-format.ts';

/** An interval of event time in epoch milliseconds; the end is exclusive. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/**
 * A record on its way through a task. The key is decoded JSON data; the value too, or a JsonObject, which is decoded when it is looked
 * into (`plainValue` gives it whole). Nobody may change them in place: siblings and stores share them. A null value is a tombstone.
 */
export class StreamRecord {
  readonly key: KeyValue;
  readonly value: unknown;
  /** Event time, epoch milliseconds. */
  readonly timestamp: number;
  readonly headers: readonly Header[];
  readonly window: Window | null;

  constructor(key: KeyValue, value: unknown, timestamp: number, headers: readonly Header[], window: Window | null) {
    this.key = key;
    this.value = value;
    this.timestamp = timestamp;
    this.headers = headers;
    this.window = window;
  }

  withValue(value: unknown): StreamRecord {
    return new StreamRecord(this.key, value, this.timestamp, this.headers, this.window);
  }
}
