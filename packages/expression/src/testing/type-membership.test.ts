import { expect, test } from 'vitest';
import {
  anyObjectType,
  arrayOf,
  inferValueType,
  neverType,
  unionOf,
  unknownType,
  type ValueType,
} from '../value-type.ts';
import { isOfType } from './type-membership.ts';

test('a value is of a type that describes it, and of no other', () => {
  const optional: ValueType = {
    kind: 'object',
    open: false,
    fields: [{ name: 'a', type: inferValueType(1), optional: true }],
  };
  const cases: [value: unknown, type: ValueType, expected: boolean][] = [
    [1, inferValueType(1), true],
    ['1', inferValueType(1), false],
    [null, inferValueType(null), true],
    [null, anyObjectType, false],
    [null, unknownType, true],
    [null, neverType, false],
    [null, unionOf(inferValueType(1), inferValueType(null)), true],
    [true, unionOf(inferValueType(1), inferValueType(null)), false],
    [[], arrayOf(neverType), true],
    [[1], arrayOf(neverType), false],
    [[1, 'x'], arrayOf(inferValueType(1)), false],
    [[], anyObjectType, false],
    [{}, arrayOf(unknownType), false],
    [{ a: 1 }, inferValueType({ a: 2 }), true],
    [{ a: 'x' }, inferValueType({ a: 2 }), false],
    [{}, inferValueType({ a: 2 }), false],
    [{ a: 1, b: 1 }, inferValueType({ a: 2 }), false],
    [{ a: 1, b: 1 }, anyObjectType, true],
    [{}, optional, true],
    [{ a: null }, optional, false],
    [JSON.parse('{"__proto__": 1}'), inferValueType({}), false],
    [{}, inferValueType(JSON.parse('{"__proto__": 1}')), false],
  ];
  for (const [value, type, expected] of cases) {
    expect(isOfType(value, type), `${JSON.stringify(value)} ${JSON.stringify(type)}`).toBe(expected);
  }
});

test('a value that shares one part without end is compared once', () => {
  const nest = (leaf: unknown): unknown => {
    let pair = leaf;
    for (let depth = 0; depth < 100; depth++) pair = [pair, pair];
    return pair;
  };
  let type = inferValueType(1);
  for (let depth = 0; depth < 100; depth++) type = arrayOf(type);
  expect(isOfType(nest(1), type)).toBe(true);
  expect(isOfType(nest('x'), type)).toBe(false);
});
