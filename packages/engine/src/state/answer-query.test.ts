import { describe, expect, it } from 'vitest';
import type { KeyFormat } from '../log/key-format.ts';
import { encodeKey } from '../log/key-format.ts';
import type { StoreSpec } from '../topology/topology.ts';
import { answerStoreQuery } from './answer-query.ts';
import { LayeredStore } from './layered-store.ts';
import { MemoryTaskStores } from './memory-stores.ts';
import { numberBytes } from './store-address.ts';
import { type StoreQuery, storeAnswerSchema, storeQuerySchema } from './store-query.ts';

function storeOf(
  properties: Partial<StoreSpec>,
  puts: readonly (readonly [segment: number, key: unknown, value: unknown])[],
) {
  const spec: StoreSpec = {
    name: 's',
    node: 'n',
    kind: 'key-value',
    keyFormat: 'string',
    suffix: [],
    windowSizeMs: null,
    retentionMs: null,
    graceMs: null,
    changelogTopic: 's-changelog',
    view: { as: 'value' },
    signature: '',
    ...properties,
  };
  const store = new LayeredStore(spec, new MemoryTaskStores().table('s'), { append: () => undefined });
  puts.forEach(([segment, key, value], at) => {
    store.put(segment, encodeKey(spec.keyFormat, key), value, at);
  });
  store.beginCommit();
  store.endCommit();
  return store;
}

const ask = (store: LayeredStore, query: Partial<StoreQuery> = {}) =>
  storeAnswerSchema.parse(
    answerStoreQuery(store, storeQuerySchema.parse({ store: 's', select: { by: 'all' }, ...query }), '1_2', 7, 99),
  );

describe('the window that begins with 1970', () => {
  it('ends where the store says, in rows and in the list of windows', () => {
    const store = storeOf({ kind: 'window', windowSizeMs: 25, firstWindowEnd: 8 }, [
      [0, 'a', 1],
      [8, 'a', 2],
    ]);
    const { rows, windows } = ask(store);
    const all = [
      { start: 8, end: 33 },
      { start: 0, end: 8 },
    ];
    expect(rows.map(({ window }) => window)).toEqual(all);
    expect(windows).toMatchObject(all);
  });
});

describe('an answer', () => {
  const windows = storeOf({ kind: 'window', windowSizeMs: 10, graceMs: 3 }, [
    [0, 'a', 1],
    [0, 'b', 2],
    [10, 'a', 3],
    [20, 'c', 4],
  ]);

  it('says whose it is, how much there is, and as of when', () => {
    expect(ask(windows, { limit: 1 })).toEqual({
      taskId: '1_2',
      rows: [
        {
          key: 'c',
          window: { start: 20, end: 30 },
          value: 4,
          timestamp: 3,
          taskId: '1_2',
          cursor: { segment: 20, key: 'c' },
        },
      ],
      more: true,
      entries: 4,
      windows: [
        { start: 20, end: 30, entries: 1 },
        { start: 10, end: 20, entries: 1 },
        { start: 0, end: 10, entries: 2 },
      ],
      streamTime: 99,
      graceMs: 3,
      position: 7,
    });
  });

  it('knows when a page is the last, also when it is full', () => {
    expect(ask(windows, { limit: 4 }).more).toBe(false);
    expect(ask(windows, { limit: 3 }).more).toBe(true);
    expect(ask(windows, { after: { segment: 0, key: 'a' }, limit: 1 })).toMatchObject({
      rows: [{ key: 'b' }],
      more: false,
    });
    expect(ask(windows, { after: { segment: 0, key: 'b' } })).toMatchObject({ rows: [], more: false });
    expect(ask(windows, { after: { segment: 15, key: 'x' } }).rows.map((row) => row.cursor.segment)).toEqual([
      10, 0, 0,
    ]);
  });

  it('bounds windows by their start, both bounds included', () => {
    expect(ask(windows, { fromMs: 10, toMs: 20 }).rows.map((row) => row.window?.start)).toEqual([20, 10]);
    expect(ask(windows, { fromMs: 11, toMs: 19 }).rows).toEqual([]);
  });

  it('names at most 200 windows, and finds the others all the same', () => {
    const many = storeOf(
      { kind: 'window', windowSizeMs: 1 },
      Array.from({ length: 300 }, (_, at) => [at, 'a', at]),
    );
    const answer = ask(many, { select: { by: 'key', key: 'a' }, limit: 500 });
    expect([answer.entries, answer.windows.length, answer.rows.length]).toEqual([300, 200, 300]);
    expect(answer.rows[0]?.window?.start).toBe(299);
  });

  it('ignores bounds of time in a store without windows', () => {
    const store = storeOf({}, [[0, 'a', 1]]);
    expect(ask(store, { fromMs: 10, toMs: 20 })).toMatchObject({ rows: [{ key: 'a', window: null }], windows: [] });
  });

  it.each<[KeyFormat, unknown, unknown]>([
    ['json', { a: 1, b: 2 }, { b: 2, a: 1 }],
    ['int32', -5, -5],
    ['int64', 5, 5],
    ['double', 0.5, 0.5],
    ['bytes', '/w==', '/w=='],
  ])('finds a key of the format %s as it is shown', (keyFormat, key, asked) => {
    const store = storeOf({ keyFormat }, [[0, key, 1]]);
    const query = { select: { by: 'key', key: asked } } as Partial<StoreQuery>;
    expect(ask(store, query).rows.map((row) => row.key)).toEqual([key]);
  });

  it('finds nothing for a key that the store cannot have', () => {
    const store = storeOf({ keyFormat: 'int32' }, [[0, 1, 1]]);
    expect(ask(store, { select: { by: 'key', key: 'text' } })).toMatchObject({ rows: [], more: false, entries: 1 });
    expect(ask(store, { select: { by: 'prefix', prefix: '1' } }).rows).toEqual([]);
  });

  it('finds prefixes that are not ASCII', () => {
    const store = storeOf({}, [
      [0, 'é', 1],
      [0, 'éa', 2],
      [0, 'e', 3],
    ]);
    expect(ask(store, { select: { by: 'prefix', prefix: 'é' } }).rows.map((row) => row.key)).toEqual(['é', 'éa']);
  });

  it('shows what accumulators stand for', () => {
    const view = {
      as: 'accumulators',
      fields: [
        { name: 'mean', function: 'avg' },
        { name: 'n', function: 'count' },
      ],
    } as const;
    const store = storeOf({ view }, [[0, 'a', [[10, 4], 4]]]);
    expect(ask(store).rows[0]?.value).toEqual({ mean: 2.5, n: 4 });
  });

  describe('of a store whose addresses hold more than the key', () => {
    const addressed = (properties: Partial<StoreSpec>, addresses: readonly (readonly [number, string])[]) => {
      const store = storeOf({ kind: 'window', ...properties }, []);
      addresses.forEach(([segment, address], at) => {
        store.put(segment, address, at, 7 + at);
      });
      store.beginCommit();
      store.endCommit();
      return store;
    };
    const sliding = addressed({ suffix: ['start'], windowSizeMs: 10 }, [
      [0, `a${numberBytes(3)}`],
      [0, `a${numberBytes(90)}`],
      [0, `ab${numberBytes(5)}`],
      [0, `b${numberBytes(4)}`],
      [100, `a${numberBytes(101)}`],
    ]);
    const shown = (store: LayeredStore, query: Partial<StoreQuery> = {}) =>
      ask(store, query).rows.map(({ key, window }) => [key, window?.start ?? null, window?.end ?? null]);

    it('shows the key alone, and the window that it is in', () => {
      expect(shown(sliding)).toEqual([
        ['a', 101, 111],
        ['a', 3, 13],
        ['a', 90, 100],
        ['ab', 5, 15],
        ['b', 4, 14],
      ]);
      expect(ask(sliding).windows).toEqual([]);
    });

    it('finds all entries of a key and of no other, by pages too', () => {
      const select = { by: 'key', key: 'a' } as const;
      expect(shown(sliding, { select })).toEqual([
        ['a', 101, 111],
        ['a', 3, 13],
        ['a', 90, 100],
      ]);
      const first = ask(sliding, { select, limit: 2 });
      expect([first.rows.length, first.more]).toEqual([2, true]);
      expect(shown(sliding, { select, after: first.rows[1]?.cursor ?? null })).toEqual([['a', 90, 100]]);
      expect(shown(sliding, { select: { by: 'key', key: '' } })).toEqual([]);
    });

    it('finds prefixes of keys, and bounds of window starts', () => {
      expect(shown(sliding, { select: { by: 'prefix', prefix: 'ab' } })).toEqual([['ab', 5, 15]]);
      expect(shown(sliding, { fromMs: 5, toMs: 90 })).toEqual([
        ['a', 90, 100],
        ['ab', 5, 15],
      ]);
    });

    it('shows that sessions end with their last record', () => {
      const sessions = addressed({ suffix: ['start'] }, [[0, `a${numberBytes(3)}`]]);
      expect(shown(sessions)).toEqual([['a', 3, 7]]);
    });

    it('shows windows whose length varies', () => {
      const days = addressed({ suffix: ['end'] }, [
        [10, `a${numberBytes(33)}`],
        [33, `a${numberBytes(58)}`],
      ]);
      expect(shown(days)).toEqual([
        ['a', 33, 58],
        ['a', 10, 33],
      ]);
      expect(ask(days).windows).toEqual([
        { start: 33, end: 58, entries: 1 },
        { start: 10, end: 33, entries: 1 },
      ]);
    });

    it('finds keys behind numbers', () => {
      const buffer = addressed({ kind: 'key-value', prefix: ['time'], suffix: ['start', 'end'] }, [
        [0, `${numberBytes(1)}b${numberBytes(2)}${numberBytes(3)}`],
        [0, `${numberBytes(5)}a${numberBytes(6)}${numberBytes(7)}`],
      ]);
      expect(shown(buffer)).toEqual([
        ['b', 2, 3],
        ['a', 6, 7],
      ]);
      expect(shown(buffer, { select: { by: 'key', key: 'a' } })).toEqual([['a', 6, 7]]);
      const plain = addressed({ kind: 'key-value', suffix: ['time', 'sequence'] }, [
        [0, `a${numberBytes(1)}${numberBytes(2)}`],
      ]);
      expect(shown(plain, { fromMs: 100 })).toEqual([['a', null, null]]);
    });
  });
});
