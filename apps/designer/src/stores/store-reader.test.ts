import type { StorePage } from '@millrace/api';
import type { StoreQuery, StoreRow } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { compareRows, everything, isFinal, pageRows, readFromStart, readMore, storeQuery } from './store-reader.ts';

const row = (key: string, value: number): StoreRow => ({
  key,
  window: null,
  value,
  timestamp: 0,
  taskId: '0_0',
  cursor: { segment: 0, key },
});

/** A store of `count` rows, keys in order; `version` is its position. */
function storeOf(count: number) {
  const asked: StoreQuery[] = [];
  const store = { version: 1, value: 0 };
  const ask = async (query: StoreQuery): Promise<StorePage> => {
    asked.push(query);
    const start = query.after === null ? 0 : Number(query.after.key) + 1;
    const end = Math.min(count, start + query.limit);
    const rows = Array.from({ length: end - start }, (_, index) =>
      row(String(start + index).padStart(4, '0'), store.value),
    );
    return {
      rows,
      next: end < count ? { segment: 0, key: String(end - 1) } : null,
      entries: count,
      windows: [],
      streamTime: null,
      graceMs: null,
      coverage: { answered: 1, partitions: 1, refusals: [] },
      position: String(store.version),
      readAtMs: 0,
      isLive: true,
      problem: null,
    };
  };
  return { store, ask, asked };
}

const now = () => 0;
const all = { store: 's', select: { by: 'all' as const }, fromMs: null, toMs: null };

describe('paging', () => {
  it('goes on where the last page ended, to the end', async () => {
    const { ask } = storeOf(250);
    let reading = await readFromStart(all, null, ask, now);
    expect(reading.rows).toHaveLength(pageRows);
    reading = await readMore(all, reading, ask, now);
    reading = await readMore(all, reading, ask, now);
    expect(reading.rows).toHaveLength(250);
    expect(reading.page.next).toBeNull();
    expect(await readMore(all, reading, ask, now)).toBe(reading);
  });

  it('says when a later page saw other data', async () => {
    const { ask, store } = storeOf(150);
    const first = await readFromStart(all, null, ask, now);
    expect(first.moved).toBe(false);
    store.version = 2;
    expect((await readMore(all, first, ask, now)).moved).toBe(true);
  });

  it('reads again as many rows as were shown, in pages that are not too large', async () => {
    const { ask, asked } = storeOf(900);
    let reading = await readFromStart(all, null, ask, now);
    for (let page = 0; page < 6; page++) reading = await readMore(all, reading, ask, now);
    asked.length = 0;
    const again = await readFromStart(all, reading, ask, now);
    expect(again.rows).toHaveLength(700);
    expect(Math.max(...asked.map((query) => query.limit))).toBeLessThanOrEqual(500);
  });
});

describe('following', () => {
  it('keeps what a row was before it changed, and counts changes', async () => {
    const { ask, store } = storeOf(2);
    const first = await readFromStart(all, null, ask, now);
    expect(first.rows[0]).toMatchObject({ before: undefined, changes: 0 });
    store.value = 5;
    const second = await readFromStart(all, first, ask, now);
    expect(second.rows[0]).toMatchObject({ before: 0, changes: 1 });
    const third = await readFromStart(all, second, ask, now);
    expect(third.rows[0]).toMatchObject({ changes: 1 });
  });

  it('marks a row that appears, but not in the first reading, nor when most rows are new', () => {
    expect(compareRows([], [row('a', 1)], true)[0]?.changes).toBe(0);
    const known = compareRows([], [row('a', 1), row('b', 1)], true);
    const appeared = compareRows(known, [row('a', 1), row('b', 1), row('c', 1)], false);
    expect(appeared.map((shown) => shown.changes)).toEqual([0, 0, 1]);
    expect(compareRows(known, [row('x', 1), row('y', 1)], false).map((shown) => shown.changes)).toEqual([0, 0]);
  });
});

describe('storeQuery', () => {
  it('asks for everything, a key, a prefix, or one window', () => {
    expect(storeQuery('s', everything, true)).toEqual(all);
    expect(storeQuery('s', { ...everything, text: 'CA' }, true)?.select).toEqual({ by: 'key', key: 'CA' });
    expect(storeQuery('s', { ...everything, by: 'prefix', text: 'C' }, true)?.select).toEqual({
      by: 'prefix',
      prefix: 'C',
    });
    expect(storeQuery('s', { ...everything, windowStart: 3_600_000 }, true)).toMatchObject({
      fromMs: 3_600_000,
      toMs: 3_600_000,
    });
  });

  it('reads the key of a store without texts as JSON', () => {
    expect(storeQuery('s', { ...everything, text: '42' }, false)?.select).toEqual({ by: 'key', key: 42 });
    expect(storeQuery('s', { ...everything, text: '{' }, false)).toBeNull();
  });
});

it('is read once more only where that could give something else', async () => {
  const { ask } = storeOf(1);
  const running = await readFromStart(all, null, ask, now);
  const { page } = running;
  const stopped = { ...running, page: { ...page, isLive: false } };
  const restoring = { ...stopped, page: { ...stopped.page, coverage: { ...page.coverage, answered: 0 } } };
  expect([null, running, stopped, restoring].map(isFinal)).toEqual([false, false, true, false]);
});
