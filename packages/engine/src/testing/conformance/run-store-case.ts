import { type CaseResult, compared } from './case-result.ts';
import { openCaseStore } from './case-stores.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { shown } from './emission-line.ts';
import { Inexpressible } from './inexpressible.ts';
import { isObject } from './operator-fields.ts';

/** Runs operations on a store, one after the other, each with its own answer; null is no answer. */
export function runStoreCase({ topology, inputs, expected }: ConformanceCase): CaseResult {
  if (!isObject(topology.store)) throw new Inexpressible('a store case without a store');
  const store = openCaseStore(topology.store);
  const answers = inputs.map((input) => {
    const operation = store.operations[String(input.op)];
    if (operation === undefined) throw new Inexpressible(`the operation ${String(input.op)} is not known`);
    return operation(input);
  });
  const wanted = Array.isArray(expected) ? expected : [];
  return compared(
    inputs.map((input, index) => `${shown(input)} → ${shown(wanted[index])}`),
    inputs.map((input, index) => `${shown(input)} → ${shown(answers[index] ?? null)}`),
  );
}
