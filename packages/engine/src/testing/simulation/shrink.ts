import type { Scenario } from './scenario.ts';
import { verifyScenario } from './verify-scenario.ts';

const triesMax = 400;

/** A smaller scenario that still fails: fewer faults, records, machines. The nodes stay, since they are what is wrong or not. */
export async function shrunk(scenario: Scenario): Promise<Scenario> {
  let best = scenario;
  let tries = 0;
  const accept = async (smaller: Scenario): Promise<boolean> => {
    if (tries++ >= triesMax) return false;
    let fails: boolean;
    try {
      fails = (await verifyScenario(smaller)).problems.length > 0;
    } catch {
      fails = true;
    }
    if (fails) best = smaller;
    return fails;
  };
  await accept({ ...best, lossShare: 0 });
  await accept({ ...best, machines: 1 });
  await without('faults', () => best, accept);
  await without('inputs', () => best, accept);
  await without('before', () => best, accept);
  await without('faults', () => best, accept);
  return best;
}

/** Takes away ever smaller pieces of a list, as long as it fails without them. */
async function without(
  list: 'faults' | 'inputs' | 'before',
  best: () => Scenario,
  accept: (smaller: Scenario) => Promise<boolean>,
): Promise<void> {
  for (let size = best()[list].length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best()[list].length; ) {
      const items: readonly unknown[] = best()[list];
      if (!(await accept({ ...best(), [list]: items.toSpliced(at, size) }))) at += size;
    }
  }
}

/** A scenario in a form that a person can follow. */
export function described({ shape, pipeline, inputs, before, faults, machines, lossShare }: Scenario): string {
  const record = ({ topic, partition, record: { key, value, timestamp } }: Scenario['inputs'][number]): string =>
    `  ${topic}-${partition} @${timestamp} ${JSON.stringify(key)}: ${String(value)}`;
  return [
    `${shape}, ${machines} machines, ${lossShare * 100} % of commits meet with something`,
    ...pipeline.nodes.map(({ id, kind, config }) => `  ${id} (${kind}) ${JSON.stringify(config)}`),
    ...pipeline.edges.map(({ from, to }) => `  ${from} > ${to}`),
    `settings ${JSON.stringify(pipeline.settings)}`,
    `${before.length + inputs.length} records:`,
    ...[...before, ...inputs].map(record),
    `${faults.length} faults:`,
    ...faults.map((fault) => `  ${JSON.stringify(fault)}`),
  ].join('\n');
}
