import { nodeKinds } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { findKinds } from './kind-search.ts';

describe('the kinds of the palette', () => {
  it('are all there, each in one group', () => {
    const found = findKinds('').flatMap(({ kinds }) => kinds);
    expect(found.toSorted()).toEqual(Object.keys(nodeKinds).toSorted());
  });

  it('are found by name before they are found by what they do', () => {
    const [group] = findKinds('FILT');
    expect(group?.kinds[0]).toBe('filter');
    expect(findKinds('stream').flatMap(({ kinds }) => kinds)[0]).toBe('to-stream');
    expect(findKinds('no such kind at all')).toEqual([]);
  });
});
