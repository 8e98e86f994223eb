import { assert } from '../assert.ts';
import { JsonText, keptJson } from '../json/json-text.ts';
import { JsonValue, jsonText } from '../json/json-value.ts';
import { type ByteString, detached } from '../log/byte-string.ts';
import type { StoreSpec } from '../topology/topology.ts';
import { SortedKeys } from './sorted-keys.ts';
import type { StoreChange, StoreEntry, StoreTable } from './store-table.ts';

/** What is stored under an address. Shared, never changed in place. */
export interface Stored {
  /** JSON data; an object may be a JsonText. */
  readonly value: unknown;
  readonly timestamp: number;
}

/** What a processor sees of a store: reads see its own writes. A key-value store uses segment 0, a window store window starts. */
export interface StoreAccess {
  get(segment: number, key: ByteString): Stored | undefined;
  /** `value: null` deletes. A value that lies in its batch is copied, since what is kept outlives the batch. */
  put(segment: number, key: ByteString, value: unknown, timestamp: number): void;
  /**
   * Entries of a segment from `from` (inclusive) to `to` (exclusive; null without end), in key order or in reverse, at most `limit`. A list
   * of its own: writing while walking over it changes nothing in it.
   */
  range(segment: number, from: ByteString, to: ByteString | null, options?: RangeOptions): readonly KeyedEntry[];
  /** The segments from `from` to `to` (both inclusive) that may have entries, ascending; a list of its own. */
  segmentsBetween(from: number, to: number): readonly number[];
}

export interface RangeOptions {
  readonly reverse?: boolean | undefined;
  readonly limit?: number | undefined;
}

export interface KeyedEntry {
  readonly key: ByteString;
  readonly stored: Stored;
}

/** Where a store's writes are recorded; the changelog of the task's partition. */
export interface ChangelogWriter {
  append(segment: number, key: ByteString, value: unknown, timestamp: number): void;
}

const open = 1;
const unflushed = 2;
const gone = 4;
/** One more list that an entry stands in. */
const pin = 8;

/**
 * An entry in memory, as each reader sees it; undefined is an entry that is not there. There may be millions, so they are kept small.
 *
 * `marks` has the bit `open` for an entry that was written in the current generation, `unflushed` for one that is committed and not yet on
 * the way to the table, `gone` for one whose segment was dropped, so that it is none of the table's business any more. Above the bits it
 * counts the lists that the entry stands in (open, committing, committed, flushing): an entry in none says what the table says, and may be
 * forgotten.
 */
class Entry {
  readonly home: Segment;
  readonly key: ByteString;
  /** For processing. */
  current: Stored | undefined;
  /** In the commit under way. */
  committing: Stored | undefined;
  /** As of the last commit; for queries. */
  committed: Stored | undefined;
  marks = 0;

  constructor(home: Segment, key: ByteString, stored: Stored | undefined) {
    this.home = home;
    this.key = key;
    this.current = stored;
    this.committing = undefined;
    this.committed = stored;
  }
}

class Segment {
  readonly start: number;
  readonly entries = new Map<ByteString, Entry>();
  /** Keys that are there for processing; made when a range is first walked over: many stores never are. */
  order: SortedKeys | null = null;

  constructor(start: number) {
    this.start = start;
  }

  presentKeys(): readonly ByteString[] {
    const keys: ByteString[] = [];
    for (const entry of this.entries.values()) if (entry.current !== undefined) keys.push(entry.key);
    return keys;
  }
}

/** A rough weight of an entry besides its key: objects, map slot, a small value. Only the cache bound depends on it. */
const entryOverheadBytes = 160;
const defaultCacheBytes = 32 * 1024 * 1024;

/**
 * One store of one task: entries in memory over a table. A write goes through these stages, each a list of entries:
 *
 *     open        written in the current generation
 *     committing  written in the generation whose commit is under way; null between commits
 *     committed   durable in the changelog, not yet on the way to the table
 *     flushing    being written to the table; null between flushes
 *
 * An entry in no list is a cached copy of the table's. Processing reads `current`, so it sees its own writes; queries read `committed`: the
 * last commit. When a commit fails the task is thrown away with all its entries; nothing is patched back.
 *
 * A window that has expired leaves `#segments` at once, so that processing and later writes know it no more; queries see it until the
 * generation that dropped it is committed, in `#doomed`.
 */
export class LayeredStore implements StoreAccess {
  readonly spec: StoreSpec;
  readonly #table: StoreTable;
  readonly #changelog: ChangelogWriter;
  readonly #cacheBytes: number;
  readonly #segments = new Map<number, Segment>();
  readonly #doomed = new Map<number, Segment>();
  #open: Entry[] = [];
  #openDrops: number[] = [];
  #committing: { readonly entries: readonly Entry[]; readonly drops: readonly number[] } | null = null;
  #committed: Entry[] = [];
  #committedDrops: number[] = [];
  #flushing: { readonly entries: readonly Entry[]; readonly drops: readonly number[] } | null = null;
  /** Entries by segment, of the last commit. */
  readonly #counts = new Map<number, number>();
  /** The greatest segment ever put; part of the task's state. */
  #observed: number;
  /** Segments that may have entries, the open ones included, ascending; window stores only. */
  readonly #liveSegments: number[] = [];
  /** Segments that may have entries in the table; of all others it is not asked. */
  readonly #tableSegments = new Set<number>();
  /** Weight of all entries in `#segments`. */
  #sizeBytes = 0;
  /** Accesses come in runs of one segment, and a put follows the get of its entry. */
  #lastSegment = Number.NaN;
  #lastHome: Segment | undefined;
  #lastEntry: Entry | undefined;
  /** The key that was looked for last in that segment and is in neither memory nor table: its put need not look again. */
  #lastMiss: ByteString | undefined;

  constructor(
    spec: StoreSpec,
    table: StoreTable,
    changelog: ChangelogWriter,
    options: { readonly observed?: number | undefined; readonly cacheBytes?: number | undefined } = {},
  ) {
    this.spec = spec;
    this.#table = table;
    this.#changelog = changelog;
    this.#cacheBytes = options.cacheBytes ?? defaultCacheBytes;
    this.#observed = options.observed ?? Number.NEGATIVE_INFINITY;
    for (const { segment, entries } of table.segments()) {
      this.#counts.set(segment, entries);
      this.#liveSegments.push(segment);
      this.#tableSegments.add(segment);
    }
  }

  /** The greatest window start put so far, epoch milliseconds; -Infinity before the first. */
  get observed(): number {
    return this.#observed;
  }

  get(segment: number, key: ByteString): Stored | undefined {
    return this.#isExpired(segment) ? undefined : this.#find(segment, key)?.current;
  }

  put(segment: number, key: ByteString, value: unknown, timestamp: number): void {
    if (this.#isExpired(segment)) return;
    const found = this.#find(segment, key);
    const kept = value instanceof JsonValue ? new JsonText(value.text()) : value;
    if (kept === null || kept === undefined) {
      // A delete of what is not there still goes to the changelog: it is an update of the table that readers of the changelog see.
      this.#changelog.append(segment, key, null, timestamp);
      if (found?.current === undefined) return;
      this.#write(found, undefined);
    } else {
      this.#changelog.append(segment, key, kept, timestamp);
      this.#write(found ?? this.#add(segment, key, undefined), { value: kept, timestamp });
    }
    if (this.spec.kind !== 'window') return;
    this.#addLive(segment);
    if (segment > this.#observed) {
      this.#observed = segment;
      this.#expire(timestamp);
    }
  }

  range(segment: number, from: ByteString, to: ByteString | null, options: RangeOptions = {}): readonly KeyedEntry[] {
    if (this.#isExpired(segment)) return [];
    const reverse = options.reverse ?? false;
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const home = this.#segments.get(segment);
    if (home !== undefined) home.order ??= new SortedKeys(home.presentKeys());
    const inMemory = home?.order?.between(from, to, reverse) ?? [];
    const found: KeyedEntry[] = [];
    const take = (key: ByteString): void => {
      const current = home?.entries.get(key)?.current;
      if (current !== undefined && found.length < limit) found.push({ key, stored: current });
    };
    if (!this.#tableSegments.has(segment)) {
      for (const key of inMemory) {
        if (found.length >= limit) break;
        take(key);
      }
      return found;
    }
    const keys = inMemory[Symbol.iterator]();
    let next = keys.next();
    const isBefore = (left: ByteString, right: ByteString): boolean => (reverse ? left > right : left < right);
    const end = to === null ? { segment: segment + 1, key: '' } : { segment, key: to };
    for (const row of this.#table.scan({ from: { segment, key: from }, to: end, reverse })) {
      while (next.done !== true && isBefore(next.value, row.key)) {
        take(next.value);
        next = keys.next();
      }
      if (found.length >= limit) return found;
      if (next.done !== true && next.value === row.key) {
        take(next.value);
        next = keys.next();
      } else if (home?.entries.has(row.key) !== true) {
        found.push({ key: row.key, stored: { value: keptJson(row.value), timestamp: row.timestamp } });
      }
    }
    for (; next.done !== true && found.length < limit; next = keys.next()) take(next.value);
    return found;
  }

  segmentsBetween(from: number, to: number): readonly number[] {
    return this.#liveSegments.filter((segment) => segment >= from && segment <= to && !this.#isExpired(segment));
  }

  /** Ends the current generation; its writes are dropped or kept as a whole from here on. */
  beginCommit(): void {
    assert(this.#committing === null, 'a store began a commit while another is under way');
    for (const entry of this.#open) {
      entry.committing = entry.current;
      entry.marks &= ~open;
    }
    this.#committing = { entries: this.#open, drops: this.#openDrops };
    this.#open = [];
    this.#openDrops = [];
  }

  /** The commit is durable: its writes are what queries see. */
  endCommit(): void {
    assert(this.#committing !== null, 'a store ended a commit that never began');
    const { entries, drops } = this.#committing;
    this.#committing = null;
    let home: Segment | null = null;
    let delta = 0;
    for (const entry of entries) {
      if (entry.home !== home) {
        this.#addCount(home, delta);
        home = entry.home;
        delta = 0;
      }
      if (entry.committed === undefined) delta += entry.committing === undefined ? 0 : 1;
      else if (entry.committing === undefined) delta--;
      entry.committed = entry.committing;
      entry.committing = undefined;
      if ((entry.marks & unflushed) !== 0) {
        entry.marks -= pin;
      } else {
        entry.marks |= unflushed;
        this.#committed.push(entry);
      }
    }
    this.#addCount(home, delta);
    for (const dropped of drops) {
      this.#counts.delete(dropped);
      for (const entry of this.#doomed.get(dropped)?.entries.values() ?? []) entry.marks |= gone;
      this.#doomed.delete(dropped);
      // A window that came and went between two flushes is none of the table's business.
      if (this.#tableSegments.has(dropped)) this.#committedDrops.push(dropped);
    }
  }

  /** Takes what is committed for writing to the table; null when there is nothing, or a flush is under way. */
  beginFlush(): { readonly changes: readonly StoreChange[]; readonly droppedSegments: readonly number[] } | null {
    if (this.#flushing !== null || (this.#committed.length === 0 && this.#committedDrops.length === 0)) return null;
    const changes: StoreChange[] = [];
    for (const entry of this.#committed) {
      entry.marks &= ~unflushed;
      if ((entry.marks & gone) !== 0) continue;
      const { key, committed } = entry;
      const segment = entry.home.start;
      this.#tableSegments.add(segment);
      const value = committed === undefined ? null : jsonText(committed.value);
      changes.push({ segment, key, timestamp: committed?.timestamp ?? 0, value });
    }
    this.#flushing = { entries: this.#committed, drops: this.#committedDrops };
    this.#committed = [];
    this.#committedDrops = [];
    return { changes, droppedSegments: this.#flushing.drops };
  }

  /** The table holds what {@link beginFlush} gave. */
  endFlush(): void {
    assert(this.#flushing !== null, 'a store ended a flush that never began');
    const { entries, drops } = this.#flushing;
    this.#flushing = null;
    for (const segment of drops) this.#tableSegments.delete(segment);
    for (const entry of entries) entry.marks -= pin;
    if (this.#sizeBytes > this.#cacheBytes) this.#evict();
  }

  /** Entries of the last commit. */
  get count(): number {
    let count = 0;
    for (const entries of this.#counts.values()) count += entries;
    return count;
  }

  /** Segments with their numbers of entries as of the last commit, newest first. */
  segments(): readonly { readonly segment: number; readonly entries: number }[] {
    return [...this.#counts].map(([segment, entries]) => ({ segment, entries })).sort((a, b) => b.segment - a.segment);
  }

  /** As of the last commit. */
  getCommitted(segment: number, key: ByteString): Stored | undefined {
    if (!this.#counts.has(segment)) return undefined;
    const entry = (this.#segments.get(segment) ?? this.#doomed.get(segment))?.entries.get(key);
    return entry === undefined ? this.#fromTable(segment, key) : entry.committed;
  }

  /** Entries of one segment as of the last commit, in key order, after `after` (exclusive; null from the start). Lazy. */
  *scanCommitted(
    segment: number,
    after: ByteString | null,
  ): Iterable<{ readonly key: ByteString; readonly stored: Stored }> {
    if (!this.#counts.has(segment)) return;
    const overlay = new Map<ByteString, Entry>();
    for (const entries of [this.#committed, this.#flushing?.entries ?? []]) {
      for (const entry of entries) {
        const isWanted = entry.home.start === segment && (entry.marks & gone) === 0;
        if (isWanted && (after === null || entry.key > after)) overlay.set(entry.key, entry);
      }
    }
    const changed = [...overlay.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
    let next = 0;
    for (const row of this.#scanTable(segment, after)) {
      for (let entry = changed[next]; entry !== undefined && entry.key < row.key; entry = changed[++next]) {
        if (entry.committed !== undefined) yield { key: entry.key, stored: entry.committed };
      }
      if (changed[next]?.key === row.key) continue; // What changed takes the row's place, before the next greater key.
      yield { key: row.key, stored: { value: keptJson(row.value), timestamp: row.timestamp } };
    }
    for (let entry = changed[next]; entry !== undefined; entry = changed[++next]) {
      if (entry.committed !== undefined) yield { key: entry.key, stored: entry.committed };
    }
  }

  /** The entry, from memory or from the table; undefined when it is in neither. */
  #find(segment: number, key: ByteString): Entry | undefined {
    if (segment !== this.#lastSegment) {
      this.#lastSegment = segment;
      this.#lastHome = this.#segments.get(segment);
      this.#lastEntry = undefined;
      this.#lastMiss = undefined;
    }
    if (this.#lastEntry !== undefined && this.#lastEntry.key === key) return this.#lastEntry;
    if (this.#lastMiss === key) return undefined;
    let entry = this.#lastHome?.entries.get(key);
    if (entry === undefined) {
      const stored = this.#fromTable(segment, key);
      if (stored === undefined) {
        this.#lastMiss = key;
        return undefined;
      }
      entry = this.#add(segment, key, stored);
    }
    this.#lastEntry = entry;
    return entry;
  }

  #add(segment: number, key: ByteString, stored: Stored | undefined): Entry {
    let home = this.#lastHome;
    if (home === undefined) {
      home = new Segment(segment);
      this.#segments.set(segment, home);
      this.#lastHome = home;
    }
    const entry = new Entry(home, detached(key), stored);
    home.entries.set(entry.key, entry);
    if (stored !== undefined) home.order?.add(entry.key);
    this.#lastEntry = entry;
    this.#lastMiss = undefined;
    this.#sizeBytes += key.length + entryOverheadBytes;
    return entry;
  }

  /** What is deleted leaves the order, so that a walk over a queue does not pass all that ever was in it. */
  #write(entry: Entry, stored: Stored | undefined): void {
    const { order } = entry.home;
    if (order !== null) {
      if (stored === undefined) order.delete(entry.key);
      else if (entry.current === undefined) order.add(entry.key);
    }
    entry.current = stored;
    if ((entry.marks & open) !== 0) return;
    entry.marks = (entry.marks | open) + pin;
    this.#open.push(entry);
  }

  #addCount(home: Segment | null, delta: number): void {
    if (home === null || delta === 0) return;
    const count = (this.#counts.get(home.start) ?? 0) + delta;
    if (count > 0) this.#counts.set(home.start, count);
    else this.#counts.delete(home.start);
  }

  /** Forgets what the table can tell, oldest segments first, until there is room again. */
  #evict(): void {
    this.#lastSegment = Number.NaN;
    const target = this.#cacheBytes * 0.75;
    for (const [segment, home] of this.#segments) {
      for (const [key, entry] of home.entries) {
        if (this.#sizeBytes <= target) return;
        if (entry.marks >= pin) continue;
        home.entries.delete(key);
        home.order?.delete(key);
        this.#sizeBytes -= key.length + entryOverheadBytes;
      }
      if (home.entries.size === 0) this.#segments.delete(segment);
    }
  }

  #fromTable(segment: number, key: ByteString): Stored | undefined {
    // The first record of a key in a new window is the most common miss.
    const row = this.#tableSegments.has(segment) ? this.#table.get({ segment, key }) : undefined;
    return row === undefined ? undefined : { value: keptJson(row.value), timestamp: row.timestamp };
  }

  #scanTable(segment: number, after: ByteString | null): Iterable<StoreEntry> {
    if (!this.#tableSegments.has(segment)) return [];
    // The least key after `after` is `after` with a zero byte.
    const from = { segment, key: after === null ? '' : `${after}\0` };
    return this.#table.scan({ from, to: { segment: segment + 1, key: '' } });
  }

  #isExpired(segment: number): boolean {
    return this.spec.retentionMs !== null && segment <= this.#observed - this.spec.retentionMs;
  }

  /** Removes windows that no record may reach any more; the changelog gets tombstones of ours, since the log's clock must not decide. */
  #expire(timestamp: number): void {
    let expired = 0;
    // In order, since a restart knows the segments in another order than that in which they came.
    for (const segment of this.#liveSegments) {
      if (!this.#isExpired(segment)) break;
      expired++;
      for (const key of this.#keysOf(segment)) this.#changelog.append(segment, key, null, timestamp);
      const home = this.#segments.get(segment) ?? new Segment(segment);
      for (const key of home.entries.keys()) this.#sizeBytes -= key.length + entryOverheadBytes;
      this.#segments.delete(segment);
      this.#doomed.set(segment, home);
      this.#openDrops.push(segment);
    }
    if (expired === 0) return;
    this.#liveSegments.splice(0, expired);
    this.#lastSegment = Number.NaN;
  }

  /** Most records belong to the newest window, or begin the next one. */
  #addLive(segment: number): void {
    const live = this.#liveSegments;
    let at = live.length;
    while (at > 0 && (live[at - 1] as number) > segment) at--;
    if (live[at - 1] !== segment) live.splice(at, 0, segment);
  }

  /** Keys present in a segment for processing. In no order, since each is written once and sorting would cost more than the writing. */
  #keysOf(segment: number): readonly ByteString[] {
    const home = this.#segments.get(segment);
    const keys: ByteString[] = [];
    for (const row of this.#scanTable(segment, null)) if (home?.entries.has(row.key) !== true) keys.push(row.key);
    return home === undefined ? keys : [...keys, ...home.presentKeys()];
  }
}
