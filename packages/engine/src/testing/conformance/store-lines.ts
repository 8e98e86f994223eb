import type { StoreRow } from '../../state/store-query.ts';
import { shown } from './emission-line.ts';
import { isObject } from './operator-fields.ts';

interface ExpectedRow {
  readonly key: unknown;
  readonly value: unknown;
  readonly ts: number | undefined;
}

/** What a store must hold in the end, a line for each row, sorted: `[key, value]` or `[key, value, ts]` lists, objects, or one object by key. */
export function expectedStoreLines(store: string, rows: unknown): readonly string[] {
  return expectedRows(rows)
    .map(({ key, value, ts }) => rowLine(store, key, value, ts))
    .toSorted();
}

/** What a store does hold, in the same form. Times are left out where the case has none. */
export function storeLines(store: string, rows: readonly StoreRow[] | null, expected: unknown): readonly string[] {
  if (rows === null) return [`store ${store}: there is none`];
  const hasTimes = expectedRows(expected).some(({ ts }) => ts !== undefined);
  return rows
    .map((row) => rowLine(store, row.key, row.value, hasTimes ? (row.timestamp ?? undefined) : undefined))
    .toSorted();
}

function rowLine(store: string, key: unknown, value: unknown, ts: number | undefined): string {
  // Names of objects are texts, whatever the keys are that they stand for.
  return `store ${store}: ${shown(String(key))} = ${shown(value)}${ts === undefined ? '' : ` @${ts}`}`;
}

function expectedRows(rows: unknown): readonly ExpectedRow[] {
  if (isObject(rows)) return Object.entries(rows).map(([key, value]) => ({ key, value, ts: undefined }));
  return (Array.isArray(rows) ? rows : []).map((row: unknown) => {
    if (Array.isArray(row)) return { key: row[0], value: row[1], ts: row[2] as number | undefined };
    if (isObject(row)) return { key: row.key, value: row.value, ts: row.ts as number | undefined };
    return { key: row, value: null, ts: undefined };
  });
}
