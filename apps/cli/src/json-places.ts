/** A place in a text as editors count it: lines and columns from 1, columns in UTF-16 units. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** The text is not JSON; `offset` is where that shows. */
export class JsonSyntaxError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.name = 'JsonSyntaxError';
    this.offset = offset;
  }
}

export function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

interface Located {
  readonly start: number;
  readonly children: ReadonlyMap<string, Located>;
}

const noChildren: ReadonlyMap<string, Located> = new Map();
const depthMax = 500;
const plainCharacters = /[^"\\\p{Cc}]*/uy;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const numberText = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /true|false|null/y;
const blanks = /[ \t\r\n]*/y;

/**
 * Where each value of a JSON text stands. JSON.parse does not tell, and it names the place of a mistake only now and then, so this reads
 * the text a second time when there is something to say about it.
 */
export class JsonPlaces {
  readonly #text: string;
  readonly #root: Located;
  #at = 0;

  /** @throws JsonSyntaxError */
  constructor(text: string) {
    this.#text = text;
    this.#root = this.#value(0);
    this.#skip(blanks);
    if (this.#at < text.length) throw this.#wrong('the end of the text');
  }

  /** The place of the value at a path, or of the innermost that holds it and exists. */
  place(path: readonly PropertyKey[]): TextPlace {
    let found = this.#root;
    for (const step of path) {
      const child = found.children.get(String(step));
      if (child === undefined) break;
      found = child;
    }
    return placeAt(this.#text, found.start);
  }

  #value(depth: number): Located {
    this.#skip(blanks);
    const start = this.#at;
    if (depth > depthMax) throw new JsonSyntaxError(`It is nested deeper than ${depthMax} levels.`, start);
    switch (this.#text[start]) {
      case '{':
        return { start, children: this.#members('}', () => this.#name(), depth) };
      case '[': {
        let index = 0;
        return { start, children: this.#members(']', () => String(index++), depth) };
      }
      case '"':
        this.#string();
        break;
      default:
        if (!this.#skip(word) && !this.#skip(numberText)) throw this.#wrong('a value');
    }
    return { start, children: noChildren };
  }

  #members(end: '}' | ']', name: () => string, depth: number): ReadonlyMap<string, Located> {
    const children = new Map<string, Located>();
    this.#at++;
    this.#skip(blanks);
    if (this.#take(end)) return children;
    do {
      this.#skip(blanks);
      const called = name();
      children.set(called, this.#value(depth + 1));
      this.#skip(blanks);
    } while (this.#take(','));
    if (!this.#take(end)) throw this.#wrong(`a comma or ${end}`);
    return children;
  }

  #name(): string {
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#wrong('a name in double quotes');
    this.#string();
    const name: unknown = JSON.parse(this.#text.slice(start, this.#at));
    this.#skip(blanks);
    if (!this.#take(':')) throw this.#wrong('a colon');
    return String(name);
  }

  #string(): void {
    this.#at++;
    do {
      this.#skip(plainCharacters);
    } while (this.#skip(escapeSequence));
    if (!this.#take('"')) throw this.#wrong('the end of a text in double quotes');
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** Steps over what matches here; whether anything did. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const length = pattern.exec(this.#text)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }

  #wrong(expected: string): JsonSyntaxError {
    const found = this.#text[this.#at];
    return new JsonSyntaxError(
      `It is not JSON: here should be ${expected}, and there is ${found === undefined ? 'nothing more' : JSON.stringify(found)}.`,
      this.#at,
    );
  }
}
