import { shownValue } from '../json/json-value.ts';
import type { ByteString } from '../log/byte-string.ts';
import { decodeKey, encodeKey, KeyFormatError } from '../log/key-format.ts';
import { isAddressedByWindow, readAddress, windowEnd, windowOf } from './entry-address.ts';
import type { LayeredStore, Stored } from './layered-store.ts';
import type { StoreAnswer, StoreQuery, StoreRow } from './store-query.ts';
import { presentStored } from './store-view.ts';

/** Windows named in an answer, newest first. */
const maxWindows = 200;

/**
 * One page of a store as of its task's last commit. Reads at most a page and what a key, a prefix or bounds of time skip. `position` counts
 * the task's commits; `streamTime` is that of the processor that writes the store.
 */
export function answerStoreQuery(
  store: LayeredStore,
  query: StoreQuery,
  taskId: string,
  position: number,
  streamTime: number | null,
): StoreAnswer {
  const spec = store.spec;
  const segments = store.segments();
  const rows: StoreRow[] = [];
  const hasWindowSegments = isAddressedByWindow(spec);
  const wanted = wantedBytes(store, query);
  let more = false;
  outer: for (const { segment } of wanted === null ? [] : segments) {
    if (hasWindowSegments && !isWanted(segment, query)) continue;
    if (query.after !== null && segment > query.after.segment) continue;
    const after = query.after !== null && segment === query.after.segment ? query.after.key : null;
    for (const { address, key, window, stored } of select(store, segment, after, wanted ?? '', query)) {
      if (rows.length === query.limit) {
        more = true;
        break outer;
      }
      rows.push({
        key: decodeKey(spec.keyFormat, key) as StoreRow['key'],
        window,
        value: shownValue(presentStored(spec.view, stored.value)) as StoreRow['value'],
        timestamp: stored.timestamp,
        taskId,
        cursor: { segment, key: address },
      });
    }
  }
  return {
    taskId,
    rows,
    more,
    entries: store.count,
    windows: hasWindowSegments
      ? segments.slice(0, maxWindows).map(({ segment, entries }) => ({ ...windowAt(store, segment), entries }))
      : [],
    streamTime,
    graceMs: spec.graceMs,
    position,
  };
}

interface Selected {
  readonly address: ByteString;
  readonly key: ByteString;
  readonly window: StoreRow['window'];
  readonly stored: Stored;
}

function isWanted(start: number, query: StoreQuery): boolean {
  return (query.fromMs === null || start >= query.fromMs) && (query.toMs === null || start <= query.toMs);
}

/** The window that a segment is: of windows whose length varies, as its first entry has it. */
function windowAt(store: LayeredStore, segment: number): { readonly start: number; readonly end: number } {
  const { spec } = store;
  const fixedEnd = windowEnd(spec, segment);
  if (fixedEnd !== null) return { start: segment, end: fixedEnd };
  for (const { key, stored } of store.scanCommitted(segment, null)) {
    const end = readAddress(spec, key)?.numbers.end ?? stored.timestamp;
    return { start: segment, end };
  }
  return { start: segment, end: segment };
}

/** The entries of a segment that are asked for, in the order of their addresses, after `after`. */
function* select(
  store: LayeredStore,
  segment: number,
  after: ByteString | null,
  wanted: ByteString,
  query: StoreQuery,
): Iterable<Selected> {
  const { spec } = store;
  const boundsApply = spec.kind === 'window' || [...(spec.prefix ?? []), ...spec.suffix].includes('start');
  for (const { key: address, stored } of candidates(store, segment, after, wanted, query.select.by)) {
    const read = readAddress(spec, address);
    if (read === undefined) continue;
    const { key, numbers } = read;
    if (query.select.by === 'key' ? key !== wanted : !key.startsWith(wanted)) continue;
    const window = windowOf(spec, numbers, segment, stored.timestamp);
    if (boundsApply && window !== null && !isWanted(window.start, query)) continue;
    yield { address, key, window, stored };
  }
}

/** Entries among which all are that are asked for: no more than these where the key comes first in addresses. */
function* candidates(
  store: LayeredStore,
  segment: number,
  after: ByteString | null,
  wanted: ByteString,
  by: StoreQuery['select']['by'],
): Iterable<{ readonly key: ByteString; readonly stored: Stored }> {
  const { suffix, prefix = [] } = store.spec;
  if (by === 'all' || prefix.length > 0) {
    yield* store.scanCommitted(segment, after);
    return;
  }
  const isAfter = after !== null && after >= wanted;
  // The address just before the first one wanted is not expressible, so that one is asked for by itself.
  const exact = isAfter ? undefined : store.getCommitted(segment, wanted);
  if (exact !== undefined) yield { key: wanted, stored: exact };
  if (by === 'key' && suffix.length === 0) return;
  for (const entry of store.scanCommitted(segment, isAfter ? after : wanted)) {
    if (!entry.key.startsWith(wanted)) return;
    yield entry;
  }
}

/** The bytes of the key or prefix that is asked for, none for all; null when no key of the store can be this: then nothing matches. */
function wantedBytes(store: LayeredStore, { select: selected }: StoreQuery): ByteString | null {
  if (selected.by === 'all') return '';
  try {
    return encodeKey(store.spec.keyFormat, selected.by === 'key' ? selected.key : selected.prefix);
  } catch (error) {
    if (error instanceof KeyFormatError) return null;
    throw error;
  }
}
