import { describe, expect, it } from 'vitest';
import { RetentionGaps } from './retention-gaps.ts';

const gap = (partition: number, fromOffset: number, toOffset: number) => ({
  topic: 'flights',
  partition,
  fromOffset,
  toOffset,
});

describe('what retention removed before it was read', () => {
  it('is counted by node and partition, in order', () => {
    const gaps = new RetentionGaps();
    gaps.add('flights', gap(3, 10, 15));
    gaps.add('flights', gap(0, 0, 1));
    gaps.add('flights', gap(3, 40, 42));
    gaps.add('other', gap(3, 10, 11));
    expect(gaps.of('flights')).toEqual([
      { topic: 'flights', partition: 0, records: 1 },
      { topic: 'flights', partition: 3, records: 7 },
    ]);
    expect(gaps.of('other')).toEqual([{ topic: 'flights', partition: 3, records: 1 }]);
    expect(gaps.of('by-state')).toEqual([]);
  });

  it('is counted once when a worker that starts from the last commit finds it again', () => {
    const gaps = new RetentionGaps();
    gaps.add('flights', gap(0, 100, 150));
    gaps.add('flights', gap(0, 100, 160));
    expect(gaps.of('flights')[0]?.records).toBe(60);
    // It had read up to 300 and found a gap behind that, and then nothing of it was committed.
    gaps.add('flights', gap(0, 400, 450));
    gaps.add('flights', gap(0, 160, 430));
    expect(gaps.of('flights')[0]?.records).toBe(350);
  });

  it('is counted on when there were more gaps than are kept apart', () => {
    const gaps = new RetentionGaps();
    for (let at = 0; at < 1_000; at++) gaps.add('flights', gap(0, at * 10, at * 10 + 3));
    expect(gaps.of('flights')[0]?.records).toBe(3_000);
  });

  it('is forgotten after a reset', () => {
    const gaps = new RetentionGaps();
    gaps.add('flights', gap(0, 0, 1));
    gaps.clear();
    expect(gaps.of('flights')).toEqual([]);
  });
});
