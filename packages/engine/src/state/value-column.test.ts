import { expect, it } from 'vitest';
import { seededRandom } from '../testing/suite-api.ts';
import { ValueColumn } from './value-column.ts';

const seed = Number(process.env.COLUMN_SEED ?? 3);

it(`gives back what was put last, of whatever shape (seed ${seed})`, () => {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const shapes: readonly (() => unknown)[] = [
    () => below(100),
    () => random(),
    () => [below(10)],
    () => [random(), below(3)],
    () => [],
    () => ['a', 1],
    () => 'text',
    () => null,
    () => ({ n: below(10) }),
    () => Array.from({ length: 20 }, () => 1),
  ];
  for (let round = 0; round < 200; round++) {
    const column = new ValueColumn();
    const other = new ValueColumn();
    const expected: unknown[] = [];
    // Mostly one shape, as in a store.
    const usual = below(shapes.length);
    for (let step = 0; step < 60; step++) {
      const row = below(3) === 0 ? below(expected.length + 1) : expected.length;
      const value = (shapes[below(8) === 0 ? below(shapes.length) : usual] as () => unknown)();
      if (below(4) === 0) {
        other.put(step, value);
        column.putFrom(row, other, step);
      } else {
        column.put(row, value);
      }
      expected[row] = value;
      if (below(10) === 0) column.forget(row);
      else continue;
      column.put(row, value);
    }
    expect(expected.map((_, row) => column.get(row))).toEqual(expected);
  }
});

it('leaves room for rows that are put later', () => {
  const column = new ValueColumn();
  column.put(3, [7]);
  column.put(1, [5]);
  column.put(6, 'text');
  column.put(5, [1]);
  expect([1, 3, 5, 6].map((row) => column.get(row))).toEqual([[5], [7], [1], 'text']);
});
