import { plainValue } from '@millrace/expression';
import type { ByteString } from '../log/byte-string.ts';
import { decodeKey, encodeKey, KeyFormatError } from '../log/key-format.ts';
import type { LayeredStore, Stored } from './layered-store.ts';
import type { StoreAnswer, StoreQuery, StoreRow } from './store-query.ts';
import { presentStored } from './store-view.ts';

/** Windows named in an answer, newest first. */
const maxWindows = 200;

/**
 * One page of a store as of its task's last commit. Reads at most a page and what a key or prefix skips. `position` counts the task's
 * commits; `streamTime` is that of the processor that writes the store.
 */
export function answerStoreQuery(
  store: LayeredStore,
  query: StoreQuery,
  taskId: string,
  position: number,
  streamTime: number | null,
): StoreAnswer {
  const spec = store.spec;
  const sizeMs = spec.windowSizeMs ?? 0;
  const segments = store.segments();
  const rows: StoreRow[] = [];
  let more = false;
  outer: for (const { segment } of segments) {
    if (spec.kind === 'window' && !isWanted(segment, query)) continue;
    if (query.after !== null && segment > query.after.segment) continue;
    const after = query.after !== null && segment === query.after.segment ? query.after.key : null;
    for (const { key, stored } of select(store, segment, after, query)) {
      if (rows.length === query.limit) {
        more = true;
        break outer;
      }
      rows.push({
        key: decodeKey(spec.keyFormat, key) as StoreRow['key'],
        window: spec.kind === 'window' ? { start: segment, end: segment + sizeMs } : null,
        value: plainValue(presentStored(spec.view, stored.value)) as StoreRow['value'],
        timestamp: stored.timestamp,
        taskId,
        cursor: { segment, key },
      });
    }
  }
  return {
    taskId,
    rows,
    more,
    entries: store.count,
    windows:
      spec.kind === 'window'
        ? segments
            .slice(0, maxWindows)
            .map(({ segment, entries }) => ({ start: segment, end: segment + sizeMs, entries }))
        : [],
    streamTime,
    graceMs: spec.graceMs,
    position,
  };
}

function isWanted(start: number, query: StoreQuery): boolean {
  return (query.fromMs === null || start >= query.fromMs) && (query.toMs === null || start <= query.toMs);
}

function* select(
  store: LayeredStore,
  segment: number,
  after: ByteString | null,
  query: StoreQuery,
): Iterable<{ readonly key: ByteString; readonly stored: Stored }> {
  if (query.select.by === 'key') {
    const key = keyBytes(store, query.select.key);
    const stored = key === null || (after !== null && key <= after) ? undefined : store.getCommitted(segment, key);
    if (key !== null && stored !== undefined) yield { key, stored };
    return;
  }
  if (query.select.by === 'all') {
    yield* store.scanCommitted(segment, after);
    return;
  }
  const prefix = keyBytes(store, query.select.prefix);
  if (prefix === null) return;
  // Keys that begin with the prefix are those from the prefix itself on; the key just before it is not expressible, so filter the first.
  const exact = after === null || after < prefix ? store.getCommitted(segment, prefix) : undefined;
  if (exact !== undefined) yield { key: prefix, stored: exact };
  for (const entry of store.scanCommitted(segment, after === null || after < prefix ? prefix : after)) {
    if (!entry.key.startsWith(prefix)) return;
    yield entry;
  }
}

/** Null when no key of the store can be this: then nothing matches. */
function keyBytes(store: LayeredStore, key: unknown): ByteString | null {
  try {
    return encodeKey(store.spec.keyFormat, key);
  } catch (error) {
    if (error instanceof KeyFormatError) return null;
    throw error;
  }
}
