import { shapedObjects } from '../json/shaped-object.ts';
import type { StoreView } from '../topology/topology.ts';
import { type Accumulator, type AccumulatorName, accumulatorFor } from './accumulators.ts';

/** Made once for each view, since every record of an aggregate is shown. */
const presentersOf = new WeakMap<StoreView, (stored: unknown) => unknown>();

/** A stored value as users see it: accumulators become the results that they stand for, by name. */
export function presentStored(view: StoreView, stored: unknown): unknown {
  if (view.as === 'value') return stored;
  let present = presentersOf.get(view);
  if (present === undefined) {
    const accumulators = view.fields.map(({ function: used, length }) =>
      accumulatorFor(used as AccumulatorName, length),
    );
    // Names come from an aggregate's config, which refuses `__proto__` and equal ones.
    const make = shapedObjects(view.fields.map(({ name }) => name));
    present = (kept) => {
      const results: unknown[] = new Array(accumulators.length);
      for (let index = 0; index < accumulators.length; index++) {
        results[index] = (accumulators[index] as Accumulator).result((kept as readonly unknown[])[index]);
      }
      return make(results);
    };
    presentersOf.set(view, present);
  }
  return present(stored);
}
