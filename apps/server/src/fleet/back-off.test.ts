import { expect, it } from 'vitest';
import { BackOff } from './back-off.ts';

it('doubles from half a second to half a minute, and begins anew after a minute of running', () => {
  const backOff = new BackOff();
  expect(Array.from({ length: 8 }, () => backOff.next(0))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
  expect(backOff.next(59_999)).toBe(30_000);
  expect(backOff.next(60_000)).toBe(500);
  expect(backOff.next(0)).toBe(1_000);
});
