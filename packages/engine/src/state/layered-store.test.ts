import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToByteString } from '../log/byte-string.ts';
import type { StoreSpec } from '../topology/topology.ts';
import { answerStoreQuery } from './answer-query.ts';
import { type ChangelogWriter, LayeredStore } from './layered-store.ts';
import { MemoryTaskStores } from './memory-stores.ts';
import type { StoreQuery, StoreRow } from './store-query.ts';

const windowSizeMs = 10;
const retentionMs = 50;

function specOf(kind: StoreSpec['kind']): StoreSpec {
  return {
    name: 's',
    node: 'n',
    kind,
    keyFormat: 'string',
    suffix: [],
    windowSizeMs: kind === 'window' ? windowSizeMs : null,
    retentionMs: kind === 'window' ? retentionMs : null,
    graceMs: kind === 'window' ? 0 : null,
    changelogTopic: 's-changelog',
    view: { as: 'value' },
    signature: '',
  };
}

interface Entry {
  readonly value: unknown;
  readonly timestamp: number;
}

/** The store as plain maps, by segment and key: what processing sees, and what queries see. */
class Model {
  open = new Map<string, Entry>();
  committing: ReadonlyMap<string, Entry> | null = null;
  committed: ReadonlyMap<string, Entry> = new Map();
  observed = Number.NEGATIVE_INFINITY;
  readonly isWindowed: boolean;

  constructor(isWindowed: boolean) {
    this.isWindowed = isWindowed;
  }

  isExpired(segment: number): boolean {
    return this.isWindowed && segment <= this.observed - retentionMs;
  }

  put(segment: number, key: string, value: unknown, timestamp: number): void {
    if (this.isExpired(segment)) return;
    if (value === null) this.open.delete(address(segment, key));
    else this.open.set(address(segment, key), { value, timestamp });
    if (!this.isWindowed || segment <= this.observed) return;
    // Windows go when a later one is first written to, and not for a delete of what is not there.
    if (value === null && !this.had(segment, key)) return;
    this.observed = segment;
    for (const at of [...this.open.keys()]) if (this.isExpired(segmentOf(at))) this.open.delete(at);
  }

  /** Set by the test before a put. */
  before: ReadonlySet<string> = new Set();
  had(segment: number, key: string): boolean {
    return this.before.has(address(segment, key));
  }
}

const address = (segment: number, key: string): string => `${String(segment).padStart(6, '0')}/${key}`;
const segmentOf = (at: string): number => Number(at.slice(0, 6));
const keyOf = (at: string): string => at.slice(7);

type Step =
  | { readonly do: 'put'; readonly window: number; readonly key: string; readonly value: number | null }
  | { readonly do: 'get'; readonly window: number; readonly key: string }
  | { readonly do: 'begin commit' | 'end commit' | 'begin flush' | 'end flush' | 'query' | 'restart' };

const keys = fc.constantFrom('', 'a', 'a\0', 'ab', 'b', 'ba', '\x7f');

/** Time goes on by a window every few steps, so that windows come, are committed, and go. `window` counts from the one of the moment. */
function segmentAt(kind: StoreSpec['kind'], clock: number, window: number): number {
  return kind === 'window' ? Math.max(0, Math.floor(clock / 6) + window) * windowSizeMs : 0;
}

const steps = ((): fc.Arbitrary<readonly Step[]> => {
  const at = { window: fc.integer({ min: -6, max: 1 }), key: keys };
  const value = fc.option(fc.nat(), { freq: 3 });
  const only = (name: Exclude<Step['do'], 'put' | 'get'>) => fc.constant({ do: name } as Step);
  return fc.array(
    fc.oneof(
      { weight: 12, arbitrary: fc.record({ do: fc.constant('put' as const), ...at, value }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('get' as const), ...at }) },
      { weight: 4, arbitrary: only('begin commit') },
      { weight: 4, arbitrary: only('end commit') },
      { weight: 2, arbitrary: only('begin flush') },
      { weight: 2, arbitrary: only('end flush') },
      { weight: 3, arbitrary: only('query') },
      { weight: 1, arbitrary: only('restart') },
    ),
    { maxLength: 200, size: 'max' },
  );
})();

const everything: StoreQuery = { store: 's', select: { by: 'all' }, fromMs: null, toMs: null, after: null, limit: 500 };

/** All pages of a query, of `limit` rows each. */
function pages(store: LayeredStore, query: StoreQuery): readonly StoreRow[] {
  const rows: StoreRow[] = [];
  for (let after = query.after; ; ) {
    const answer = answerStoreQuery(store, { ...query, after }, '0_0', 1, null);
    rows.push(...answer.rows);
    if (!answer.more) return rows;
    expect(answer.rows).toHaveLength(query.limit);
    after = answer.rows.at(-1)?.cursor ?? null;
  }
}

/** Rows as a query gives them: the newest window first, keys in byte order. */
function modelRows(entries: ReadonlyMap<string, Entry>, isWanted: (segment: number, key: string) => boolean) {
  return [...entries]
    .filter(([at]) => isWanted(segmentOf(at), keyOf(at)))
    .sort(([a], [b]) => segmentOf(b) - segmentOf(a) || (keyOf(a) < keyOf(b) ? -1 : 1))
    .map(([at, { value, timestamp }]) => [segmentOf(at), keyOf(at), value, timestamp]);
}

const shown = (rows: readonly StoreRow[]) => rows.map((row) => [row.cursor.segment, row.key, row.value, row.timestamp]);

async function play(kind: StoreSpec['kind'], plan: readonly Step[], limit: number): Promise<void> {
  const spec = specOf(kind);
  const stores = new MemoryTaskStores();
  const changelog = new Map<string, Entry>();
  /** The changelog of the generations that are not durable yet. */
  let unsaved: [string, Entry | null][] = [];
  let saving: [string, Entry | null][] = [];
  const append: ChangelogWriter['append'] = (segment, bytes, start, end, value, timestamp) => {
    const key = bytesToByteString(bytes.subarray(start, end));
    unsaved.push([address(segment, key), value === null ? null : { value, timestamp }]);
  };
  const open = (observed?: number) =>
    new LayeredStore(spec, stores.table('s'), { append }, { observed, cacheBytes: 500 });
  let store = open();
  const model = new Model(kind === 'window');
  let committedObserved = Number.NEGATIVE_INFINITY;
  let committingObserved = Number.NEGATIVE_INFINITY;
  let isFlushing: ReturnType<LayeredStore['beginFlush']> = null;
  /** All of the changelog that is durable, how much of it the table will reflect, and what it then holds. */
  const durable: [string, Entry | null][] = [];
  let flushing = { position: 0, holds: model.committed };
  let clock = 0;
  for (const step of plan) {
    clock++;
    const segment = 'window' in step ? segmentAt(kind, clock, step.window) : 0;
    switch (step.do) {
      case 'put':
        model.before = new Set(model.open.keys());
        store.put(segment, step.key, step.value, clock);
        model.put(segment, step.key, step.value, clock);
        expect(store.observed).toBe(model.observed);
        break;
      case 'get':
        expect(store.get(segment, step.key)).toEqual(
          model.isExpired(segment) ? undefined : model.open.get(address(segment, step.key)),
        );
        break;
      case 'begin commit':
        if (model.committing !== null) break;
        store.beginCommit();
        model.committing = new Map(model.open);
        committingObserved = model.observed;
        saving = unsaved;
        unsaved = [];
        break;
      case 'end commit':
        if (model.committing === null) break;
        store.endCommit();
        model.committed = model.committing;
        model.committing = null;
        committedObserved = committingObserved;
        durable.push(...saving);
        for (const [at, entry] of saving) {
          if (entry === null) changelog.delete(at);
          else changelog.set(at, entry);
        }
        // The changelog alone tells all that the store holds.
        expect(new Map([...changelog].sort())).toEqual(new Map([...model.committed].sort()));
        break;
      case 'begin flush':
        if (isFlushing !== null) break;
        isFlushing = store.beginFlush();
        flushing = { position: durable.length, holds: model.committed };
        break;
      case 'end flush': {
        if (isFlushing === null) break;
        await stores.write([{ store: 's', position: flushing.position, ...isFlushing }]);
        store.endFlush();
        isFlushing = null;
        const table = [...stores.table('s').scan({ from: null, to: null })];
        expect(
          table.map(({ segment: at, key, value, timestamp }) => [address(at, key), value, timestamp]).sort(),
        ).toEqual([...flushing.holds].map(([at, entry]) => [at, JSON.stringify(entry.value), entry.timestamp]).sort());
        break;
      }
      case 'query': {
        const { committed } = model;
        expect(store.count).toBe(committed.size);
        const bySegment = new Map<number, number>();
        for (const at of committed.keys()) bySegment.set(segmentOf(at), (bySegment.get(segmentOf(at)) ?? 0) + 1);
        expect(store.segments()).toEqual(
          [...bySegment].sort(([a], [b]) => b - a).map(([segment, entries]) => ({ segment, entries })),
        );
        expect(shown(pages(store, { ...everything, limit }))).toEqual(modelRows(committed, () => true));
        for (const key of ['a', 'ab', 'none']) {
          expect(shown(pages(store, { ...everything, select: { by: 'key', key }, limit }))).toEqual(
            modelRows(committed, (_, other) => other === key),
          );
        }
        for (const prefix of ['', 'a', 'a\0', 'b', 'none']) {
          expect(shown(pages(store, { ...everything, select: { by: 'prefix', prefix }, limit }))).toEqual(
            modelRows(committed, (_, key) => key.startsWith(prefix)),
          );
        }
        if (kind === 'window') {
          expect(shown(pages(store, { ...everything, fromMs: 20, toMs: 60, limit }))).toEqual(
            modelRows(committed, (segment) => segment >= 20 && segment <= 60),
          );
        }
        break;
      }
      case 'restart': {
        // A table that is behind is brought up to date from the changelog, as a restore does.
        isFlushing = null;
        const changes = durable.slice(stores.position('s')).map(([at, entry]) => ({
          segment: segmentOf(at),
          key: keyOf(at),
          timestamp: entry?.timestamp ?? 0,
          value: entry === null ? null : JSON.stringify(entry.value),
        }));
        await stores.write([{ store: 's', changes, droppedSegments: [], position: durable.length }]);
        store = open(committedObserved);
        model.open = new Map(model.committed);
        model.committing = null;
        model.observed = committedObserved;
        unsaved = [];
        break;
      }
    }
  }
}

describe('a store in layers over a table', () => {
  it.each(['key-value', 'window'] as const)('behaves like a plain map: %s', async (kind) => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), (plan, limit) => play(kind, plan, limit)),
      { numRuns: 400 },
    );
  });

  it('shows queries nothing of a generation before it is durable', () => {
    const store = new LayeredStore(specOf('key-value'), new MemoryTaskStores().table('s'), { append: () => undefined });
    store.put(0, 'a', 1, 1);
    store.beginCommit();
    store.put(0, 'a', 2, 2);
    store.put(0, 'b', 2, 2);
    expect([store.count, store.getCommitted(0, 'a')]).toEqual([0, undefined]);
    store.endCommit();
    expect(shown(pages(store, everything))).toEqual([[0, 'a', 1, 1]]);
    expect(store.get(0, 'b')).toEqual({ value: 2, timestamp: 2 });
  });

  it('removes windows in the order of their time, so that a restart changes nothing of the changelog', () => {
    const deleted: number[] = [];
    const append: ChangelogWriter['append'] = (segment, _bytes, _start, _end, value) => {
      if (value === null) deleted.push(segment);
    };
    const store = new LayeredStore(specOf('window'), new MemoryTaskStores().table('s'), { append });
    for (const segment of [20, 0, 10, 100]) store.put(segment, 'a', 1, segment);
    expect(deleted).toEqual([0, 10, 20]);
  });

  it('leaves the table alone until a flush, and says once what to write', async () => {
    const stores = new MemoryTaskStores();
    const store = new LayeredStore(specOf('key-value'), stores.table('s'), { append: () => undefined });
    expect(store.beginFlush()).toBeNull();
    store.put(0, 'a', 1, 1);
    store.put(0, 'a', 2, 2);
    store.put(0, 'gone', 1, 3);
    store.put(0, 'gone', null, 4);
    expect(store.beginFlush()).toBeNull();
    store.beginCommit();
    store.endCommit();
    const flush = store.beginFlush();
    expect(flush?.changes).toEqual([
      { segment: 0, key: 'a', timestamp: 2, value: '2' },
      { segment: 0, key: 'gone', timestamp: 0, value: null },
    ]);
    expect(store.beginFlush()).toBeNull();
    await stores.write([{ store: 's', position: 4, changes: flush?.changes ?? [], droppedSegments: [] }]);
    store.endFlush();
    expect(store.beginFlush()).toBeNull();
    expect([stores.table('s').count(), store.count]).toEqual([1, 1]);
  });
});
