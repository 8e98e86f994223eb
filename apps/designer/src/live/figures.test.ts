import { describe, expect, it } from 'vitest';
import {
  bytes,
  clock,
  compact,
  duration,
  elapsed,
  exact,
  keyText,
  percent,
  rateFigure,
  windowSpan,
} from './figures.ts';

describe('compact', () => {
  it.each([
    [0, '0'],
    [0.4, '0.40'],
    [7, '7'],
    [12.44, '12.4'],
    [842, '842'],
    [3376, '3,376'],
    [9_994, '9,994'],
    [9_996, '10.0 k'],
    [48_230, '48.2 k'],
    [999_600, '1.00 M'],
    [2_225_441, '2.23 M'],
    [3_000_000_000, '3.00 G'],
  ])('writes %d with three significant figures as %s', (value, text) => {
    expect(compact(value)).toBe(text);
  });

  it('writes what is unknown as a dash, never as 0', () => {
    expect([compact(null), compact(undefined), compact(Number.NaN), exact(null), percent(null)]).toEqual(
      Array(5).fill('–'),
    );
  });
});

it('writes exact numbers with thousands parted', () => {
  expect(exact(2_225_441)).toBe('2,225,441');
});

it.each([
  [0, '0'],
  [0.02, '0'],
  [0.46, '0.5'],
  [12.44, '12.4'],
  [24, '24.0'],
  [980.7, '981'],
  [4_823.2, '4,820'],
  [48_230, '48.2 k'],
])('writes the rate %d as %s', (value, text) => {
  expect(rateFigure(value)).toBe(text);
});

it.each([
  [0, '0 %'],
  [0.0001, '1 %'],
  [0.204, '20 %'],
  [0.9999, '99 %'],
  [1, '100 %'],
])('writes the share %d as %s', (share, text) => {
  expect(percent(share)).toBe(text);
});

it('scales bytes', () => {
  expect([bytes(0), bytes(812), bytes(187_000), bytes(2_440_000)]).toEqual(['0 B', '812 B', '187 kB', '2.4 MB']);
});

it('writes a length in the greatest unit that divides it', () => {
  expect([0, 250, 90_000, 600_000, 5_400_000, 3_600_000, 86_400_000, 172_800_000].map(duration)).toEqual([
    '0 s',
    '250 ms',
    '90 s',
    '10 min',
    '90 min',
    '1 h',
    '1 day',
    '2 days',
  ]);
});

it('writes how long something has lasted', () => {
  expect([8_400, 38 * 60_000, 192 * 60_000, 4 * 86_400_000].map(elapsed)).toEqual([
    '8 s',
    '38 min',
    '3 h 12 min',
    '4 days',
  ]);
});

it('writes windows in UTC and names the day only where it changes', () => {
  const start = Date.UTC(2001, 1, 9, 21);
  expect(clock(start)).toBe('21:00');
  expect(windowSpan(start, start + 3_600_000)).toBe('21:00 – 22:00');
  expect(windowSpan(start + 2 * 3_600_000, start + 3 * 3_600_000)).toBe('23:00 – 24:00');
  expect(windowSpan(start, start + 86_400_000)).toBe('9 Feb 2001 21:00 – 10 Feb 2001 21:00');
});

it('writes the key of a windowed result as key and window', () => {
  const start = Date.UTC(2001, 1, 9, 21);
  expect(keyText({ end: start + 3_600_000, key: 'CA', start })).toBe('CA, 21:00 – 22:00');
  expect([keyText('CA'), keyText(7), keyText(null), keyText({ key: 'CA' })]).toEqual([
    'CA',
    '7',
    'null',
    '{"key":"CA"}',
  ]);
});
