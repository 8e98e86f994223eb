import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AggregateFunction, accumulate, accumulatorResult, initialAccumulator } from './accumulators.ts';

function of(name: AggregateFunction, ...values: readonly unknown[]): unknown {
  let accumulator = initialAccumulator(name);
  for (const value of values) accumulator = accumulate(name, accumulator, value);
  return accumulatorResult(name, accumulator);
}

describe('accumulators', () => {
  it('give the result of nothing', () => {
    expect(of('count')).toBe(0);
    expect(of('sum')).toBe(0);
    for (const name of ['avg', 'min', 'max', 'first', 'last'] as const) expect([name, of(name)]).toEqual([name, null]);
  });

  it('compute what their names say', () => {
    expect(of('count', 1, 'a', {})).toBe(3);
    expect(of('sum', 1, 2.5, -4)).toBe(-0.5);
    expect(of('avg', 1, 2, 6)).toBe(3);
    expect(of('min', 3, -1, 2)).toBe(-1);
    expect(of('max', 3, -1, 2)).toBe(3);
    expect(of('min', 'b', 'a', 'c')).toBe('a');
    expect(of('max', 'b', 'a', 'c')).toBe('c');
    expect(of('first', { a: 1 }, 2)).toEqual({ a: 1 });
    expect(of('last', 1, [2])).toEqual([2]);
    expect(of('first', false, true)).toBe(false);
  });

  it('refuse what they cannot take, in words, from the first value on', () => {
    expect(() => of('sum', '5')).toThrow('takes numbers, and got a string');
    expect(() => of('avg', [1])).toThrow('takes numbers, and got an array');
    expect(() => of('min', 1, 'a')).toThrow('compares numbers with numbers and strings with strings, and got');
    expect(() => of('max', true)).toThrow(TypeError);
    expect(() => of('min', { a: 1 })).toThrow(TypeError);
    expect(() => of('sum', Number.MAX_VALUE, Number.MAX_VALUE)).toThrow('went beyond the range of numbers');
    expect(() => of('avg', Number.MAX_VALUE, Number.MAX_VALUE)).toThrow(TypeError);
  });

  it('are never changed in place, and survive being stored as JSON at any moment', () => {
    const name = fc.constantFrom<AggregateFunction>('count', 'sum', 'avg', 'min', 'max', 'first', 'last');
    fc.assert(
      fc.property(name, fc.array(fc.integer()), fc.nat(), (used, values, cut) => {
        let plain = initialAccumulator(used);
        let stored = plain;
        values.forEach((value, index) => {
          const before = JSON.stringify(plain);
          const kept = plain;
          plain = accumulate(used, plain, value);
          expect(JSON.stringify(kept)).toBe(before);
          stored = accumulate(used, index === cut ? JSON.parse(JSON.stringify(stored)) : stored, value);
        });
        expect(stored).toEqual(plain);
      }),
    );
  });
});
