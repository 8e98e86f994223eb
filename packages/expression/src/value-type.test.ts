import { describe, expect, test } from 'vitest';
import {
  arrayOf,
  formatValueType,
  inferValueType,
  isWithinType,
  typesOverlap,
  unionOf,
  type ValueType,
} from './value-type.ts';

const number: ValueType = { kind: 'number' };
const string: ValueType = { kind: 'string' };
const nothing: ValueType = { kind: 'null' };
const unknown: ValueType = { kind: 'unknown' };

describe('inferValueType', () => {
  test('describes JSON with closed objects', () => {
    expect(inferValueType({ a: 1, b: ['x', null] })).toEqual({
      kind: 'object',
      open: false,
      fields: [
        { name: 'a', type: number, optional: false },
        {
          name: 'b',
          optional: false,
          type: { kind: 'array', element: { kind: 'union', members: [string, nothing] } },
        },
      ],
    });
  });

  test('keeps fields with the names of inherited members', () => {
    const type = inferValueType(JSON.parse('{"__proto__": 1, "constructor": "x"}'));
    expect(formatValueType(type)).toBe('{__proto__, constructor}');
    expect(JSON.parse(JSON.stringify(type))).toEqual(type);
  });

  test('stops at a depth instead of following without end', () => {
    const deep = JSON.parse(`${'['.repeat(5000)}1${']'.repeat(5000)}`);
    expect(formatValueType(inferValueType(deep))).toContain('unknown');
  });

  test('opens an object of more than 200 fields', () => {
    const wide = Object.fromEntries(Array.from({ length: 201 }, (_, place) => [`f${place}`, 1]));
    const type = inferValueType(wide);
    expect(type.kind === 'object' && [type.fields.length, type.open]).toEqual([200, true]);
  });
});

describe('unionOf', () => {
  test('merges kinds, flat and in one order', () => {
    expect(unionOf(nothing, string, unionOf(number, nothing))).toEqual({
      kind: 'union',
      members: [number, string, nothing],
    });
    expect(unionOf()).toEqual({ kind: 'never' });
    expect(unionOf(number, { kind: 'never' })).toEqual(number);
    expect(unionOf(number, unknown)).toEqual(unknown);
  });

  test('makes a field that is missing on a side optional', () => {
    const merged = unionOf(inferValueType({ a: 1, b: 1 }), inferValueType({ b: 'x', c: null }));
    expect(merged).toEqual({
      kind: 'object',
      open: false,
      fields: [
        { name: 'a', type: number, optional: true },
        { name: 'b', type: unionOf(number, string), optional: false },
        { name: 'c', type: nothing, optional: true },
      ],
    });
  });

  test('knows nothing about a field that only an open side does not list', () => {
    const open: ValueType = { kind: 'object', fields: [], open: true };
    for (const merged of [unionOf(open, inferValueType({ a: 1 })), unionOf(inferValueType({ a: 1 }), open)]) {
      expect(merged).toEqual({ kind: 'object', open: true, fields: [{ name: 'a', type: unknown, optional: true }] });
    }
  });

  test('stays within 200 fields however many records are merged', () => {
    const types = Array.from({ length: 500 }, (_, place) => inferValueType({ [`f${place}`]: place }));
    const merged = unionOf(...types);
    expect(merged.kind === 'object' && [merged.fields.length, merged.open]).toEqual([200, true]);
  });
});

test('formatValueType shows what fits and how many there are', () => {
  const type = inferValueType({ date: '', delay: 1, distance: 1, origin: '', destination: '' });
  expect(formatValueType(type, 2)).toBe('{date, delay, … 5}');
  expect(formatValueType(type, 5)).toBe('{date, delay, distance, origin, destination}');
  expect(formatValueType({ kind: 'object', fields: [], open: true })).toBe('{…}');
  expect(formatValueType(unionOf(string, nothing))).toBe('string | null');
  expect(formatValueType({ kind: 'array', element: number })).toBe('[number]');
  expect(formatValueType(inferValueType([]))).toBe('[]');
});

test('typesOverlap asks whether one value can have both types', () => {
  const overlaps: [ValueType, ValueType, boolean][] = [
    [number, string, false],
    [number, unknown, true],
    [{ kind: 'never' }, unknown, false],
    [unionOf(number, nothing), unionOf(string, nothing), true],
    [inferValueType([1]), inferValueType(['a']), true],
    [inferValueType({ a: 1 }), inferValueType({ a: 'x' }), false],
    [inferValueType({ a: 1 }), inferValueType({}), false],
    [inferValueType({ a: 1 }), { kind: 'object', fields: [], open: true }, true],
    [unionOf(inferValueType({ a: 1 }), inferValueType({})), inferValueType({}), true],
  ];
  for (const [a, b, expected] of overlaps) {
    expect(typesOverlap(a, b), `${formatValueType(a)} and ${formatValueType(b)}`).toBe(expected);
    expect(typesOverlap(b, a)).toBe(expected);
  }
});

test('isWithinType asks whether all values of one type have the other', () => {
  const open: ValueType = { kind: 'object', fields: [], open: true };
  const optional: ValueType = { kind: 'object', open: false, fields: [{ name: 'a', type: number, optional: true }] };
  const never: ValueType = { kind: 'never' };
  const cases: [ValueType, ValueType, boolean][] = [
    [number, number, true],
    [number, unionOf(number, nothing), true],
    [unionOf(number, nothing), number, false],
    [number, unknown, true],
    [unknown, unionOf(number, string), false],
    [never, number, true],
    [number, never, false],
    [inferValueType([]), inferValueType([1]), true],
    [inferValueType([1]), inferValueType([]), false],
    [inferValueType([1]), arrayOf(unknown), true],
    [arrayOf(unknown), inferValueType([1]), false],
    [inferValueType([[1]]), inferValueType([1]), false],
    [inferValueType({ a: 1 }), open, true],
    [open, inferValueType({ a: 1 }), false],
    [inferValueType({ a: 1 }), inferValueType({ a: 2 }), true],
    [inferValueType({ a: 1 }), inferValueType({ a: 'x' }), false],
    [inferValueType({ a: 1, b: 1 }), inferValueType({ a: 2 }), false],
    [inferValueType({ a: 1 }), inferValueType({ a: 2, b: 1 }), false],
    [inferValueType({ a: 1 }), optional, true],
    [inferValueType({}), optional, true],
    [optional, inferValueType({ a: 1 }), false],
    [open, optional, false],
    [open, { kind: 'object', open: true, fields: [{ name: 'a', type: number, optional: true }] }, false],
    [open, { kind: 'object', open: true, fields: [{ name: 'a', type: unknown, optional: true }] }, true],
  ];
  for (const [a, b, expected] of cases) {
    expect(isWithinType(a, b), `${JSON.stringify(a)} within ${JSON.stringify(b)}`).toBe(expected);
  }
});
