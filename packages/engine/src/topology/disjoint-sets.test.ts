import { describe, expect, it } from 'vitest';
import { DisjointSets } from './disjoint-sets.ts';

describe('disjoint sets', () => {
  it('keep apart what was never united', () => {
    const sets = new DisjointSets();
    sets.unite('a', 'b');
    expect(sets.find('c')).toBe('c');
    expect(sets.find('a')).not.toBe(sets.find('c'));
  });

  it('put together what was united, over others too', () => {
    const sets = new DisjointSets();
    sets.unite('a', 'b');
    sets.unite('c', 'd');
    expect(sets.find('a')).not.toBe(sets.find('d'));
    sets.unite('b', 'd');
    expect(new Set(['a', 'b', 'c', 'd'].map((name) => sets.find(name))).size).toBe(1);
  });

  it('take a name that is united with itself', () => {
    const sets = new DisjointSets();
    sets.unite('a', 'a');
    expect(sets.find('a')).toBe('a');
  });
});
