import { describe, expect, it } from 'vitest';
import { SortedKeys } from './sorted-keys.ts';

describe('sorted keys', () => {
  it('walk over any range as a sorted list does, whatever was added and deleted', () => {
    const seed = 20261121;
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const key = (): string => String.fromCharCode(random(20), random(256)).slice(0, 1 + random(2)) + random(60);
    const known = new Set(Array.from({ length: 300 }, key));
    const keys = new SortedKeys(known);
    for (let round = 0; round < 6000; round++) {
      const one = key();
      if (random(3) === 0) {
        known.delete(one);
        keys.delete(one);
      } else {
        known.add(one);
        keys.add(one);
      }
      if (round % 20 > 0) continue;
      const from = random(4) === 0 ? '' : key();
      const to = random(4) === 0 ? null : key();
      const expected = [...known].filter((each) => each >= from && (to === null || each < to)).sort();
      expect([...keys.between(from, to, false)], `seed ${seed}, round ${round}`).toEqual(expected);
      expect([...keys.between(from, to, true)], `seed ${seed}, round ${round}`).toEqual(expected.reverse());
    }
  });

  it('are empty at first and after the last one went', () => {
    const keys = new SortedKeys([]);
    expect([...keys.between('', null, false)]).toEqual([]);
    keys.delete('a');
    keys.add('a');
    keys.add('a');
    expect([...keys.between('', null, true)]).toEqual(['a']);
    keys.delete('a');
    expect([...keys.between('', null, true)]).toEqual([]);
  });
});
