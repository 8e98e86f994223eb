import { expect, it } from 'vitest';
import { cellText, columnsOf } from './row-table.tsx';
import type { ShownRow } from './store-reader.ts';

const shown = (value: unknown): ShownRow => ({
  id: 'k',
  row: {
    key: 'k',
    window: null,
    value: value as ShownRow['row']['value'],
    timestamp: 0,
    taskId: '0_0',
    cursor: { segment: 0, key: 'k' },
  },
  before: undefined,
  changes: 0,
});

it('makes a column of each field, six at most, and none for values that are no objects', () => {
  expect(columnsOf([shown({ a: 1 }), shown({ b: 2 })])).toEqual(['a', 'b']);
  expect(columnsOf([shown({ a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1 })])).toHaveLength(6);
  expect(columnsOf([shown(7)])).toEqual([]);
  expect(columnsOf([shown([1])])).toEqual([]);
});

it('writes cells: whole numbers parted, others to four places, texts as they are', () => {
  expect([cellText(12345), cellText(128.666666), cellText('CA'), cellText(null), cellText({ a: 1 })]).toEqual([
    '12,345',
    '128.6667',
    'CA',
    'null',
    '{"a":1}',
  ]);
});
