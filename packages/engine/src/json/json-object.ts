import { type BigIntegers, isSafeNumber } from '@millrace/expression';
import { detached } from '../log/byte-string.ts';
import { parseExactJson, unreadable } from './exact-json.ts';
import type { FieldColumns } from './field-reader.ts';
import { JsonPart } from './json-part.ts';
import { type JsonSink, JsonValue } from './json-value.ts';
import { PatchedObject } from './patched-object.ts';
import { type FieldPlace, findField, skipSpace } from './scan-json.ts';

/** Integers of so many digits are exact, and quicker put together here than parsed. */
const exactDigits = 15;

/** With its quotes. Shorter strings are decoded as quickly as they are noted: they come out of their batch without another copy. */
const partBytesMin = 15;

/**
 * A JSON object that still lies in its batch. Its structure has been walked over, so it is JSON; a field is decoded when it is asked for,
 * all of it only when somebody wants it whole. It must not outlive the processing of its record: what is kept is kept as a text of its own
 * (`JsonText`).
 */
export class JsonObject extends JsonValue {
  readonly #columns: FieldColumns;
  readonly #index: number;
  #plain: object | undefined;

  constructor(columns: FieldColumns, index: number) {
    super();
    this.#columns = columns;
    this.#index = index;
  }

  /** The bytes that it lies in, from `start` to `end`. */
  get bytes(): Uint8Array {
    return this.#columns.batch.bytes;
  }

  get start(): number {
    return this.#columns.batch.valueStarts[this.#index] as number;
  }

  get end(): number {
    return this.#columns.batch.valueEnds[this.#index] as number;
  }

  override field(name: string): unknown {
    const columns = this.#columns;
    const cell = this.#cellOf(name);
    if (cell < 0) return this.#decodeFound(this.place(name), name, null);
    const start = columns.starts[cell] as number;
    return start === 0 ? null : this.#decode(start, columns.ends[cell] as number, name, null);
  }

  override part(name: string): unknown {
    const columns = this.#columns;
    const cell = this.#cellOf(name);
    if (cell < 0) return this.field(name);
    const start = columns.starts[cell] as number;
    const end = columns.ends[cell] as number;
    // A string with escapes has a negative end.
    if (end - start >= partBytesMin && this.bytes[start] === 0x22) return new JsonPart(columns.batch, start, end);
    return start === 0 ? null : this.#decode(start, end, name, null);
  }

  override nested(name: string, inner: string): unknown {
    const { bytes } = this;
    const outer = this.place(name);
    if (outer === null || bytes[outer.start] !== 0x7b) return undefined;
    const found = findField(
      bytes,
      this.#columns.batch.view,
      outer.start,
      outer.end,
      this.#columns.reader.quotedName(inner),
    );
    return found === undefined ? undefined : this.#decodeFound(found, name, inner);
  }

  override with(names: readonly string[], values: readonly unknown[]): JsonValue {
    return new PatchedObject(this, names, values);
  }

  override writeTo(sink: JsonSink): void {
    sink.putBytes(this.bytes, this.start, this.end);
  }

  /** Where a field's value lies in `bytes`; a string with escapes has a negative end. Null when there is no such field. */
  place(name: string): FieldPlace | null {
    const columns = this.#columns;
    const cell = this.#cellOf(name);
    if (cell < 0)
      return findField(this.bytes, columns.batch.view, this.start, this.end, columns.reader.quotedName(name)) ?? null;
    const start = columns.starts[cell] as number;
    return start === 0 ? null : { start, end: columns.ends[cell] as number };
  }

  /** Where its closing brace stands. */
  get bodyEnd(): number {
    const { bytes } = this;
    let at = this.end - 1;
    while (bytes[at] !== 0x7d) at--;
    return at;
  }

  get isEmpty(): boolean {
    const { bytes } = this;
    return bytes[skipSpace(bytes, skipSpace(bytes, this.start) + 1)] === 0x7d;
  }

  override plain(): object {
    this.#plain ??= parseExactJson(this.#columns.text(this.start, this.end), this.bigIntegers, []) as object;
    return this.#plain;
  }

  override get bigIntegers(): BigIntegers {
    return this.#columns.reader.bigIntegers;
  }

  /** The cell in the columns; -1 for a field that nobody had asked for when the batch was begun. */
  #cellOf(name: string): number {
    const columns = this.#columns;
    const slot = columns.reader.slotOf(name);
    return slot < 0 || slot >= columns.slotCount ? -1 : this.#index * columns.slotCount + slot;
  }

  #decodeFound(found: FieldPlace | null, name: string, inner: string | null): unknown {
    return found === null ? null : this.#decode(found.start, found.end, name, inner);
  }

  /** `end` is negative for a string with escapes. The names are those of the field, and of the one in it if that is read, for failures. */
  #decode(start: number, end: number, name: string, inner: string | null): unknown {
    const columns = this.#columns;
    const first = columns.batch.bytes[start] as number;
    if (first === 0x22) {
      if (end < 0) return JSON.parse(columns.text(start, -end));
      return detached(columns.text(start + 1, end - 1));
    }
    if (first <= 0x39) return this.#number(start, end, name, inner);
    if (first === 0x74) return true;
    if (first === 0x66) return false;
    if (first === 0x6e) return null;
    return parseExactJson(columns.text(start, end), this.bigIntegers, inner === null ? [name] : [name, inner]);
  }

  #number(start: number, end: number, name: string, inner: string | null): number | string {
    const { bytes } = this.#columns.batch;
    const isNegative = bytes[start] === 0x2d;
    const digitsStart = isNegative ? start + 1 : start;
    if (end - digitsStart <= exactDigits) {
      let value = 0;
      let at = digitsStart;
      for (; at < end; at++) {
        const digit = (bytes[at] as number) - 0x30;
        if (digit < 0 || digit > 9) break;
        value = value * 10 + digit;
      }
      if (at === end) return isNegative ? -value : value;
    }
    const token = this.#columns.text(start, end);
    if (isSafeNumber(token)) return Number(token);
    const isInteger = /^-?\d+$/.test(token);
    if (isInteger && this.bigIntegers === 'string') return detached(token);
    throw unreadable(token, isInteger, inner === null ? [name] : [name, inner]);
  }
}
