import { describe, expect, it } from 'vitest';
import type { KeyFormat } from '../log/key-format.ts';
import { encodeKey } from '../log/key-format.ts';
import type { StoreSpec } from '../topology/topology.ts';
import { answerStoreQuery } from './answer-query.ts';
import { LayeredStore } from './layered-store.ts';
import { MemoryTaskStores } from './memory-stores.ts';
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
});
