import { checkRun } from './checker/check-run.ts';
import { differenceFromCalm } from './compare-runs.ts';
import { randomScenario, type Scenario } from './scenario.ts';
import { type Mutation, simulate } from './simulate.ts';

export interface Verdict {
  readonly scenario: Scenario;
  /** What is wrong; empty when all is right. */
  readonly problems: readonly string[];
  readonly turns: number;
}

export function verifySeed(seed: number): Promise<Verdict> {
  return verifyScenario(randomScenario(seed));
}

/** Runs a scenario, checks it, and compares it with a run without faults where order does not matter. */
export async function verifyScenario(scenario: Scenario, mutation: Mutation = {}): Promise<Verdict> {
  const run = await simulate(scenario, mutation);
  const problems = await checkRun(run);
  if (problems.length > 0 || scenario.orderFreedom === 'none') return { scenario, problems, turns: run.turns };
  const calm = await simulate({ ...scenario, faults: [], lossShare: 0 });
  return { scenario, problems: differenceFromCalm(run, calm), turns: run.turns };
}
