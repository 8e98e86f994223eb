import type { StoreView } from '../topology/topology.ts';
import { type AggregateFunction, accumulatorResult } from './accumulators.ts';

/**
 * A stored value as users see it: accumulators become the results that they stand for, by name. Names come from an aggregate's config,
 * which refuses `__proto__`, so plain assignment makes own properties.
 */
export function presentStored(view: StoreView, stored: unknown): unknown {
  if (view.as === 'value') return stored;
  const accumulators = stored as readonly unknown[];
  const shown: Record<string, unknown> = {};
  let index = 0;
  for (const field of view.fields) {
    shown[field.name] = accumulatorResult(field.function as AggregateFunction, accumulators[index++]);
  }
  return shown;
}
