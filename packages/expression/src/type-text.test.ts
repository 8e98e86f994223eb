import { describe, expect, it } from 'vitest';
import { parseValueType, writeValueType } from './type-text.ts';
import { inferValueType, type ValueType } from './value-type.ts';

const number: ValueType = { kind: 'number' };
const string: ValueType = { kind: 'string' };

function read(text: string): ValueType {
  const result = parseValueType(text);
  if (!result.ok) throw new Error(result.message);
  return result.type;
}

function mistake(text: string): readonly [message: string, at: string] {
  const result = parseValueType(text);
  if (result.ok) throw new Error(`${text} was read`);
  return [result.message, text.slice(result.start, result.end)];
}

describe('a type that is written down', () => {
  it('is read with missing and further fields, lists and one-or-the-others', () => {
    expect(read('{ id: number, name?: string, legs: [number], "first name": string | null, … }')).toEqual({
      kind: 'object',
      open: true,
      fields: [
        { name: 'id', type: number, optional: false },
        { name: 'name', type: string, optional: true },
        { name: 'legs', type: { kind: 'array', element: number }, optional: false },
        { name: 'first name', type: { kind: 'union', members: [string, { kind: 'null' }] }, optional: false },
      ],
    });
    expect(read('string[]')).toEqual({ kind: 'array', element: string });
    expect(read(' any ')).toEqual({ kind: 'unknown' });
    expect(read('{}')).toEqual({ kind: 'object', open: false, fields: [] });
    expect(read('{ a: { b: boolean, }, ... }')).toMatchObject({ open: true, fields: [{ name: 'a' }] });
  });

  it('comes back from what is written of it', () => {
    for (const value of [1, 'a', null, [], [1, 'x'], { a: [{ b: null }], '': true, ['__proto__']: 1 }, {}]) {
      const type = inferValueType(value);
      const text = writeValueType(type);
      expect(writeValueType(read(text)), text).toBe(text);
    }
  });

  it('says what is wrong, and where', () => {
    expect(mistake('{ id: numbr }')).toEqual([expect.stringContaining('here is numbr'), 'numbr']);
    expect(mistake('{ id number }')).toEqual([': belongs here.', 'number']);
    expect(mistake('{ id: number')).toEqual(['A comma or } belongs here.', '']);
    expect(mistake('{ id: number, id: string }')).toEqual(['The field id is there twice.', 'id']);
    expect(mistake('{ …, id: number }')).toEqual(['A comma or } belongs here.', ',']);
    expect(mistake('number number')).toEqual([expect.stringContaining('Nothing may follow'), 'number']);
    expect(mistake('{ id: <b> }')).toEqual(['< has no meaning in a type.', '<']);
    expect(mistake('')).toEqual([expect.stringContaining('here is the end'), '']);
    expect(mistake(`${'['.repeat(500)}number${']'.repeat(500)}`)[0]).toMatch(/levels deep/);
    expect(mistake(`{ ${'a: any, '.repeat(9000)} }`)[0]).toMatch(/at most 20000 characters/);
    expect(mistake('{ constructor: toString }')[0]).toMatch(/here is toString/);
  });
});
