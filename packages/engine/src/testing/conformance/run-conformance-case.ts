import type { CaseResult } from './case-result.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { Inexpressible } from './inexpressible.ts';
import { runDataflowCase } from './run-dataflow-case.ts';
import { runDescribeCase } from './run-describe-case.ts';
import { runFunctionCase } from './run-function-case.ts';
import { runSchedulerCase } from './run-scheduler-case.ts';
import { runStoreCase } from './run-store-case.ts';

const runners: { readonly [kind: string]: (conformanceCase: ConformanceCase) => CaseResult } = {
  dataflow: runDataflowCase,
  store: runStoreCase,
  scheduler: runSchedulerCase,
  function: runFunctionCase,
};

/** Runs one case by what it says, never by what it is called. A case that we leave out on purpose is skipped with the reason. */
export function runConformanceCase(conformanceCase: ConformanceCase): CaseResult {
  const { topology, expectedDescribe } = conformanceCase;
  try {
    if (expectedDescribe) {
      const lines = typeof expectedDescribe === 'string' ? expectedDescribe.split('\n') : expectedDescribe;
      return runDescribeCase(conformanceCase, lines);
    }
    const kind = topology.kind ?? 'dataflow';
    const run = Object.hasOwn(runners, kind) ? runners[kind] : undefined;
    if (run === undefined) throw new Inexpressible(`cases of the kind ${kind} are not known`);
    return run(conformanceCase);
  } catch (error) {
    if (error instanceof Inexpressible) return { outcome: 'skipped', reason: error.message };
    if (!(error instanceof Error)) throw error;
    // A defect of ours in one case must not hide what the others give.
    return { outcome: 'failed', expected: [], actual: [error.stack ?? error.message], document: null };
  }
}
