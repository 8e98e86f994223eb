import { describe, expect, it } from 'vitest';
import { internalPartitionCounts, type TopicUse } from './partition-counts.ts';

const external: { readonly [topic: string]: number } = { two: 2, three: 3, eight: 8 };

function counts(use: Omit<TopicUse, 'writers'> & { readonly writers: { readonly [topic: string]: number } }): object {
  const writers = new Map(Object.entries(use.writers));
  return Object.fromEntries(internalPartitionCounts({ ...use, writers }, (topic) => external[topic] ?? 1));
}

describe('the partitions of an internal topic', () => {
  it('are the greatest of what its writer reads', () => {
    expect(counts({ reads: [['two', 'three'], ['a']], writers: { a: 0 }, copartitioned: [] })).toEqual({ a: 3 });
  });

  it('are handed on over several topics', () => {
    expect(counts({ reads: [['two'], ['a', 'three'], ['b']], writers: { a: 0, b: 1 }, copartitioned: [] })).toEqual({
      a: 2,
      b: 3,
    });
  });

  it('are those of an external topic that it meets, even where more or fewer are read', () => {
    expect(counts({ reads: [['eight'], ['a', 'three']], writers: { a: 0 }, copartitioned: [['a', 'three']] })).toEqual({
      a: 3,
    });
  });

  it('are the greatest of all that meet, and what is behind them follows', () => {
    const use = { reads: [['two'], ['eight'], ['a', 'b'], ['c']], writers: { a: 0, b: 1, c: 2 } };
    expect(counts({ ...use, copartitioned: [['a', 'b']] })).toEqual({ a: 8, b: 8, c: 8 });
    expect(counts({ ...use, copartitioned: [] })).toEqual({ a: 2, b: 8, c: 8 });
  });

  it('are found where sub-topologies feed each other', () => {
    const use = {
      reads: [
        ['two', 'b'],
        ['three', 'a'],
      ],
      writers: { a: 0, b: 1 },
      copartitioned: [],
    };
    expect(counts(use)).toEqual({ a: 3, b: 3 });
    expect(counts({ ...use, reads: [['two', 'a'], ['b']] })).toEqual({ a: 2, b: 1 });
  });
});
