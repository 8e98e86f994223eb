import { typeDepthMax, typeFieldsMax } from './limits.ts';
import { neverType, nullType, type ObjectField, unionOf, unknownType, type ValueType } from './value-type.ts';

/**
 * Types as people write them down:
 *
 *     { id: number, name?: string, airport: { city: string, state: string | null }, legs: [number], … }
 *
 * `number`, `string`, `boolean`, `null`, `any`; `[T]` or `T[]` a list; `?` behind a name a field that may be missing; `…` (or `...`) at the end
 * an object that may have more fields; `|` one or the other. Names that are no plain words stand in quotes.
 */
export type TypeText =
  | { readonly ok: true; readonly type: ValueType }
  | { readonly ok: false; readonly message: string; readonly start: number; readonly end: number };

/** Longer texts are refused; a type of 200 fields fits well. */
export const typeTextMax = 20_000;

const words: { readonly [word: string]: ValueType } = {
  number: { kind: 'number' },
  string: { kind: 'string' },
  boolean: { kind: 'boolean' },
  null: nullType,
  any: unknownType,
};

class TypeMistake extends Error {
  readonly start: number;
  readonly end: number;

  constructor(message: string, start: number, end: number) {
    super(message);
    this.start = start;
    this.end = end;
  }
}

/** Reads a type that somebody wrote down. Never throws. */
export function parseValueType(text: string): TypeText {
  if (text.length > typeTextMax) {
    return { ok: false, message: `A type has at most ${typeTextMax} characters.`, start: 0, end: text.length };
  }
  const reader = new TypeReader(text);
  try {
    return { ok: true, type: reader.whole() };
  } catch (error) {
    if (!(error instanceof TypeMistake)) throw error;
    return { ok: false, message: error.message, start: error.start, end: error.end };
  }
}

/** The type in the form that {@link parseValueType} reads, whole. */
export function writeValueType(type: ValueType): string {
  switch (type.kind) {
    case 'unknown':
    case 'never':
      return 'any';
    case 'array':
      return `[${type.element.kind === 'never' ? 'any' : writeValueType(type.element)}]`;
    case 'object': {
      const fields = type.fields.map(
        ({ name, type: inner, optional }) => `${nameText(name)}${optional ? '?' : ''}: ${writeValueType(inner)}`,
      );
      if (type.open) fields.push('…');
      return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
    }
    case 'union':
      return type.members.map(writeValueType).join(' | ');
    default:
      return type.kind;
  }
}

function nameText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** One character of punctuation, a word, a name in quotes, or `…`. */
const token = /\s*(?:([{}[\]:,|?])|(…|\.\.\.)|([A-Za-z_$][\w$]*)|("(?:[^"\\]|\\.)*"))/y;

class TypeReader {
  readonly #text: string;
  #at = 0;
  #token = '';
  #start = 0;

  constructor(text: string) {
    this.#text = text;
    this.#next();
  }

  whole(): ValueType {
    const type = this.#type(typeDepthMax);
    if (this.#token !== '') throw this.#mistake(`Nothing may follow here, and there is ${this.#token}.`);
    return type;
  }

  #type(depth: number): ValueType {
    const members = [this.#member(depth)];
    while (this.#token === '|') {
      this.#next();
      members.push(this.#member(depth));
    }
    return members.length === 1 ? (members[0] ?? neverType) : unionOf(...members);
  }

  #member(depth: number): ValueType {
    if (depth === 0) throw this.#mistake(`A type is at most ${typeDepthMax} levels deep.`);
    let type = this.#single(depth);
    while (this.#token === '[' && this.#text.slice(this.#at).trimStart().startsWith(']')) {
      this.#next();
      this.#expect(']');
      type = { kind: 'array', element: type };
    }
    return type;
  }

  #single(depth: number): ValueType {
    if (this.#token === '{') return this.#object(depth);
    if (this.#token === '[') {
      this.#next();
      const element = this.#type(depth - 1);
      this.#expect(']');
      return { kind: 'array', element };
    }
    const known = Object.hasOwn(words, this.#token) ? words[this.#token] : undefined;
    if (known === undefined) {
      const found = this.#token === '' ? 'the end' : this.#token;
      throw this.#mistake(`A type is number, string, boolean, null, any, { … } or [ … ], and here is ${found}.`);
    }
    this.#next();
    return known;
  }

  #object(depth: number): ValueType {
    this.#next();
    const fields: ObjectField[] = [];
    const names = new Set<string>();
    let open = false;
    while (this.#token !== '}') {
      if (this.#token === '…') {
        this.#next();
        open = true;
      } else {
        fields.push(this.#field(depth, names));
        if (fields.length > typeFieldsMax) throw this.#mistake(`An object has at most ${typeFieldsMax} fields.`);
      }
      if (this.#token === ',' && !open) this.#next();
      else if (this.#token !== '}') throw this.#mistake('A comma or } belongs here.');
    }
    this.#next();
    return { kind: 'object', fields, open };
  }

  #field(depth: number, names: Set<string>): ObjectField {
    const isQuoted = this.#token.startsWith('"');
    if (!isQuoted && !/^[A-Za-z_$]/.test(this.#token)) throw this.#mistake('The name of a field belongs here.');
    const name = isQuoted ? this.#unquoted() : this.#token;
    if (names.has(name)) throw this.#mistake(`The field ${name} is there twice.`);
    names.add(name);
    this.#next();
    const optional = this.#token === '?';
    if (optional) this.#next();
    this.#expect(':');
    return { name, type: this.#type(depth - 1), optional };
  }

  #unquoted(): string {
    try {
      return JSON.parse(this.#token) as string;
    } catch {
      throw this.#mistake(`${this.#token} is not a text as JSON writes it.`);
    }
  }

  #expect(wanted: string): void {
    if (this.#token !== wanted) throw this.#mistake(`${wanted} belongs here.`);
    this.#next();
  }

  #next(): void {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text);
    if (found === null) {
      const rest = this.#text.slice(this.#at);
      this.#start = this.#at + (rest.length - rest.trimStart().length);
      this.#token = '';
      this.#at = this.#text.length;
      if (rest.trim() !== '') {
        throw new TypeMistake(`${rest.trim()[0]} has no meaning in a type.`, this.#start, this.#start + 1);
      }
      return;
    }
    this.#at = token.lastIndex;
    this.#token = found[1] ?? (found[2] === undefined ? (found[3] ?? found[4] ?? '') : '…');
    this.#start = this.#at - (found[1] ?? found[2] ?? found[3] ?? found[4] ?? '').length;
  }

  #mistake(message: string): TypeMistake {
    return new TypeMistake(message, this.#start, Math.max(this.#start + this.#token.length, this.#start));
  }
}
