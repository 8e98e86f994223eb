import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { RecordBatch } from '../log/record-batch.ts';
import { encodeBatch } from '../log/record-batch-builder.ts';
import type { StoreSpec } from '../topology/topology.ts';
import { LayeredStore } from './layered-store.ts';
import { MemoryTaskStores } from './memory-stores.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const spec: StoreSpec = {
  name: 'store',
  node: 'node',
  kind: 'key-value',
  keyFormat: 'string',
  suffix: [],
  windowSizeMs: null,
  retentionMs: null,
  graceMs: null,
  changelogTopic: 'store-changelog',
  view: { as: 'value' },
  signature: '',
};

it('a store keeps its keys and not the batches that they came in', () => {
  const store = new LayeredStore(spec, new MemoryTaskStores().table('store'), { append: () => undefined });
  const ballast = 'x'.repeat(1024 * 1024);
  const keys = 200;
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < keys; index++) {
    const key = `a key that is not short ${index}`;
    const batch = new RecordBatch(encodeBatch([{ key, value: ballast, timestamp: 0 }]).bytes, index);
    store.put(0, batch.keyByteString(0) ?? '', index, 0);
    store.beginCommit();
    store.endCommit();
  }
  collectGarbage();
  expect(store.count).toBe(keys);
  // All the batches together are 200 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(40 * 1024 * 1024);
});

it('an entry that was forgotten for want of room is written and read as any other', async () => {
  const stores = new MemoryTaskStores();
  const store = new LayeredStore(spec, stores.table('store'), { append: () => undefined }, { cacheBytes: 300 });
  for (const key of ['a', 'b', 'c']) store.put(0, key, 1, 0);
  store.beginCommit();
  store.endCommit();
  const flush = store.beginFlush();
  await stores.write([{ store: 'store', position: 3, changes: flush?.changes ?? [], droppedSegments: [] }]);
  expect(store.get(0, 'a')?.value).toBe(1);
  store.endFlush();
  store.put(0, 'a', 2, 0);
  expect(store.get(0, 'b')?.value).toBe(1);
  expect(store.get(0, 'a')?.value).toBe(2);
});

it('windows that follow others in their rows hold nothing of theirs', async () => {
  const windows = { ...spec, kind: 'window', windowSizeMs: 10, retentionMs: 20 } as const;
  const stores = new MemoryTaskStores();
  const store = new LayeredStore(windows, stores.table('store'), { append: () => undefined });
  // Of every shape in turn: accumulators, texts, single numbers, lists that are none.
  const storedOf = (start: number, key: number): unknown =>
    [[start, key], `${start} ${key}`, start + key, { start, key }, [null, key]][(start / 10) % 5];
  let flush: ReturnType<LayeredStore['beginFlush']> = null;
  for (let start = 0; start < 2_000; start += 10) {
    const keys = 1 + ((start * 7) % 230);
    for (let key = 0; key < keys; key++) {
      expect(store.get(start, `k${key}`)).toBe(undefined);
      store.put(start, `k${key}`, storedOf(start, key), start + key);
    }
    store.beginCommit();
    // A flush is under way over some commits, so that windows go before, during and behind it.
    if ((start / 10) % 4 === 0) flush = store.beginFlush();
    store.endCommit();
    if ((start / 10) % 4 === 2 && flush !== null) {
      await stores.write([{ store: 'store', position: start, ...flush }]);
      store.endFlush();
    }
    for (const { segment, entries } of store.segments()) {
      const rows = [...store.scanCommitted(segment, null)];
      expect(rows).toHaveLength(entries);
      for (const { key, stored } of rows) {
        const number = Number(key.slice(1));
        expect(stored).toEqual({ value: storedOf(segment, number), timestamp: segment + number });
      }
    }
  }
});
