import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeyBytes } from '../log/key-bytes.ts';
import { KeyTable } from './key-table.ts';

const hashKey = (key: string): number => new KeyBytes().read(key).hash;

function keysOf(table: KeyTable): string[] {
  return Array.from({ length: table.rows }, (_, row) => row)
    .filter((row) => table.has(row))
    .map((row) => table.keyOf(row))
    .sort();
}

describe('a table of keys', () => {
  it('finds what a Map finds, whatever was added and deleted', () => {
    const key = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 6,
    });
    const act = fc.record({ key: fc.oneof(key, fc.constantFrom('', 'a', 'b', 'ab')), isDelete: fc.boolean() });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 300 }), (acts) => {
        const table = new KeyTable();
        const model = new Map<string, number>();
        for (const { key, isDelete } of acts) {
          const row = table.rowOf(key);
          expect(row).toBe(model.get(key));
          if (row === undefined) model.set(key, table.add(key));
          else if (isDelete) {
            table.delete(row);
            model.delete(key);
          }
        }
        expect(table.size).toBe(model.size);
        expect(new Set(model.values()).size).toBe(model.size);
        expect(keysOf(table)).toEqual([...model.keys()].sort());
        for (const [key, row] of model) expect([table.rowOf(key), table.keyOf(row)]).toEqual([row, key]);
      }),
    );
  });

  it('keeps many keys apart, and rows of those that went are used again', () => {
    const table = new KeyTable();
    const keys = Array.from({ length: 20_000 }, (_, index) => `key-${index}`);
    for (const key of keys) table.add(key);
    for (const key of keys) if (key.endsWith('7')) table.delete(table.rowOf(key) as number);
    expect(table.size).toBe(18_000);
    for (const key of keys) expect(table.rowOf(key) === undefined).toBe(key.endsWith('7'));
    for (let index = 0; index < 2_000; index++) table.add(`other-${index}`);
    expect(table.rows).toBe(20_000);
    expect(keysOf(table)).toEqual(
      [
        ...keys.filter((key) => !key.endsWith('7')),
        ...Array.from({ length: 2_000 }, (_, index) => `other-${index}`),
      ].sort(),
    );
  });

  it('is as new when it was cleared, whatever was in it', () => {
    const table = new KeyTable();
    for (const count of [3, 5000, 20, 1000, 0, 4]) {
      for (let index = 0; index < count; index++) table.add(`${count}/${index}`);
      if (count > 10) table.delete(table.rowOf(`${count}/5`) as number);
      table.clear();
      expect([table.size, table.rows, table.rowOf(`${count}/1`)]).toEqual([0, 0, undefined]);
      expect(table.add('a')).toBe(0);
      expect(table.add('b')).toBe(1);
      expect(['a', 'b', `${count}/0`].map((key) => table.rowOf(key))).toEqual([0, 1, undefined]);
      expect(table.keyOf(1)).toBe('b');
      table.clear();
    }
  });

  it('finds keys that were chosen to share one place', () => {
    const shared = hashKey('0') & 0x3ff;
    const keys: string[] = [];
    for (let number = 0; keys.length < 300; number++)
      if ((hashKey(`${number}`) & 0x3ff) === shared) keys.push(`${number}`);
    const table = new KeyTable();
    const rows = keys.map((key) => table.add(key));
    expect(keys.map((key) => table.rowOf(key))).toEqual(rows);
    for (const row of rows.slice(0, 150)) table.delete(row);
    expect(keys.map((key) => table.rowOf(key))).toEqual([...Array(150).fill(undefined), ...rows.slice(150)]);
    expect(table.rowOf('another')).toBeUndefined();
  });

  it('gives the room of deleted keys to others', () => {
    const table = new KeyTable();
    for (let index = 0; index < 50_000; index++) {
      table.add(`a key of some length, ${index}`);
      if (index >= 10) table.delete(table.rowOf(`a key of some length, ${index - 10}`) as number);
    }
    expect([table.size, table.rows]).toEqual([10, 11]);
    expect(keysOf(table)).toHaveLength(10);
  });

  it('takes a key of any length', () => {
    const table = new KeyTable();
    const long = 'x'.repeat(300_000);
    const row = table.add(long);
    expect(table.rowOf(long)).toBe(row);
    expect(table.rowOf(`${long}y`)).toBeUndefined();
    expect(table.keyOf(row)).toBe(long);
  });
});
