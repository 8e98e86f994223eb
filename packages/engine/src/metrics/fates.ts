/**
 * What became of an input record of a node. Each has exactly one fate, so that inputs = sum of fates; a number that does not balance is a
 * defect, and the canvas shows it.
 */
export const fates = ['forwarded', 'absorbed', 'filtered', 'late', 'nullKey', 'failed'] as const;
export type Fate = (typeof fates)[number];

/**
 * Counters of a processor, in the order of their slots. After the inputs and their fates: `out` counts output records, `timed` outputs
 * without an input (window close, punctuation), `droppedWindows` the closed windows that a late record missed, `dropped` the records dropped for
 * another reason. The last two together are what Kafka Streams counts in `dropped-records`.
 */
export const counterNames = ['in', ...fates, 'out', 'timed', 'droppedWindows', 'dropped'] as const;
export type CounterName = (typeof counterNames)[number];

export type Counters = { readonly [Name in CounterName]: number };

export const emptyCounters: Counters = {
  in: 0,
  forwarded: 0,
  absorbed: 0,
  filtered: 0,
  late: 0,
  nullKey: 0,
  failed: 0,
  out: 0,
  timed: 0,
  droppedWindows: 0,
  dropped: 0,
};

export function addCounters(left: Counters, right: Counters): Counters {
  const sum: Record<string, number> = {};
  for (const name of counterNames) sum[name] = left[name] + right[name];
  return sum as unknown as Counters;
}

/** How many inputs have no fate; anything but 0 is a defect. */
export function missingFates(counters: Counters): number {
  let accounted = 0;
  for (const fate of fates) accounted += counters[fate];
  return counters.in - accounted;
}
