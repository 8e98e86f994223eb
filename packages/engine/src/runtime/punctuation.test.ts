import { describe, expect, it } from 'vitest';
import type { NumberCell } from './number-cell.ts';
import { Punctuation, type PunctuationPlan } from './punctuation.ts';

function schedule(plan: PunctuationPlan, next: NumberCell = { value: Number.NaN }) {
  const calls: number[] = [];
  const punctuation = new Punctuation(plan, next, (nowMs) => calls.push(nowMs));
  return { calls, punctuation, next };
}

describe('a schedule on stream time', () => {
  it('is called with the time it is, first by the first record, and once after a gap', () => {
    const { calls, punctuation } = schedule({ everyMs: 10, by: 'stream-time' });
    for (const time of [20, 25, 142, 145, 155, 159, 160, 161]) punctuation.advance(time);
    expect(calls).toEqual([20, 142, 155, 160]);
  });

  it('goes on after a restart where it stood', () => {
    const before = schedule({ everyMs: 10, by: 'stream-time' });
    before.punctuation.advance(33);
    const after = schedule({ everyMs: 10, by: 'stream-time' }, { value: before.next.value });
    for (const time of [34, 39, 40]) after.punctuation.advance(time);
    expect(after.calls).toEqual([40]);
  });

  it('is not called before there is any time', () => {
    const { calls, punctuation } = schedule({ everyMs: 10, by: 'stream-time' });
    expect(punctuation.advance(Number.NEGATIVE_INFINITY)).toBe(false);
    expect(calls).toEqual([]);
  });
});

describe('a schedule on the wall clock', () => {
  it('begins where the clock stood, and is first called an interval later', () => {
    const { calls, punctuation } = schedule({ everyMs: 10, by: 'wall-clock' });
    punctuation.begin(1003);
    for (const now of [1003, 1012, 1013, 1014, 1022, 1023, 1060, 1062, 1063]) {
      punctuation.begin(now);
      punctuation.advance(now);
    }
    expect(calls).toEqual([1013, 1023, 1060, 1063]);
  });
});
