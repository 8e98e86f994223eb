import type { StoreView } from '../topology/topology.ts';
import { type Accumulator, type AccumulatorName, accumulatorFor } from './accumulators.ts';

type ShownField = { readonly name: string; readonly accumulator: Accumulator };

/** Made once for each view, since every record of an aggregate is shown. */
const shownFields = new WeakMap<StoreView, readonly ShownField[]>();

/**
 * A stored value as users see it: accumulators become the results that they stand for, by name. Names come from an aggregate's config,
 * which refuses `__proto__`, so plain assignment makes own properties.
 */
export function presentStored(view: StoreView, stored: unknown): unknown {
  if (view.as === 'value') return stored;
  let fields = shownFields.get(view);
  if (fields === undefined) {
    fields = view.fields.map(({ name, function: used, length }) => ({
      name,
      accumulator: accumulatorFor(used as AccumulatorName, length),
    }));
    shownFields.set(view, fields);
  }
  const accumulators = stored as readonly unknown[];
  const shown: Record<string, unknown> = {};
  let index = 0;
  for (const { name, accumulator } of fields) shown[name] = accumulator.result(accumulators[index++]);
  return shown;
}
