import { expect, it } from 'vitest';
import { durationMs, durationParts } from './duration-parts.ts';

it.each([
  [0, 0, 'min'],
  [250, 250, 'ms'],
  [90_000, 90, 's'],
  [5_400_000, 90, 'min'],
  [3_600_000, 1, 'h'],
  [172_800_000, 2, 'day'],
] as const)('shows %d ms as %d %s', (ms, count, unit) => {
  expect(durationParts(ms)).toEqual({ count, unit });
});

it('reads a count in its unit, with a comma or a point', () => {
  expect(durationMs('1.5', 'h')).toBe(5_400_000);
  expect(durationMs('1,5', 'h')).toBe(5_400_000);
  expect(durationMs('', 'h')).toBeNull();
  expect(durationMs('soon', 'h')).toBeNull();
});
