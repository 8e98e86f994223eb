import { describe, expect, it } from 'vitest';
import { heldTop, historyLength, RateHistory } from './rate-history.ts';

describe('RateHistory', () => {
  it('keeps one sample in two seconds, the newest of each', () => {
    const history = new RateHistory();
    for (const [atMs, value] of [
      [0, 1],
      [500, 2],
      [1999, 3],
      [2000, 4],
      [4100, 5],
    ] as const) {
      history.add(atMs, value);
    }
    expect(history.values).toEqual([3, 4, 5]);
  });

  it('stays level where nothing arrived, and keeps five minutes', () => {
    const history = new RateHistory();
    history.add(0, 8);
    history.add(8000, 2);
    expect(history.values).toEqual([8, 8, 8, 8, 2]);
    history.add(10_000_000, 1);
    expect(history.values).toHaveLength(historyLength);
    expect(history.values.at(-1)).toBe(1);
  });

  it('tells a trend over half a minute with ten per cent slack', () => {
    const history = new RateHistory();
    history.add(0, 100);
    expect(history.trend(30_000)).toBe('level');
    history.add(30_000, 109);
    expect(history.trend(30_000)).toBe('level');
    history.add(32_000, 150);
    expect(history.trend(30_000)).toBe('rising');
    history.add(62_000, 20);
    expect(history.trend(30_000)).toBe('falling');
  });
});

describe('heldTop', () => {
  it('is the greatest value that held for three samples', () => {
    expect(heldTop([9000, 4000, 150, 160, 155, 150])).toBe(150);
    expect(heldTop([10, 20, 30, 30, 30, 5])).toBe(30);
    expect(heldTop([7, 9])).toBe(9);
    expect(heldTop([])).toBe(0);
  });
});
