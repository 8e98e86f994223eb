import type { StoreAnswer, StoreQuery, StoreRow } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { mergeAnswers } from './store-answers.ts';

const query = (limit: number): StoreQuery => ({
  store: 's',
  select: { by: 'all' },
  fromMs: null,
  toMs: null,
  after: null,
  limit,
});

function row(taskId: string, key: string, segment = 0): StoreRow {
  return { key, window: null, value: 1, timestamp: 0, taskId, cursor: { segment, key } };
}

function answer(
  taskId: string,
  rows: readonly StoreRow[],
  more = false,
  extra: Partial<StoreAnswer> = {},
): StoreAnswer {
  return {
    taskId,
    rows: [...rows],
    more,
    entries: rows.length,
    windows: [],
    streamTime: null,
    graceMs: null,
    position: 1,
    ...extra,
  };
}

const keys = (page: { rows: readonly StoreRow[] }): unknown[] => page.rows.map((each) => each.key);

describe('mergeAnswers', () => {
  it('gives keys in order and the next page from the last row shown', () => {
    const page = mergeAnswers(
      query(3),
      'key-value',
      2,
      [answer('1_0', [row('1_0', 'a'), row('1_0', 'd')]), answer('1_1', [row('1_1', 'b'), row('1_1', 'c')])],
      [],
      7,
    );
    expect(keys(page)).toEqual(['a', 'b', 'c']);
    expect(page.next).toEqual({ segment: 0, key: 'c' });
    expect(page).toMatchObject({
      entries: 4,
      coverage: { answered: 2, partitions: 2, refusals: [] },
      position: '1_0:1 1_1:1',
      readAtMs: 7,
    });
  });

  it('shows nothing behind the last row of a task that has more', () => {
    const page = mergeAnswers(
      query(10),
      'key-value',
      2,
      [answer('1_0', [row('1_0', 'b')], true), answer('1_1', [row('1_1', 'a'), row('1_1', 'c')])],
      [],
      0,
    );
    expect(keys(page)).toEqual(['a', 'b']);
    expect(page.next).toEqual({ segment: 0, key: 'b' });
  });

  it('ends when all has been shown', () => {
    const page = mergeAnswers(query(2), 'key-value', 1, [answer('1_0', [row('1_0', 'a'), row('1_0', 'b')])], [], 0);
    expect(page.next).toBeNull();
  });

  it('gives the newest window first, keys in order inside, and adds windows up', () => {
    const page = mergeAnswers(
      query(10),
      'window',
      2,
      [
        answer('1_0', [row('1_0', 'z', 20), row('1_0', 'a', 10)], false, {
          windows: [
            { start: 20, end: 30, entries: 1 },
            { start: 10, end: 20, entries: 1 },
          ],
          streamTime: 21,
          graceMs: 5,
        }),
        answer('1_1', [row('1_1', 'b', 20)], false, {
          windows: [{ start: 20, end: 30, entries: 1 }],
          streamTime: 25,
          graceMs: 5,
        }),
      ],
      [],
      0,
    );
    expect(page.rows.map(({ cursor }) => `${cursor.segment}${cursor.key}`)).toEqual(['20b', '20z', '10a']);
    expect(page.windows).toEqual([
      { start: 20, end: 30, entries: 2 },
      { start: 10, end: 20, entries: 1 },
    ]);
    expect(page).toMatchObject({ streamTime: 25, graceMs: 5 });
  });

  it('says who did not answer', () => {
    const page = mergeAnswers(
      query(10),
      'key-value',
      2,
      [answer('1_0', [])],
      [{ taskId: '1_1', reason: 'restoring' }],
      0,
    );
    expect(page.coverage).toEqual({ answered: 1, partitions: 2, refusals: [{ taskId: '1_1', reason: 'restoring' }] });
  });
});
