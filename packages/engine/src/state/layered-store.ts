import { assert } from '../assert.ts';
import { JsonText, keptJson } from '../json/json-text.ts';
import { JsonValue, jsonText } from '../json/json-value.ts';
import type { ByteString } from '../log/byte-string.ts';
import { currentKey } from '../log/key-bytes.ts';
import type { StoreSpec } from '../topology/topology.ts';
import { Segment } from './segment.ts';
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
  /** The key lies in `bytes[start, end)`, good for the call; a `value` of null deletes. */
  append(segment: number, bytes: Uint8Array, start: number, end: number, value: unknown, timestamp: number): void;
}

const defaultCacheBytes = 32 * 1024 * 1024;

/**
 * One store of one task: entries in memory over a table. A write goes through these stages, each a list of a segment's rows:
 *
 *     open        written in the current generation
 *     committing  written in the generation whose commit is under way
 *     unflushed   durable in the changelog, not yet on the way to the table
 *     flushing    being written to the table
 *
 * An entry in no list is a cached copy of the table's. Processing sees its own writes; queries see the last commit. When a commit fails the
 * task is thrown away with all its entries; nothing is patched back.
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
  /** Segments that were written to in the current generation. */
  #open: Segment[] = [];
  #openDrops: number[] = [];
  #committing: { readonly segments: readonly Segment[]; readonly drops: readonly number[] } | null = null;
  #unflushed: Segment[] = [];
  #committedDrops: number[] = [];
  #flushing: { readonly segments: readonly Segment[]; readonly drops: readonly number[] } | null = null;
  /** Entries by segment, of the last commit. */
  readonly #counts = new Map<number, number>();
  /** The greatest segment ever put; part of the task's state. */
  #observed: number;
  /** Segments that may have entries, the open ones included, ascending; window stores only. */
  readonly #liveSegments: number[] = [];
  /** Segments that may have entries in the table; of all others it is not asked. */
  readonly #tableSegments = new Set<number>();
  /** Accesses come in runs of one segment, and a put follows the get of its entry. */
  #lastSegment = Number.NaN;
  #lastHome: Segment | undefined;
  #lastKey: ByteString | undefined;
  #lastRow = 0;
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
    if (this.#isExpired(segment)) return undefined;
    const row = this.#find(segment, key);
    return row === undefined ? undefined : this.#lastHome?.get(row);
  }

  put(segment: number, key: ByteString, value: unknown, timestamp: number): void {
    if (this.#isExpired(segment)) return;
    const found = this.#find(segment, key);
    const kept = value instanceof JsonValue ? new JsonText(value.text()) : value;
    if (kept === null || kept === undefined) {
      // A delete of what is not there still goes to the changelog: it is an update of the table that readers of the changelog see.
      this.#record(segment, key, null, timestamp);
      if (found === undefined || this.#lastHome?.get(found) === undefined) return;
      this.#write(found, undefined, timestamp);
    } else {
      this.#record(segment, key, kept, timestamp);
      this.#write(found ?? this.#add(segment, key, undefined), kept, timestamp);
    }
    // The next key is another one as a rule, and equal keys are told apart from others of their length by all their bytes.
    this.#lastKey = undefined;
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
    const inMemory = home?.keysBetween(from, to, reverse) ?? [];
    const found: KeyedEntry[] = [];
    const take = (key: ByteString): void => {
      const row = home?.rowOf(key);
      const current = row === undefined ? undefined : home?.get(row);
      if (current !== undefined && found.length < limit) found.push({ key, stored: current });
    };
    if (home?.isWhole === true || !this.#tableSegments.has(segment)) {
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
      } else if (home?.rowOf(row.key) === undefined) {
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
    for (const segment of this.#open) segment.beginCommit();
    this.#committing = { segments: this.#open, drops: this.#openDrops };
    this.#open = [];
    this.#openDrops = [];
  }

  /** The commit is durable: its writes are what queries see. */
  endCommit(): void {
    assert(this.#committing !== null, 'a store ended a commit that never began');
    const { segments, drops } = this.#committing;
    this.#committing = null;
    for (const segment of segments) {
      if (!segment.hasUnflushed) this.#unflushed.push(segment);
      this.#addCount(segment, segment.endCommit());
    }
    for (const dropped of drops) {
      this.#counts.delete(dropped);
      const segment = this.#doomed.get(dropped);
      this.#doomed.delete(dropped);
      // A window that came and went between two flushes is none of the table's business.
      if (this.#tableSegments.has(dropped)) this.#committedDrops.push(dropped);
      if (segment === undefined) continue;
      segment.isGone = true;
      if (this.#flushing?.segments.includes(segment) !== true) segment.release();
    }
    if (drops.length > 0) this.#unflushed = this.#unflushed.filter(({ isGone }) => !isGone);
  }

  /** Takes what is committed for writing to the table; null when there is nothing, or a flush is under way. */
  beginFlush(): { readonly changes: readonly StoreChange[]; readonly droppedSegments: readonly number[] } | null {
    if (this.#flushing !== null || (this.#unflushed.length === 0 && this.#committedDrops.length === 0)) return null;
    const changes: StoreChange[] = [];
    const segments = this.#unflushed;
    for (const home of segments) {
      const segment = home.start;
      this.#tableSegments.add(segment);
      home.beginFlush((key, committed) => {
        const value = committed === undefined ? null : jsonText(committed.value);
        changes.push({ segment, key, timestamp: committed?.timestamp ?? 0, value });
      });
    }
    this.#flushing = { segments, drops: this.#committedDrops };
    this.#unflushed = [];
    this.#committedDrops = [];
    return { changes, droppedSegments: this.#flushing.drops };
  }

  /** The table holds what {@link beginFlush} gave. */
  endFlush(): void {
    assert(this.#flushing !== null, 'a store ended a flush that never began');
    const { segments, drops } = this.#flushing;
    this.#flushing = null;
    for (const segment of drops) this.#tableSegments.delete(segment);
    for (const segment of segments) {
      segment.endFlush();
      if (segment.isGone) segment.release();
    }
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
    const home = this.#homeOfCommitted(segment);
    const row = home?.rowOf(key);
    return row === undefined ? this.#fromTable(segment, key) : home?.committed(row);
  }

  /** Entries of one segment as of the last commit, in key order, after `after` (exclusive; null from the start). Lazy. */
  *scanCommitted(
    segment: number,
    after: ByteString | null,
  ): Iterable<{ readonly key: ByteString; readonly stored: Stored }> {
    if (!this.#counts.has(segment)) return;
    const changed = this.#homeOfCommitted(segment)?.committedOverTable(after) ?? [];
    let next = 0;
    for (const row of this.#scanTable(segment, after)) {
      for (let entry = changed[next]; entry !== undefined && entry.key < row.key; entry = changed[++next]) {
        if (entry.stored !== undefined) yield { key: entry.key, stored: entry.stored };
      }
      if (changed[next]?.key === row.key) continue; // What changed takes the row's place, before the next greater key.
      yield { key: row.key, stored: { value: keptJson(row.value), timestamp: row.timestamp } };
    }
    for (let entry = changed[next]; entry !== undefined; entry = changed[++next]) {
      if (entry.stored !== undefined) yield { key: entry.key, stored: entry.stored };
    }
  }

  /** Queries see a window that has expired until that is committed. */
  #homeOfCommitted(segment: number): Segment | undefined {
    return this.#segments.get(segment) ?? this.#doomed.get(segment);
  }

  /** The row of the key in `#lastHome`, which is its segment then; undefined when it is in neither memory nor table. */
  #find(segment: number, key: ByteString): number | undefined {
    if (segment !== this.#lastSegment) {
      this.#lastSegment = segment;
      this.#lastHome = this.#segments.get(segment);
      this.#lastKey = undefined;
      this.#lastMiss = undefined;
    }
    if (this.#lastKey === key) return this.#lastRow;
    if (this.#lastMiss === key) return undefined;
    let row = this.#lastHome?.rowOf(key);
    if (row === undefined) {
      const stored = this.#lastHome?.isWhole === true ? undefined : this.#fromTable(segment, key);
      if (stored === undefined) {
        this.#lastMiss = key;
        return undefined;
      }
      row = this.#add(segment, key, stored);
    }
    this.#lastKey = key;
    this.#lastRow = row;
    return row;
  }

  /** After a {@link LayeredStore.#find} of the same. */
  #add(segment: number, key: ByteString, stored: Stored | undefined): number {
    let home = this.#lastHome;
    if (home === undefined) {
      home = new Segment(segment, !this.#tableSegments.has(segment));
      this.#segments.set(segment, home);
      this.#lastHome = home;
    }
    const row = home.add(key, stored);
    this.#lastKey = key;
    this.#lastRow = row;
    this.#lastMiss = undefined;
    return row;
  }

  /** In `#lastHome`. */
  #write(row: number, value: unknown, timestamp: number): void {
    const home = this.#lastHome;
    assert(home !== undefined, 'a store wrote to a segment that is not there');
    if (home.write(row, value, timestamp)) this.#open.push(home);
  }

  /** Weight of all entries in memory, of live segments. */
  get #sizeBytes(): number {
    let sizeBytes = 0;
    for (const home of this.#segments.values()) sizeBytes += home.sizeBytes;
    return sizeBytes;
  }

  #addCount({ start }: Segment, delta: number): void {
    if (delta === 0) return;
    const count = (this.#counts.get(start) ?? 0) + delta;
    if (count > 0) this.#counts.set(start, count);
    else this.#counts.delete(start);
  }

  /** Forgets what the table can tell, oldest segments first, until there is room again. */
  #evict(): void {
    this.#lastSegment = Number.NaN;
    let enoughBytes = this.#sizeBytes - this.#cacheBytes * 0.75;
    for (const [segment, home] of this.#segments) {
      if (enoughBytes <= 0) return;
      enoughBytes -= home.evict(enoughBytes);
      if (home.isEmpty) this.#segments.delete(segment);
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
      const home = this.#segments.get(segment) ?? new Segment(segment, false);
      // In no order, since each is written once and sorting would cost more than the writing.
      home.eachPresentKey((bytes, start, end) => this.#changelog.append(segment, bytes, start, end, null, timestamp));
      if (!home.isWhole) {
        for (const row of this.#scanTable(segment, null)) {
          if (home.rowOf(row.key) === undefined) this.#record(segment, row.key, null, timestamp);
        }
      }
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

  #record(segment: number, key: ByteString, value: unknown, timestamp: number): void {
    const { bytes, length } = currentKey.read(key);
    this.#changelog.append(segment, bytes, 0, length, value, timestamp);
  }
}
