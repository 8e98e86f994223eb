import { expect, test } from 'vitest';
import { flawInData } from './plain-data.ts';

test('JSON data has no flaw, whatever its names', () => {
  for (const text of ['null', '[1, [true], {"a": "x"}]', '{"__proto__": {"constructor": 1}, "length": -0}']) {
    expect(flawInData(JSON.parse(text)), text).toBeUndefined();
  }
});

test('what JSON cannot hold is a flaw, however deep it lies', () => {
  const cases: [value: unknown, flaw: string][] = [
    [undefined, 'a undefined'],
    [Number.NaN, 'the number NaN'],
    [Number.NEGATIVE_INFINITY, 'the number -Infinity'],
    [() => 1, 'a function'],
    [Symbol('x'), 'a symbol'],
    [new Date(0), 'an object with a prototype'],
    [Object.create(null), 'an object with a prototype'],
    [Object.setPrototypeOf([], Object.prototype), 'an object with a prototype'],
    [{ [Symbol('x')]: 1 }, 'a symbol as a name'],
    [Object.defineProperty({}, 'a', { get: () => 1, enumerable: true }), 'code behind a'],
    [Object.defineProperty({}, 'a', { value: 1 }), 'a hidden a'],
  ];
  for (const [value, flaw] of cases) {
    expect(flawInData(value)).toBe(flaw);
    expect(flawInData([{ a: 1 }, { b: [value] }])).toBe(flaw);
  }
});

test('a value that shares one part without end is walked once', () => {
  let pair: unknown[] = [];
  for (let depth = 0; depth < 100; depth++) pair = [pair, pair];
  expect(flawInData(pair)).toBeUndefined();
});
