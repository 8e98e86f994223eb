import { encodeKey, MemoryTaskStores, type StoreSpec } from '@millrace/engine';
import { LayeredStore } from '@millrace/engine/testing';

const keys = 1_000_000;
const bytesPerKey = 16;

/** Memory of a store's entries, in bytes for each byte of key and value: 1,000,000 keys of eight bytes with a number of eight. */
export function memoryPerByte(): number {
  const spec: StoreSpec = {
    name: 's',
    node: 'n',
    kind: 'key-value',
    keyFormat: 'int64',
    suffix: [],
    windowSizeMs: null,
    retentionMs: null,
    graceMs: null,
    changelogTopic: 's-changelog',
    view: { as: 'value' },
    signature: '',
  };
  const store = new LayeredStore(
    spec,
    new MemoryTaskStores().table('s'),
    { append: () => undefined },
    { cacheBytes: Number.POSITIVE_INFINITY },
  );
  globalThis.gc?.();
  const before = usedBytes();
  for (let key = 0; key < keys; key++) store.put(0, encodeKey('int64', key), key * 1.5, key);
  store.beginCommit();
  store.endCommit();
  globalThis.gc?.();
  const used = usedBytes() - before;
  return store.getCommitted(0, encodeKey('int64', keys - 1)) === undefined ? Number.NaN : used / (keys * bytesPerKey);
}

function usedBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
