import type { SuiteApi } from '../suite-api.ts';
import { described, shrunk } from './shrink.ts';
import { verifySeed } from './verify-scenario.ts';

const seedsPerTest = 50;

/** Tests for a run of seeds. A failing one tells how to run its seed again, and the seed's shrunk form. */
export function seedSuite({ describe, it, expect }: SuiteApi, first: number, count: number): void {
  describe('simulated workers write what the checker says, whatever happens to them', () => {
    for (let from = first; from < first + count; from += seedsPerTest) {
      it(`seeds ${from} to ${from + seedsPerTest - 1}`, async () => {
        for (let seed = from; seed < from + seedsPerTest; seed++) {
          const { problems, scenario } = await verifySeed(seed);
          if (problems.length === 0) continue;
          const small = described(await shrunk(scenario));
          expect(problems, `npm run simulate -- --seed ${seed}\n${problems.join('\n')}\n${small}`).toEqual([]);
        }
      });
    }
  });
}
