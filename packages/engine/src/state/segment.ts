import { assert } from '../assert.ts';
import { type ByteString, detached } from '../log/byte-string.ts';
import type { TakeKey } from './key-table.ts';
import type { Stored } from './layered-store.ts';
import { giveBackRows, takeRows } from './segment-rows.ts';
import { SortedKeys } from './sorted-keys.ts';
import { ValueColumn } from './value-column.ts';

/** What is known of a row: bits. */
const present = 1;
/** Written in the current generation. */
const open = 2;
/** Written in the generation whose commit is under way. */
const committing = 4;
/** Committed and not yet on the way to the table. */
const unflushed = 8;
/** On the way to the table. */
const flushing = 16;
const inSomeList = open | committing | unflushed | flushing;

/** A rough weight of a row besides its key: slots, columns. Only the cache bound depends on it. */
const rowOverheadBytes = 96;

/** What rows were before a generation wrote to them. Used again and again: lists keep their room. */
class Before {
  count = 0;
  readonly #rows: number[] = [];
  readonly #wasPresent: boolean[] = [];
  readonly #timestamps: number[] = [];
  readonly #values = new ValueColumn();

  pushAbsent(row: number): void {
    const index = this.count++;
    this.#rows[index] = row;
    this.#wasPresent[index] = false;
    this.#timestamps[index] = 0;
  }

  /** `values` hold what was under the row. */
  pushPresent(row: number, values: ValueColumn, timestamp: number): void {
    const index = this.count++;
    this.#values.putFrom(index, values, row);
    this.#rows[index] = row;
    this.#wasPresent[index] = true;
    this.#timestamps[index] = timestamp;
  }

  row(index: number): number {
    return this.#rows[index] as number;
  }

  wasPresent(index: number): boolean {
    return this.#wasPresent[index] === true;
  }

  stored(index: number): Stored | undefined {
    if (!this.wasPresent(index)) return undefined;
    return { value: this.#values.get(index), timestamp: this.#timestamps[index] as number };
  }

  clear(): void {
    this.count = 0;
    this.#values.clear();
  }
}

/** Emptied ones: there are many segments with few rows each, and each has one for a generation at most. */
const spare: Before[] = [];
const spareMax = 64;
/** One that was used for more rows is not kept. */
const spareRowsMax = 20_000;

const noRows: readonly number[] = [];

/**
 * The entries of one segment in memory, as each reader sees them. A key has a row; what is stored under it lies in columns, since there may
 * be millions. Columns hold what processing sees; what queries see, the last commit, is told by what rows were before later writes.
 *
 * A row goes through these lists: open, committing, unflushed, flushing (see {@link LayeredStore}). One in no list says what the table says,
 * and may be forgotten.
 */
export class Segment {
  readonly start: number;
  /** Nothing is in the table that is not here too, so that the table need not be asked: true of every window that began in this process. */
  isWhole: boolean;
  /** It was dropped and that is committed, so that it is none of the table's business any more. */
  isGone = false;
  /** Weight of all rows. */
  sizeBytes = 0;
  readonly #rows = takeRows();
  readonly #keys = this.#rows.keys;
  readonly #marks = this.#rows.marks;
  readonly #timestamps = this.#rows.timestamps;
  readonly #values = this.#rows.values;
  /** Keys that are there for processing; made when a range is first walked over: many stores never are. */
  #order: SortedKeys | null = null;
  #open: Before | null = null;
  #committing: Before | null = null;
  /** By how much the commit under way changes the number of entries. */
  #delta = 0;
  #unflushed: number[] | null = null;
  #flushing = noRows;
  /** Rows are forgotten in turn. */
  #nextEvicted = 0;

  constructor(start: number, isWhole: boolean) {
    this.start = start;
    this.isWhole = isWhole;
  }

  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  /** The row of a key, also of one that was deleted and is remembered as that; undefined when nothing is known of it here. */
  rowOf(key: ByteString): number | undefined {
    return this.#keys.rowOf(key);
  }

  keyOf(row: number): ByteString {
    return this.#keys.keyOf(row);
  }

  /** As processing sees it. */
  get(row: number): Stored | undefined {
    if (((this.#marks[row] as number) & present) === 0) return undefined;
    return { value: this.#values.get(row), timestamp: this.#timestamps[row] as number };
  }

  /** Makes a row for a key that has none: for what the table has under it, or undefined for what is to be written. */
  add(key: ByteString, stored: Stored | undefined): number {
    const row = this.#keys.add(key);
    this.#marks[row] = stored === undefined ? 0 : present;
    this.#timestamps[row] = stored?.timestamp ?? 0;
    if (stored !== undefined) {
      this.#values.put(row, stored.value);
      this.#order?.add(detached(key));
    }
    this.sizeBytes += key.length + rowOverheadBytes;
    return row;
  }

  /** Writes a row; a value of undefined deletes it. True when it is the segment's first write in this generation. */
  write(row: number, value: unknown, timestamp: number): boolean {
    const marks = this.#marks[row] as number;
    const isFirst = (marks & open) === 0;
    const before = this.#open;
    if (isFirst) {
      this.#open ??= spare.pop() ?? new Before();
      if ((marks & present) === 0) this.#open.pushAbsent(row);
      else this.#open.pushPresent(row, this.#values, this.#timestamps[row] as number);
    }
    if (this.#order !== null) {
      // What is deleted leaves the order, so that a walk over a queue does not pass all that ever was in it.
      if (value === undefined) this.#order.delete(this.keyOf(row));
      else if ((marks & present) === 0) this.#order.add(this.keyOf(row));
    }
    if (value === undefined) {
      this.#marks[row] = (marks & ~present) | open;
      this.#values.forget(row);
    } else {
      this.#marks[row] = marks | present | open;
      this.#values.put(row, value);
      this.#timestamps[row] = timestamp;
    }
    return before === null;
  }

  /** Keys that are there for processing, from `from` (inclusive) to `to` (exclusive; null without end), in order or in reverse. */
  keysBetween(from: ByteString, to: ByteString | null, reverse: boolean): Iterable<ByteString> {
    this.#order ??= new SortedKeys(this.presentKeys());
    return this.#order.between(from, to, reverse);
  }

  presentKeys(): readonly ByteString[] {
    const keys: ByteString[] = [];
    for (let row = 0; row < this.#keys.rows; row++) if (this.#isPresent(row)) keys.push(this.keyOf(row));
    return keys;
  }

  /** Calls with the place of each key that is there for processing, in no order. */
  eachPresentKey(take: TakeKey): void {
    for (let row = 0; row < this.#keys.rows; row++) if (this.#isPresent(row)) this.#keys.withKey(row, take);
  }

  #isPresent(row: number): boolean {
    return this.#keys.has(row) && ((this.#marks[row] as number) & present) !== 0;
  }

  /** Of a segment that was written to in this generation: the generation ends. */
  beginCommit(): void {
    const before = this.#open;
    assert(this.#committing === null, 'a segment began a commit while another is under way');
    assert(before !== null, 'a segment began a commit without a write');
    let delta = 0;
    for (let index = 0; index < before.count; index++) {
      const row = before.row(index);
      const marks = this.#marks[row] as number;
      this.#marks[row] = (marks & ~open) | committing;
      delta += (marks & present) - (before.wasPresent(index) ? 1 : 0);
    }
    this.#delta = delta;
    this.#committing = before;
    this.#open = null;
  }

  /** The commit is durable. Gives by how much it changed the number of entries. */
  endCommit(): number {
    const before = this.#committing;
    assert(before !== null, 'a segment ended a commit that never began');
    this.#committing = null;
    this.#unflushed ??= [];
    for (let index = 0; index < before.count; index++) {
      const row = before.row(index);
      const marks = (this.#marks[row] as number) & ~committing;
      this.#marks[row] = marks | unflushed;
      if ((marks & unflushed) === 0) this.#unflushed.push(row);
    }
    const isKept = spare.length < spareMax && before.count <= spareRowsMax;
    before.clear();
    if (isKept) spare.push(before);
    return this.#delta;
  }

  get hasUnflushed(): boolean {
    return this.#unflushed !== null;
  }

  /** Calls with every key that is committed and not on the way to the table, and what is committed under it; they are on the way then. */
  beginFlush(take: (key: ByteString, committed: Stored | undefined) => void): void {
    const committed = this.#committedReader();
    const rows = this.#unflushed ?? noRows;
    for (const row of rows) {
      this.#marks[row] = ((this.#marks[row] as number) & ~unflushed) | flushing;
      take(this.keyOf(row), committed(row));
    }
    this.#flushing = rows;
    this.#unflushed = null;
  }

  /** The table has what it was given. */
  endFlush(): void {
    for (const row of this.#flushing) this.#marks[row] = (this.#marks[row] as number) & ~flushing;
    this.#flushing = noRows;
  }

  /** As of the last commit. */
  committed(row: number): Stored | undefined {
    return this.#committedReader()(row);
  }

  /** Keys after `after` (all for null) that the table may not have as they were committed last, with that; in key order. */
  committedOverTable(
    after: ByteString | null,
  ): readonly { readonly key: ByteString; readonly stored: Stored | undefined }[] {
    const committed = this.#committedReader();
    const rows = new Set([...this.#flushing, ...(this.#unflushed ?? noRows)]);
    const changed = [];
    for (const row of rows) {
      const key = this.keyOf(row);
      if (after === null || key > after) changed.push({ key, stored: committed(row) });
    }
    return changed.sort((left, right) => (left.key < right.key ? -1 : 1));
  }

  /** The end of a segment that is gone and on no way: another one may have its rows. */
  release(): void {
    assert(this.#open === null && this.#committing === null, 'a segment was released that a commit is to come for');
    giveBackRows(this.#rows);
  }

  /** Forgets rows that the table can tell of, until enough is forgotten. Gives how many bytes that was. */
  evict(enoughBytes: number): number {
    let evicted = 0;
    const { rows } = this.#keys;
    for (let passed = 0; passed < rows && evicted < enoughBytes; passed++) {
      const row = this.#nextEvicted % rows;
      this.#nextEvicted = row + 1;
      if (!this.#keys.has(row) || ((this.#marks[row] as number) & inSomeList) !== 0) continue;
      this.isWhole = false;
      const key = this.keyOf(row);
      this.#keys.delete(row);
      this.#order?.delete(key);
      this.#values.forget(row);
      evicted += key.length + rowOverheadBytes;
    }
    this.sizeBytes -= evicted;
    return evicted;
  }

  /** Rows that were written since the last commit are told by what they were before it. */
  #committedReader(): (row: number) => Stored | undefined {
    const generations = [this.#committing, this.#open].map((before) => {
      const places = new Map<number, number>();
      for (let index = 0; before !== null && index < before.count; index++) places.set(before.row(index), index);
      return { before, places };
    });
    return (row) => {
      if (((this.#marks[row] as number) & (open | committing)) === 0) return this.get(row);
      for (const { before, places } of generations) {
        const index = places.get(row);
        if (before !== null && index !== undefined) return before.stored(index);
      }
      return this.get(row);
    };
  }
}
