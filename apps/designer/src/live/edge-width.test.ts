import { describe, expect, it } from 'vitest';
import { flowWidth, HourPeak } from './edge-width.ts';

describe('flowWidth', () => {
  it('is 2 px without flow or without any peak', () => {
    expect([flowWidth(0, 100), flowWidth(5, 0), flowWidth(Number.NaN, 100)]).toEqual([2, 2, 2]);
  });

  it('grows with the square root of the share of the peak, to 12 px', () => {
    expect([flowWidth(25, 100), flowWidth(100, 100), flowWidth(140, 100)]).toEqual([7, 12, 12]);
  });
});

describe('HourPeak', () => {
  /** One sample each half second. */
  function hold(peak: HourPeak, value: number, fromMs: number, forMs: number): void {
    for (let at = fromMs; at <= fromMs + forMs; at += 500) peak.add(value, at);
  }

  it('keeps the greatest rate of the last sixty minutes and forgets older ones', () => {
    const peak = new HourPeak();
    hold(peak, 80, 0, 10_000);
    hold(peak, 50, 30 * 60_000, 10_000);
    expect(peak.value).toBe(80);
    hold(peak, 10, 60 * 60_000, 10_000);
    expect(peak.value).toBe(50);
    hold(peak, 10, 91 * 60_000, 10_000);
    expect(peak.value).toBe(10);
  });

  it('passes over a burst that did not hold for five seconds', () => {
    const peak = new HourPeak();
    hold(peak, 30_000, 0, 2_000);
    expect(peak.value).toBe(30_000);
    hold(peak, 150, 2_500, 20_000);
    expect(peak.value).toBe(150);
  });
});
