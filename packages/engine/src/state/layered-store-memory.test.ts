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
