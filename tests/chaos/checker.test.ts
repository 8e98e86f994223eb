import { describe, expect, it } from 'vitest';
import { check } from './checker.ts';
import { makeInput } from './input.ts';
import { perfectRun } from './perfect-run.ts';
import { SeededRandom } from './random.ts';
import { seededBugs } from './seeded-bugs.ts';

const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

describe('the checker of a round', () => {
  it.each(seeds)('acquits a round in which nothing went wrong (seed %i)', (seed) => {
    expect(check(perfectRun(seed, makeInput(seed, 600)))).toEqual([]);
  });

  it.each(seededBugs)('catches: $name', ({ spoil, caughtBy }) => {
    for (const seed of seeds) {
      const round = perfectRun(seed, makeInput(seed, 600));
      const problems = check(spoil(round, new SeededRandom(seed)));
      expect(problems, `seed ${seed}`).toContainEqual(expect.stringMatching(`^${caughtBy}: `));
    }
  });

  it('makes the same input of the same seed, and another of another', () => {
    expect(makeInput(3, 50)).toEqual(makeInput(3, 50));
    expect(makeInput(3, 50)).not.toEqual(makeInput(4, 50));
  });
});
