import { type Measured, median } from '../measure.ts';

/** A ratio of the list, as one line: what it is, what was reached, the goal. */
export function printLine(number: string, name: string, reached: string, goal: string): void {
  console.log(`  ${number.padStart(3)}  ${name.padEnd(58)} ${reached.padEnd(34)} goal ${goal}`);
}

/** The median of the pairs' ratios with the least and the greatest. */
export function ratioText(over: Measured | undefined, under: Measured | undefined, digits = 2): string {
  const pairs = over?.cpuNs.map((value, index) => value / (under?.cpuNs[index] ?? 1)) ?? [];
  return `${median(pairs).toFixed(digits)} (${Math.min(...pairs).toFixed(digits)}–${Math.max(...pairs).toFixed(digits)})`;
}

export function nsText(measured: Measured | undefined): string {
  return `${Math.round(median(measured?.cpuNs ?? [])).toLocaleString('en-US')} ns`;
}
