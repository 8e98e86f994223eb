import { type ByteString, compareByteStrings } from '../../log/byte-string.ts';
import { decodeKey, encodeKey, type KeyFormat } from '../../log/key-format.ts';
import { KeptSessions } from '../../nodes/aggregate/kept-sessions.ts';
import { LayeredStore } from '../../state/layered-store.ts';
import { MemoryTaskStores } from '../../state/memory-stores.ts';
import { historyBucketMs, VersionedTable } from '../../state/versioned-table.ts';
import type { StoreSpec } from '../../topology/topology.ts';
import { caseType, keyFormatOf } from './case-type.ts';
import { Inexpressible } from './inexpressible.ts';
import { numberField } from './operator-fields.ts';

type Fields = { readonly [name: string]: unknown };

/** Answers the operations of a store case, in the case's terms. */
export interface CaseStore {
  readonly operations: { readonly [op: string]: (input: Fields) => unknown };
}

/** How much of the ends of sessions one segment holds; what is found does not depend on it. */
const sessionBucketMs = 1000;

/** Every key of a store without a bound. */
const firstKey: ByteString = '';

/** The store that a case describes, as tasks keep it. */
export function openCaseStore(config: Fields): CaseStore {
  const format = keyFormatOf(caseType(typeof config.keyType === 'string' ? config.keyType : undefined));
  switch (config.type) {
    case 'keyValue':
      return keyValueStore(format);
    case 'window':
      return windowStore(format, config);
    case 'session':
      return sessionStore(format, config);
    case 'versioned':
      return versionedStore(format, config);
    default:
      throw new Inexpressible(`there are no ${String(config.type)} stores`);
  }
}

function keyValueStore(format: KeyFormat): CaseStore {
  const store = openStore({ kind: 'key-value', keyFormat: format, retentionMs: null });
  const get = (input: Fields): unknown => store.get(0, encodeKey(format, input.key))?.value ?? null;
  const put = (input: Fields, value: unknown): void => store.put(0, encodeKey(format, input.key), value, 0);
  const range = (input: Fields, reverse: boolean): unknown => {
    const from = input.from === undefined || input.from === null ? firstKey : encodeKey(format, input.from);
    const to = input.to === undefined || input.to === null ? null : after(encodeKey(format, input.to));
    if (to !== null && compareByteStrings(from, to) >= 0) return [];
    return store.range(0, from, to, { reverse }).map(({ key, stored }) => [decodeKey(format, key), stored.value]);
  };
  return {
    operations: {
      get,
      put: (input) => {
        put(input, input.value ?? null);
        return null;
      },
      putIfAbsent: (input) => {
        const before = get(input);
        if (before === null) put(input, input.value ?? null);
        return before;
      },
      delete: (input) => {
        const before = get(input);
        put(input, null);
        return before;
      },
      range: (input) => range(input, false),
      reverseRange: (input) => range(input, true),
      all: () => range({}, false),
      reverseAll: () => range({}, true),
      prefixScan: (input) => {
        const prefix = encodeKey(format, input.prefix);
        return store
          .range(0, prefix, null)
          .filter(({ key }) => key.startsWith(prefix))
          .map(({ key, stored }) => [decodeKey(format, key), stored.value]);
      },
      approximateNumEntries: () => store.range(0, firstKey, null).length,
    },
  };
}

/** Windows are segments; a bound of a fetch is a bound of window starts. */
function windowStore(format: KeyFormat, config: Fields): CaseStore {
  if (config.retainDuplicates === true) throw new Inexpressible('window stores that keep duplicates belong to joins');
  const store = openStore({ kind: 'window', keyFormat: format, retentionMs: numberField(config, 'retentionMs') });
  const segments = (input: Fields): readonly number[] =>
    store.segmentsBetween(
      Math.max(0, numberField(input, 'from', 0)),
      numberField(input, 'to', Number.MAX_SAFE_INTEGER),
    );
  const fetch = (input: Fields): readonly unknown[] => {
    const key = encodeKey(format, input.key);
    return segments(input).flatMap((start) => {
      const stored = store.get(start, key);
      return stored === undefined ? [] : [[start, stored.value]];
    });
  };
  const fetchSingle = (input: Fields): unknown =>
    store.get(numberField(input, 'windowStart'), encodeKey(format, input.key))?.value ?? null;
  const all = (input: Fields): readonly unknown[] =>
    segments(input).flatMap((start) =>
      store.range(start, firstKey, null).map(({ key, stored }) => [decodeKey(format, key), start, stored.value]),
    );
  return {
    operations: {
      put: (input) => {
        const start = numberField(input, 'windowStart');
        store.put(start, encodeKey(format, input.key), input.value ?? null, start);
        return null;
      },
      fetch: (input) => (input.windowStart === undefined ? fetch(input) : fetchSingle(input)),
      fetchSingle,
      backwardFetch: (input) => fetch(input).toReversed(),
      fetchAll: all,
      all: () => all({}),
    },
  };
}

/** Sessions as the aggregate keeps and finds them. */
function sessionStore(format: KeyFormat, config: Fields): CaseStore {
  const retentionMs = typeof config.retentionMs === 'number' ? config.retentionMs : null;
  const store = openStore({ kind: 'window', keyFormat: format, retentionMs });
  const sessions = new KeptSessions(store, sessionBucketMs);
  const put = (input: Fields, value: unknown): null => {
    const end = numberField(input, 'end');
    const { segment, address } = sessions.place(encodeKey(format, input.key), numberField(input, 'start'), end);
    store.put(segment, address, value, end);
    return null;
  };
  const find = (input: Fields, earliestEnd: number, latestStart: number): readonly unknown[] =>
    sessions
      .find(encodeKey(format, input.key), earliestEnd, latestStart)
      .map(({ start, end, stored }) => [input.key, start, end, stored.value]);
  return {
    operations: {
      put: (input) => put(input, input.value ?? null),
      remove: (input) => put(input, null),
      fetch: (input) => find(input, 0, Number.MAX_SAFE_INTEGER - 1),
      fetchSession: (input) => {
        const start = numberField(input, 'start');
        const found = sessions.find(encodeKey(format, input.key), numberField(input, 'end'), start);
        return found.find((session) => session.start === start && session.end === input.end)?.stored.value ?? null;
      },
      findSessions: (input) => find(input, numberField(input, 'earliestEnd'), numberField(input, 'latestStart')),
    },
  };
}

function versionedStore(format: KeyFormat, config: Fields): CaseStore {
  const historyMs = numberField(config, 'historyRetentionMs');
  const table = new VersionedTable(
    openStore({ kind: 'key-value', keyFormat: format, retentionMs: null }),
    openStore({ kind: 'window', keyFormat: format, retentionMs: historyMs + historyBucketMs(historyMs) }),
    historyMs,
    { value: Number.NEGATIVE_INFINITY },
  );
  const put = (input: Fields, value: unknown): unknown => {
    const result = table.put(encodeKey(format, input.key), value, numberField(input, 'ts'));
    // Kafka Streams answers a version that is too old with a special time.
    return result.isIgnored ? { validTo: 'ignored' } : { validTo: result.validTo };
  };
  const get = (input: Fields): unknown => {
    const row = table.get(encodeKey(format, input.key));
    return row === undefined ? null : { value: row.value, ts: row.timestamp };
  };
  return {
    operations: {
      get,
      put: (input) => put(input, input.value ?? null),
      delete: (input) => {
        const before = get(input);
        put(input, null);
        return before;
      },
      getAsOf: (input) => {
        const row = table.asOf(encodeKey(format, input.key), numberField(input, 'ts'));
        return row === undefined ? null : { value: row.value, ts: row.timestamp, validTo: row.validTo };
      },
    },
  };
}

/** The least byte string after this one: a bound that is inclusive becomes one that is exclusive. */
function after(key: ByteString): ByteString {
  return `${key}\0`;
}

function openStore(spec: Pick<StoreSpec, 'kind' | 'keyFormat' | 'retentionMs'>): LayeredStore {
  const name = 'conformance-store';
  return new LayeredStore(
    {
      ...spec,
      name,
      node: 'store',
      suffix: [],
      windowSizeMs: null,
      graceMs: null,
      changelogTopic: `${name}-changelog`,
      view: { as: 'value' },
      signature: '',
    },
    new MemoryTaskStores().table(name),
    { append: () => undefined },
  );
}
