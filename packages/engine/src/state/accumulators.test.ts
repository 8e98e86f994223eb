import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AccumulatorName,
  accumulatedMax,
  accumulatorFor,
  accumulatorName,
  aggregateFunctions,
  cannotSubtract,
} from './accumulators.ts';

function of(name: AccumulatorName, ...values: readonly unknown[]): unknown {
  return limited(name, undefined, ...values);
}

function limited(name: AccumulatorName, length: number | undefined, ...values: readonly unknown[]): unknown {
  const used = accumulatorFor(name, length);
  return used.result(values.reduce((accumulator, value) => used.add(accumulator, value), used.initial));
}

const names: readonly AccumulatorName[] = [
  ...aggregateFunctions,
  ...aggregateFunctions.map((name) => accumulatorName(name, 'table')),
];

describe('accumulators', () => {
  it('give the result of nothing', () => {
    expect(of('count')).toBe(0);
    expect(of('sum')).toBe(0);
    expect(of('distinct')).toBe(0);
    for (const name of ['avg', 'min', 'max', 'first', 'last'] as const) expect([name, of(name)]).toEqual([name, null]);
    for (const name of ['collect', 'top-n'] as const) expect([name, of(name)]).toEqual([name, []]);
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
    expect(of('collect', 2, 1, 2)).toEqual([2, 1, 2]);
    expect(of('distinct', 2, 1, 2, '2', { b: 1, a: 2 }, { a: 2, b: 1 })).toBe(4);
    expect(of('top-n', 2, 5, 1, 5)).toEqual([5, 5, 2, 1]);
  });

  it('give as many values as they are told to', () => {
    expect(limited('collect', 2, 1, 2, 3)).toEqual([2, 3]);
    expect(limited('top-n', 2, 1, 3, 2, 3)).toEqual([3, 3]);
    expect(limited('top-n', 2, 'a', 'c', 'b')).toEqual(['c', 'b']);
    expect(limited('collect-of-rows', 2, 1, 2, 3)).toEqual([2, 3]);
    expect(limited('top-n-of-rows', 2, 1, 3, 2)).toEqual([3, 2]);
  });

  it('refuse what they cannot take, in words, from the first value on', () => {
    expect(() => of('sum', '5')).toThrow('takes numbers, and got a string');
    expect(() => of('avg', [1])).toThrow('takes numbers, and got an array');
    expect(() => of('min', 1, 'a')).toThrow('compares numbers with numbers and strings with strings, and got');
    expect(() => of('max', true)).toThrow(TypeError);
    expect(() => of('min', { a: 1 })).toThrow(TypeError);
    expect(() => of('top-n', [1])).toThrow(TypeError);
    expect(() => of('min-of-rows', true)).toThrow(TypeError);
    expect(() => of('sum', Number.MAX_VALUE, Number.MAX_VALUE)).toThrow('went beyond the range of numbers');
    expect(() => of('avg', Number.MAX_VALUE, Number.MAX_VALUE)).toThrow(TypeError);
  });

  it('are bounded, and say so', () => {
    const many = Array.from({ length: accumulatedMax + 1 }, (_, index) => index);
    const tally = Object.fromEntries(many.slice(1).map((value) => [String(value), 1]));
    expect(() => accumulatorFor('distinct').add(tally, 0)).toThrow(
      'tells at most 10000 different values of a key apart',
    );
    expect(accumulatorFor('distinct').add(tally, 1)).toHaveProperty('1', 2);
    for (const name of ['collect-of-rows', 'min-of-rows'] as const) {
      expect(() => accumulatorFor(name).add(many.slice(1), 0)).toThrow('keeps at most 10000 values of a key');
    }
  });

  it('are never changed in place, and survive being stored as JSON at any moment', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.array(fc.integer()), fc.nat(), (name, values, cut) => {
        const used = accumulatorFor(name, 3);
        let plain = used.initial;
        let stored = plain;
        values.forEach((value, index) => {
          const before = JSON.stringify(plain);
          const kept = plain;
          plain = used.add(plain, value);
          expect(JSON.stringify(kept)).toBe(before);
          stored = used.add(index === cut ? JSON.parse(JSON.stringify(stored)) : stored, value);
        });
        expect(stored).toEqual(plain);
      }),
    );
  });

  it('give the same merged as one after the other', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.array(fc.integer({ min: -9, max: 9 })),
        fc.array(fc.integer({ min: -9, max: 9 })),
        (name, left, right) => {
          const used = accumulatorFor(name, 3);
          const all = (values: readonly number[]): unknown =>
            values.reduce<unknown>((accumulator, value) => used.add(accumulator, value), used.initial);
          expect(used.result(used.merge(all(left), all(right)))).toEqual(used.result(all([...left, ...right])));
        },
      ),
    );
  });

  it('take back over a table what they added, all but those that forget what came before', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...aggregateFunctions.filter((name) => !cannotSubtract.has(name))),
        fc.array(fc.integer({ min: -9, max: 9 })),
        fc.array(fc.integer({ min: -9, max: 9 })),
        (name, kept, undone) => {
          const used = accumulatorFor(accumulatorName(name, 'table'), 3);
          let accumulator = used.initial;
          for (const value of [...kept, ...undone]) accumulator = used.add(accumulator, value);
          for (const value of undone.toReversed()) accumulator = used.subtract?.(accumulator, value);
          const expected = kept.reduce((before: unknown, value) => used.add(before, value), used.initial);
          // Of a list from which one of two equal values was taken, either may be the one that is left.
          const sorted = (result: unknown) => (name === 'collect' ? [] : result);
          expect(sorted(used.result(accumulator))).toEqual(sorted(used.result(expected)));
        },
      ),
    );
    const collected = accumulatorFor('collect-of-rows', 10);
    expect(collected.subtract?.(['a', 'b', 'a', 'c'], 'a')).toEqual(['b', 'a', 'c']);
    expect(collected.subtract?.(['a'], 'b')).toEqual(['a']);
  });

  it('leave nothing of an average behind when its last value goes', () => {
    const used = accumulatorFor('avg');
    const both = used.add(used.add(used.initial, 0.1), 0.2);
    expect(used.subtract?.(used.subtract?.(both, 0.1), 0.2)).toEqual([0, 0]);
  });
});
