import type { StorePage } from '@millrace/api';
import type { StoreQuery, StoreRow } from '@millrace/engine';

export interface Selection {
  readonly by: 'key' | 'prefix';
  /** Nothing typed means every entry. */
  readonly text: string;
  /** Only the window that starts here; null for every window. */
  readonly windowStart: number | null;
}

export const everything: Selection = { by: 'key', text: '', windowStart: null };

export const pageRows = 100;
const pageRowsMax = 500;

/** What is asked of a store for a selection. Keys of stores that hold no texts are written as JSON. */
export function storeQuery(
  store: string,
  selection: Selection,
  hasTextKeys: boolean,
): Omit<StoreQuery, 'after' | 'limit'> | null {
  const { by, text, windowStart } = selection;
  const range = { fromMs: windowStart, toMs: windowStart };
  if (text === '') return { store, select: { by: 'all' }, ...range };
  if (by === 'prefix') return { store, select: { by: 'prefix', prefix: text }, ...range };
  if (hasTextKeys) return { store, select: { by: 'key', key: text }, ...range };
  try {
    return { store, select: { by: 'key', key: JSON.parse(text) }, ...range };
  } catch {
    return null;
  }
}

/** A row with what it was before the newest reading, when that was something else. */
export interface ShownRow {
  readonly id: string;
  readonly row: StoreRow;
  readonly before: StoreRow['value'] | undefined;
  /** Grows with each change, so that a row that changes again is washed again. */
  readonly changes: number;
}

export function rowId(row: StoreRow): string {
  return `${row.window?.start ?? ''} ${JSON.stringify(row.key)}`;
}

/**
 * The rows of a newer reading, each with what it was before. A row that was not there is news too, but not in a first reading, and not
 * where most are new, as when stream time jumps: what is everywhere says nothing.
 */
export function compareRows(
  known: readonly ShownRow[],
  rows: readonly StoreRow[],
  isFirst: boolean,
): readonly ShownRow[] {
  const byId = new Map(known.map((shown) => [shown.id, shown]));
  const newCount = rows.filter((row) => !byId.has(rowId(row))).length;
  const isNews = !isFirst && newCount <= rows.length / 2;
  return rows.map((row) => {
    const id = rowId(row);
    const old = byId.get(id);
    if (old === undefined) return { id, row, before: undefined, changes: isNews ? 1 : 0 };
    const isSame = JSON.stringify(old.row.value) === JSON.stringify(row.value);
    return isSame ? { ...old, row } : { id, row, before: old.row.value, changes: old.changes + 1 };
  });
}

export interface Reading {
  readonly rows: readonly ShownRow[];
  readonly page: StorePage;
  /** Whether a later page saw other data than the first. */
  readonly moved: boolean;
  readonly receivedAtMs: number;
}

export function isComplete({ coverage }: StorePage): boolean {
  return coverage.answered === coverage.partitions;
}

/** Reading again would give the same: all was searched, and the pipeline does not run. */
export function isFinal(reading: Reading | null): boolean {
  return reading !== null && !reading.page.isLive && isComplete(reading.page);
}

type Ask = (query: StoreQuery) => Promise<StorePage>;

/** Reads from the beginning: as many rows as were shown before, and a page at least. */
export async function readFromStart(
  query: Omit<StoreQuery, 'after' | 'limit'>,
  known: Reading | null,
  ask: Ask,
  nowMs: () => number,
): Promise<Reading> {
  const wanted = Math.max(pageRows, Math.ceil((known?.rows.length ?? 0) / pageRows) * pageRows);
  let page = await ask({ ...query, after: null, limit: Math.min(wanted, pageRowsMax) });
  const { position } = page;
  const rows = [...page.rows];
  let moved = false;
  while (page.next !== null && rows.length < wanted) {
    page = await ask({ ...query, after: page.next, limit: Math.min(wanted - rows.length, pageRowsMax) });
    moved ||= page.position !== position;
    rows.push(...page.rows);
  }
  return { rows: compareRows(known?.rows ?? [], rows, known === null), page, moved, receivedAtMs: nowMs() };
}

/** One page more. */
export async function readMore(
  query: Omit<StoreQuery, 'after' | 'limit'>,
  known: Reading,
  ask: Ask,
  nowMs: () => number,
): Promise<Reading> {
  if (known.page.next === null) return known;
  const page = await ask({ ...query, after: known.page.next, limit: pageRows });
  const taken = new Set(known.rows.map((shown) => shown.id));
  const fresh = page.rows.filter((row) => !taken.has(rowId(row)));
  return {
    rows: [...known.rows, ...compareRows([], fresh, true)],
    page,
    moved: known.moved || page.position !== known.page.position,
    receivedAtMs: nowMs(),
  };
}
