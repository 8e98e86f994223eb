import { type BigIntegers, plainValue } from '@millrace/expression';
import type { JsonObject } from './json-object.ts';
import { type JsonSink, JsonValue, putJson } from './json-value.ts';

interface Replaced {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
}

/** An object as it came, but for some fields: `{ ...value, field: … }`. Written by copying the bytes around what has changed. */
export class PatchedObject extends JsonValue {
  readonly #base: JsonObject;
  readonly #names: readonly string[];
  readonly #values: readonly unknown[];
  #plain: object | undefined;

  /** `names` are distinct; `values` are JSON data of either form. */
  constructor(base: JsonObject, names: readonly string[], values: readonly unknown[]) {
    super();
    this.#base = base;
    this.#names = names;
    this.#values = values;
  }

  override field(name: string): unknown {
    const place = this.#names.indexOf(name);
    return place < 0 ? this.#base.field(name) : plainValue(this.#values[place]);
  }

  override nested(name: string, inner: string): unknown {
    return this.#names.includes(name) ? undefined : this.#base.nested(name, inner);
  }

  override plain(): object {
    this.#plain ??= patchPlain(this.#base.plain(), this.#names, this.#values);
    return this.#plain;
  }

  override get bigIntegers(): BigIntegers {
    return this.#base.bigIntegers;
  }

  override with(names: readonly string[], values: readonly unknown[]): JsonValue {
    const kept = this.#names.map((_, place) => place).filter((place) => !names.includes(this.#names[place] as string));
    return new PatchedObject(
      this.#base,
      [...kept.map((place) => this.#names[place] as string), ...names],
      [...kept.map((place) => this.#values[place]), ...values],
    );
  }

  override writeTo(sink: JsonSink): void {
    const base = this.#base;
    const only = this.#names.length === 1 ? base.place(this.#names[0] as string) : null;
    if (only !== null) {
      sink.putBytes(base.bytes, base.start, only.start);
      putJson(sink, this.#values[0]);
      sink.putBytes(base.bytes, Math.abs(only.end), base.end);
      return;
    }
    const replaced: Replaced[] = [];
    const added: number[] = [];
    for (const [place, name] of this.#names.entries()) {
      const found = base.place(name);
      if (found === null) added.push(place);
      else replaced.push({ start: found.start, end: Math.abs(found.end), value: this.#values[place] });
    }
    if (replaced.length > 1) replaced.sort((left, right) => left.start - right.start);
    const { bytes } = base;
    let at = base.start;
    for (const { start, end, value } of replaced) {
      sink.putBytes(bytes, at, start);
      putJson(sink, value);
      at = end;
    }
    if (added.length === 0) {
      sink.putBytes(bytes, at, base.end);
      return;
    }
    sink.putBytes(bytes, at, base.bodyEnd);
    let separator = base.isEmpty ? '' : ',';
    for (const place of added) {
      sink.putText(`${separator}${quoted(this.#names[place] as string)}:`);
      putJson(sink, this.#values[place]);
      separator = ',';
    }
    sink.putText('}');
  }
}

/** The same on a plain object. A name may be any, `__proto__` included. */
export function patchPlain(base: object, names: readonly string[], values: readonly unknown[]): object {
  const patched: Record<string, unknown> = { ...base };
  for (const [place, name] of names.entries()) {
    const value = plainValue(values[place]);
    if (name !== '__proto__') patched[name] = value;
    else Object.defineProperty(patched, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return patched;
}

const quotedNames = new Map<string, string>();
const quotedNamesMax = 1000;

function quoted(name: string): string {
  let text = quotedNames.get(name);
  if (text === undefined) {
    text = JSON.stringify(name);
    if (quotedNames.size < quotedNamesMax) quotedNames.set(name, text);
  }
  return text;
}
