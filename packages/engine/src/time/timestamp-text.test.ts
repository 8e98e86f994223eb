import { describe, expect, it } from 'vitest';
import { parseTimestamp } from './timestamp-text.ts';

describe('timestamps in text', () => {
  it.each([
    ['1970-01-01', 0],
    ['2001-01-10', Date.UTC(2001, 0, 10)],
    ['2001/01/10 18:20', Date.UTC(2001, 0, 10, 18, 20)],
    ['2001/1/2 3:04', Date.UTC(2001, 0, 2, 3, 4)],
    ['2001-01-10T18:20Z', Date.UTC(2001, 0, 10, 18, 20)],
    ['2001-01-10T18:20:05', Date.UTC(2001, 0, 10, 18, 20, 5)],
    ['2001-01-10T18:20:05.250Z', Date.UTC(2001, 0, 10, 18, 20, 5, 250)],
    ['2001-01-10T18:20:05,25', Date.UTC(2001, 0, 10, 18, 20, 5, 250)],
    ['2001-01-10T18:20:05.123456789Z', Date.UTC(2001, 0, 10, 18, 20, 5, 123)],
    ['2001-01-10T18:20:05+02:00', Date.UTC(2001, 0, 10, 16, 20, 5)],
    ['2001-01-10T18:20:05 -0530', Date.UTC(2001, 0, 10, 23, 50, 5)],
    ['  2001-01-10  ', Date.UTC(2001, 0, 10)],
    ['2000-02-29', Date.UTC(2000, 1, 29)],
    ['1969-12-31T23:59:59.999Z', -1],
  ])('reads %s', (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected);
  });

  it.each([
    '',
    'soon',
    '2001',
    '2001-13-01',
    '2001-00-10',
    '2001-02-29',
    '2001-04-31',
    '2001-01-10T24:00',
    '2001-01-10T18:60',
    '2001-01-10T18:20:60',
    '2001-01-10T18',
    '2001-01-10T18:20+99:99',
    '2001-01-10T18:20+02:60',
    '10/01/2001',
    '2001-01-10T18:20 CET',
  ])('refuses %j', (text) => {
    expect(parseTimestamp(text)).toBeNull();
  });

  it('takes the first centuries as they are written', () => {
    expect(parseTimestamp('0070-01-01')).toBe(Date.parse('0070-01-01T00:00:00Z'));
    expect(parseTimestamp('0000-02-29')).toBe(Date.parse('0000-02-29T00:00:00Z'));
  });

  it('agrees with Date on every millisecond of a second and every day of four years', () => {
    for (let ms = 0; ms < 1000; ms++) {
      const date = new Date(Date.UTC(2001, 5, 7, 8, 9, 10, ms));
      expect(parseTimestamp(date.toISOString())).toBe(date.getTime());
    }
    for (let day = 0; day < 4 * 366; day++) {
      const date = new Date(Date.UTC(1999, 0, 1) + day * 86_400_000);
      expect(parseTimestamp(date.toISOString().slice(0, 10))).toBe(date.getTime());
    }
  });
});
