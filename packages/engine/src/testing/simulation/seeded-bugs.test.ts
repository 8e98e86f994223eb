import { describe, expect, it } from 'vitest';
import { bugsOfOperators } from './bugs/bugs-of-operators.ts';
import { bugsOfProcessors } from './bugs/bugs-of-processors.ts';
import { bugsOfTheLog } from './bugs/bugs-of-the-log.ts';
import { bugsOfTheStores } from './bugs/bugs-of-the-stores.ts';
import { checkRun } from './checker/check-run.ts';
import { randomScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

const seededBugs = [...bugsOfTheLog, ...bugsOfTheStores, ...bugsOfProcessors, ...bugsOfOperators];

/** Of the scenarios in which a defect can show, so many are tried. */
const triesMax = 200;

describe('a defect that was put in on purpose is found', () => {
  it.each(seededBugs.map((bug) => [bug.name, bug] as const))('%s', async (_name, bug) => {
    let tries = 0;
    let problems: readonly string[] = [];
    for (let seed = 0; problems.length === 0 && tries < triesMax; seed++) {
      const scenario = randomScenario(seed);
      if (!scenario.shape.includes(bug.shows)) continue;
      tries++;
      problems = await checkRun(await simulate(scenario, bug.mutation));
      if (problems.length > 0) {
        // The finding is worth something only if there is none without the defect.
        expect(await checkRun(await simulate(scenario))).toEqual([]);
      }
    }
    expect(problems, `not found in ${tries} runs`).not.toEqual([]);
  });
});
