import { type CounterName, type Counters, counterNames, type Fate } from './fates.ts';

const slots = Object.fromEntries(counterNames.map((name, slot) => [name, slot])) as {
  readonly [Name in CounterName]: number;
};
export const slotOf = slots;

/** Totals of one source, processor or sink of one task. */
export class ProcessorCounters {
  readonly values: Float64Array;

  constructor(initial: readonly number[] = []) {
    this.values = new Float64Array(counterNames.length);
    initial.slice(0, counterNames.length).forEach((value, slot) => {
      this.values[slot] = value;
    });
  }

  add(name: CounterName, amount = 1): void {
    const slot = slots[name];
    this.values[slot] = (this.values[slot] ?? 0) + amount;
  }

  countFate(fate: Fate): void {
    this.add(fate);
  }

  toArray(): number[] {
    return Array.from(this.values);
  }
}

export function countersFromArray(values: readonly number[]): Counters {
  return Object.fromEntries(counterNames.map((name, slot) => [name, values[slot] ?? 0])) as unknown as Counters;
}
