/** Units that a length can be given in, with their milliseconds. */
export const durationUnits = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, day: 86_400_000 } as const;
export type DurationUnit = keyof typeof durationUnits;

/** A length as a number and the greatest unit that divides it: 5,400,000 ms is 90 min. Nothing is said in minutes. */
export function durationParts(ms: number): { readonly count: number; readonly unit: DurationUnit } {
  if (ms === 0) return { count: 0, unit: 'min' };
  const units = Object.keys(durationUnits).reverse() as DurationUnit[];
  const unit = units.find((candidate) => Number.isInteger(ms / durationUnits[candidate])) ?? 'ms';
  return { count: ms / durationUnits[unit], unit };
}

/** Null for what is not a number. */
export function durationMs(count: string, unit: DurationUnit): number | null {
  const number = Number(count.trim().replace(',', '.'));
  return count.trim() === '' || !Number.isFinite(number) ? null : Math.round(number * durationUnits[unit]);
}
