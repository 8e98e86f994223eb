import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoreSpec } from '../topology/topology.ts';
import { LayeredStore } from './layered-store.ts';
import { MemoryTaskStores } from './memory-stores.ts';
import { historyBucketMs, historySuffix, VersionedTable } from './versioned-table.ts';

function storeOf(stores: MemoryTaskStores, name: string, spec: Partial<StoreSpec>): LayeredStore {
  return new LayeredStore(
    {
      name,
      node: 'n',
      kind: 'key-value',
      keyFormat: 'string',
      suffix: [],
      windowSizeMs: null,
      retentionMs: null,
      graceMs: null,
      changelogTopic: `${name}-changelog`,
      view: { as: 'value' },
      signature: '',
      ...spec,
    },
    stores.table(name),
    { append: () => undefined },
  );
}

function open(historyMs = 300_000) {
  const stores = new MemoryTaskStores();
  const bucketMs = historyBucketMs(historyMs);
  const history = storeOf(stores, 'history', {
    kind: 'window',
    suffix: historySuffix,
    windowSizeMs: bucketMs,
    retentionMs: historyMs + bucketMs,
  });
  const table = new VersionedTable(storeOf(stores, 'latest', {}), history, historyMs, {
    value: Number.NEGATIVE_INFINITY,
  });
  const put = (value: unknown, timestamp: number, key = 'k') => {
    const result = table.put(key, value, timestamp);
    return result.isIgnored ? 'ignored' : result.validTo;
  };
  const asOf = (timestamp: number, key = 'k') => {
    const row = table.asOf(key, timestamp);
    return row === undefined ? null : [row.value, row.timestamp];
  };
  return { table, put, asOf };
}

describe('a table with history', () => {
  it('tells the latest row, and the one of any moment since', () => {
    const { table, put, asOf } = open();
    expect(put('a', 10)).toBeNull();
    expect(put('b', 20)).toBeNull();
    expect(table.get('k')).toEqual({ value: 'b', timestamp: 20 });
    expect([9, 10, 19, 20, 99].map((timestamp) => asOf(timestamp))).toEqual([
      null,
      ['a', 10],
      ['a', 10],
      ['b', 20],
      ['b', 20],
    ]);
  });

  it('puts what comes late where it belongs, and says what comes after it', () => {
    const { table, put, asOf } = open();
    expect([put('v', 10), put('v2', 8), put('v1', 9), put('v4', 6)]).toEqual([null, 10, 10, 8]);
    expect(table.get('k')).toEqual({ value: 'v', timestamp: 10 });
    expect([10, 9, 8, 7, 5].map((timestamp) => asOf(timestamp))).toEqual([
      ['v', 10],
      ['v1', 9],
      ['v2', 8],
      ['v4', 6],
      null,
    ]);
  });

  it('does the same in front of a deletion, of which there is no row', () => {
    const { table, put, asOf } = open();
    expect([put(null, 10), put('v2', 8), put('v1', 9), put('v4', 6)]).toEqual([null, 10, 10, 8]);
    expect(table.get('k')).toBeUndefined();
    expect([10, 9, 8, 7].map((timestamp) => asOf(timestamp))).toEqual([null, ['v1', 9], ['v2', 8], ['v4', 6]]);
  });

  it('ignores what is older than its history, over all keys, and tells of no moment before it but by the latest row', () => {
    const { put, asOf } = open(100);
    put('a', 0);
    put('b', 50);
    put('x', 100, 'other');
    expect(put('late', 0)).toBe(50);
    put('x', 151, 'other');
    expect(put('later', 50)).toBe('ignored');
    expect(asOf(50)).toEqual(['b', 50]);
    expect(asOf(20)).toBeNull();
  });

  it('keeps keys apart that begin alike', () => {
    const { put, asOf } = open();
    put('short', 5, 'a');
    put('long', 1, `a${'\0'.repeat(7)}\x06`);
    put('newer', 9, 'a');
    put('newer', 9, `a${'\0'.repeat(7)}\x06`);
    expect(asOf(6, 'a')).toEqual(['short', 5]);
    expect(asOf(6, `a${'\0'.repeat(7)}\x06`)).toEqual(['long', 1]);
  });

  it('agrees with a list of all versions, in whatever order they come', () => {
    const historyMs = 5_000;
    const puts = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b'),
        value: fc.option(fc.nat({ max: 9 }), { nil: null }),
        timestamp: fc.nat({ max: 12_000 }).map((timestamp) => Math.floor(timestamp / 500) * 500),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(puts, (all) => {
        const { table, put, asOf } = open(historyMs);
        const versions = { a: new Map<number, number | null>(), b: new Map<number, number | null>() };
        let observed = Number.NEGATIVE_INFINITY;
        for (const { key, value, timestamp } of all) {
          const known = versions[key as 'a' | 'b'];
          const times = () => [...known.keys()].sort((one, other) => one - other);
          const next = times().find((time) => time > timestamp) ?? null;
          const isIgnored = timestamp < observed - historyMs;
          expect(put(value, timestamp, key)).toBe(isIgnored ? 'ignored' : next);
          if (isIgnored) continue;
          observed = Math.max(observed, timestamp);
          known.set(timestamp, value);
          const latest = times().at(-1) as number;
          expect(table.get(key)?.value ?? null).toBe(known.get(latest));
          for (let at = 0; at <= 12_500; at += 250) {
            const from = times().findLast((time) => time <= at);
            const isKnown = from !== undefined && (at >= observed - historyMs || from === latest);
            const expected = isKnown && known.get(from) !== null ? [known.get(from), from] : null;
            expect(asOf(at, key)).toEqual(expected);
          }
        }
      }),
    );
  });
});
