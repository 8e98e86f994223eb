import type { ByteString } from '../../../log/byte-string.ts';

/** A header as text; a null value is one without bytes. */
export type ModelHeader = readonly [name: string, value: string | null];

export interface ModelWindow {
  readonly start: number;
  readonly end: number;
}

/** A record as the checker sees it: plain JSON data throughout. */
export interface ModelRecord {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
  readonly headers: readonly ModelHeader[];
  readonly window: ModelWindow | null;
  /** Of a table: the row before; null where there was none, undefined where the flow does not say. */
  readonly old: unknown;
  /** False for a change of a versioned table's past. */
  readonly isLatest: boolean;
}

/** A record as it stands in a topic. */
export interface LogRecord {
  readonly offset: number;
  readonly key: ByteString | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers: readonly ModelHeader[];
}

export interface ModelRow {
  readonly key: unknown;
  readonly window: ModelWindow | null;
  readonly value: unknown;
  readonly timestamp: number;
}

/** What a row is found by: equal keys and windows give equal texts. */
export function rowName(key: unknown, window: ModelWindow | null): string {
  return window === null ? JSON.stringify(key) : `${JSON.stringify(key)} ${window.start} ${window.end}`;
}

export function sameHeaders(record: ModelRecord): Pick<ModelRecord, 'headers' | 'window' | 'old' | 'isLatest'> {
  return { headers: record.headers, window: null, old: undefined, isLatest: true };
}
