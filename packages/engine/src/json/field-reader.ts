import type { BigIntegers } from '@millrace/expression';
import { detached } from '../log/byte-string.ts';
import type { RecordBatch } from '../log/record-batch.ts';
import { JsonObject } from './json-object.ts';
import { skipNumber, skipPlainString, skipSpace, skipValue } from './scan-json.ts';
import { type Layout, layoutOf } from './scanner/layout.ts';
import { LayoutScanner } from './scanner/layout-scanner.ts';

/** More fields than these are not worth a column each. */
const slotsMax = 64;
/** Names and places beyond these are found all the same, only slower: objects may be used as maps, with names without end. */
const namesMax = 1024;
const placesMax = 256;

/** Layouts kept of one source, and records of a batch that are looked at for another. */
const layoutsMax = 4;
const lessonsMax = 4;

/** Made when the first layout is known: many who load this module, such as a page that draws pipelines, never read a record. */
let scanner: LayoutScanner | null | undefined;

const encoder = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A field as a layout knows it: the bytes from its opening quote to its colon, and the slot of its value. */
interface LayoutField {
  readonly bytes: Uint8Array;
  /** The same bytes, four at a time, without the last few that make no four. */
  readonly words: Int32Array;
  readonly slot: number;
}

/**
 * Finds fields in the JSON objects of one source. It learns two things while records pass: which fields are asked for (each gets a slot,
 * from the next batch on), and in which order fields usually stand, so that a name is compared and not looked up.
 */
export class FieldReader {
  readonly #slots = new Map<string, number>();
  /** By slot. */
  readonly #names: string[] = [];
  #lastSlot = 0;
  readonly #quotedNames = new Map<string, Uint8Array>();
  /** The fields met so far, by name, and those that stood last at each place. */
  readonly #known = new Map<string, LayoutField>();
  #layout: LayoutField[] = [];
  /** How records are mostly written, with how many had each in the last batch. */
  #layouts: Layout[] = [];
  #hits: number[] = [];
  /** How whole numbers beyond ±(2^53−1) are read. */
  readonly bigIntegers: BigIntegers;

  constructor({ bigIntegers = 'refuse' }: { readonly bigIntegers?: BigIntegers | undefined } = {}) {
    this.bigIntegers = bigIntegers;
  }

  get slotCount(): number {
    return this.#slots.size;
  }

  /** The slot of a field; -1 when it has none yet: it gets one with the next batch. */
  slotOf(name: string): number {
    // An expression's name is the same text each time; it is asked for again, or, record after record, in the order of the first time.
    const names = this.#names;
    const last = this.#lastSlot;
    if (names[last] === name) return last;
    const next = last + 1 < names.length ? last + 1 : 0;
    const slot = names[next] === name ? next : this.#slots.get(name);
    if (slot !== undefined) {
      this.#lastSlot = slot;
      return slot;
    }
    if (names.length < slotsMax) {
      this.#slots.set(name, names.length);
      names.push(name);
      this.#known.clear();
      this.#layout = [];
      this.#layouts = [];
      this.#hits = [];
    }
    return -1;
  }

  /** A name as it stands in JSON. For names that come from expressions, of which there are few. */
  quotedName(name: string): Uint8Array {
    let quoted = this.#quotedNames.get(name);
    if (quoted === undefined) {
      quoted = encoder.encode(JSON.stringify(name));
      this.#quotedNames.set(name, quoted);
    }
    return quoted;
  }

  /**
   * Notes where the fields of all records are that are written as others were before. Gives a byte a record, 1 for those; null when nothing
   * was noted.
   */
  scan(batch: RecordBatch, found: { slotCount: number; starts: Int32Array; ends: Int32Array }): Uint8Array | null {
    if (this.#layouts.length === 0) return null;
    scanner ??= LayoutScanner.create();
    if (scanner === null) return null;
    return scanner.scan(batch, this.#layouts, found, this.#hits);
  }

  /**
   * Walks over the object in `columns.batch.bytes[start, end)`, the value of record `index`, and notes where its fields are. Null when it is
   * not a JSON object, or one of its names is written with escapes: decode it in full, which also tells what is wrong with it.
   */
  read(columns: FieldColumns, index: number, start: number, end: number): JsonObject | null {
    if (columns.scanned !== null && columns.scanned[index] === 1) return new JsonObject(columns, index);
    const object = this.#walk(columns, index, start, end);
    if (object !== null && columns.lessons > 0 && scanner !== null) {
      columns.lessons--;
      if (this.#keepLayout(columns, start, end)) columns.lessons = 0;
    }
    return object;
  }

  /** Keeps how a record is written for the batches to come, in place of what was of least use. False when that is of no use, or known. */
  #keepLayout(columns: FieldColumns, start: number, end: number): boolean {
    const { bytes, view } = columns.batch;
    const layout = layoutOf(
      bytes,
      view,
      start,
      end,
      (from, to) => columns.text(from, to),
      (name) => this.#slots.get(name) ?? -1,
    );
    if (layout === null || this.#layouts.some(({ text }) => text === layout.text)) return false;
    let place = this.#layouts.length;
    if (place >= layoutsMax) place = this.#hits.indexOf(Math.min(...this.#hits));
    this.#layouts[place] = layout;
    this.#hits[place] = 0;
    return true;
  }

  #walk(columns: FieldColumns, index: number, start: number, end: number): JsonObject | null {
    const { bytes, view, valuesText } = columns.batch;
    if (valuesText === null && !isUtf8(bytes.subarray(start, end))) return null;
    const { starts, ends } = columns;
    const row = index * columns.slotCount;
    const layout = this.#layout;
    let at = skipSpace(bytes, start);
    if (at >= end || bytes[at] !== 0x7b) return null;
    at = skipSpace(bytes, at + 1);
    if (at < end && bytes[at] === 0x7d) return endsAt(bytes, at + 1, end) ? new JsonObject(columns, index) : null;
    for (let place = 0; ; place++) {
      let field = layout[place];
      if (field === undefined || !stands(field, bytes, view, at, end)) {
        field = this.#learn(columns, at, end, place);
        if (field === undefined) return null;
      }
      at = skipSpace(bytes, at + field.bytes.length);
      if (at >= end) return null;
      const valueStart = at;
      const first = bytes[at] as number;
      let isPlain = true;
      if (first === 0x22) {
        const after = skipPlainString(bytes, view, at, end);
        isPlain = after >= 0;
        at = isPlain ? after : skipValue(bytes, at, end, 1);
      } else if (first <= 0x39) {
        at = first === 0x2d || first >= 0x30 ? skipNumber(bytes, at, end) : -1;
      } else {
        at = skipValue(bytes, at, end, 1);
      }
      if (at < 0 || at >= end) return null;
      const { slot } = field;
      if (slot >= 0 && slot < columns.slotCount) {
        starts[row + slot] = valueStart;
        // A string with escapes is told by a negative end.
        ends[row + slot] = isPlain ? at : -at;
      }
      at = skipSpace(bytes, at);
      if (at >= end) return null;
      const after = bytes[at];
      if (after === 0x7d) return endsAt(bytes, at + 1, end) ? new JsonObject(columns, index) : null;
      if (after !== 0x2c) return null;
      at = skipSpace(bytes, at + 1);
    }
  }

  /** Takes the field at `at` as the usual one of its place. Undefined when there is none, or its name has escapes. */
  #learn(columns: FieldColumns, at: number, end: number, place: number): LayoutField | undefined {
    const { bytes, view } = columns.batch;
    if (at >= end || bytes[at] !== 0x22) return undefined;
    const nameEnd = skipPlainString(bytes, view, at, end);
    if (nameEnd < 0) return undefined;
    const colonAt = skipSpace(bytes, nameEnd);
    if (colonAt >= end || bytes[colonAt] !== 0x3a) return undefined;
    const name = columns.text(at + 1, nameEnd - 1);
    let field = this.#known.get(name);
    // The same name may stand with other spaces before its colon.
    if (field === undefined || !stands(field, bytes, view, at, end)) {
      field = layoutField(bytes.slice(at, colonAt + 1), this.#slots.get(name) ?? -1);
      if (this.#known.size < namesMax) this.#known.set(detached(name), field);
    }
    if (place < placesMax) this.#layout[place] = field;
    return field;
  }
}

/** Where the fields of a batch's records are, as far as the records have been read. */
export class FieldColumns {
  readonly reader: FieldReader;
  readonly batch: RecordBatch;
  readonly slotCount: number;
  /** By record, then slot: places in the batch's bytes; a start of 0 is a field that is not there. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 1 for each record whose fields are known already. */
  readonly scanned: Uint8Array | null;
  /** How many more records may tell the reader how they are written; one that was news is enough for a batch. */
  lessons = lessonsMax;

  constructor(reader: FieldReader, batch: RecordBatch) {
    this.reader = reader;
    this.batch = batch;
    this.slotCount = reader.slotCount;
    this.starts = new Int32Array(batch.count * this.slotCount);
    this.ends = new Int32Array(batch.count * this.slotCount);
    this.scanned = reader.scan(batch, this);
  }

  text(start: number, end: number): string {
    return this.batch.text(start, end);
  }
}

function layoutField(bytes: Uint8Array<ArrayBuffer>, slot: number): LayoutField {
  const view = new DataView(bytes.buffer);
  const words = Int32Array.from({ length: bytes.length >> 2 }, (_, index) => view.getInt32(index * 4, true));
  return { bytes, words, slot };
}

/** Whether the field's name stands at a place. */
function stands(
  { bytes: wanted, words }: LayoutField,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
): boolean {
  if (at + wanted.length > end) return false;
  for (let index = 0; index < words.length; index++) {
    if (view.getInt32(at + index * 4, true) !== words[index]) return false;
  }
  for (let index = words.length * 4; index < wanted.length; index++) {
    if (bytes[at + index] !== wanted[index]) return false;
  }
  return true;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function endsAt(bytes: Uint8Array, at: number, end: number): boolean {
  return skipSpace(bytes, at) >= end;
}
