import { describe, expect, it } from 'vitest';
import { compareByteStrings } from '../log/byte-string.ts';
import type { StoreSpec } from '../topology/topology.ts';
import { LayeredStore } from './layered-store.ts';
import { MemoryTaskStores } from './memory-stores.ts';

const spec: StoreSpec = {
  name: 's',
  node: 'n',
  kind: 'window',
  keyFormat: 'string',
  suffix: [],
  windowSizeMs: 10,
  retentionMs: 40,
  graceMs: 0,
  changelogTopic: 's-changelog',
  view: { as: 'value' },
  signature: '',
};

describe('ranges of a store', () => {
  it('give what was put and not deleted or expired, in order, whatever is in memory and what in the table', async () => {
    const seed = 20261121;
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const stores = new MemoryTaskStores();
    // A cache of a few entries, so that most are read from the table again.
    const store = new LayeredStore(spec, stores.table('s'), { append: () => undefined }, { cacheBytes: 1000 });
    const model = new Map<number, Map<string, number>>();
    let greatest = 0;
    for (let step = 0; step < 4000; step++) {
      const segment = Math.max(0, Math.floor(step / 200) + random(5) - 2) * 10;
      const key = `k${random(40)}`;
      if (segment > greatest - 40) {
        const value = random(5) === 0 ? null : step;
        store.put(segment, key, value, step);
        const entries = model.get(segment) ?? new Map<string, number>();
        model.set(segment, entries);
        if (value === null) entries.delete(key);
        else entries.set(key, value);
        greatest = Math.max(greatest, segment);
        for (const one of model.keys()) if (one <= greatest - 40) model.delete(one);
      }
      if (random(20) === 0) {
        store.beginCommit();
        store.endCommit();
        const flush = store.beginFlush();
        if (flush !== null) {
          await stores.write([{ store: 's', ...flush, position: step }]);
          store.endFlush();
        }
      }
      if (random(10) > 0) continue;
      const from = `k${random(40)}`;
      const to = random(3) === 0 ? null : `k${random(40)}`;
      const limit = random(3) === 0 ? 1 + random(5) : undefined;
      const reverse = random(2) === 0;
      const expected = [...(model.get(segment) ?? [])]
        .filter(([one]) => one >= from && (to === null || one < to))
        .sort(([left], [right]) => compareByteStrings(left, right) * (reverse ? -1 : 1))
        .slice(0, limit);
      const found = store.range(segment, from, to, { reverse, limit });
      expect(
        found.map((entry) => [entry.key, entry.stored.value]),
        `seed ${seed}, step ${step}`,
      ).toEqual(expected);
    }
    const live = [...model.keys()].sort((left, right) => left - right);
    const middle = live[1] as number;
    expect(store.segmentsBetween(0, greatest)).toEqual(
      expect.arrayContaining(live.filter((one) => model.get(one)?.size)),
    );
    expect(store.segmentsBetween(middle, middle)).toEqual([middle]);
    expect(store.segmentsBetween(0, greatest - 40)).toEqual([]);
  });
});
