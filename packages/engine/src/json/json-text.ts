import { type BigIntegers, quoteBigIntegers } from '@millrace/expression';
import { parseExactJson, parseKeptJson } from './exact-json.ts';
import { type JsonSink, JsonValue } from './json-value.ts';
import { patchPlain } from './patched-object.ts';

/** A JSON object that is kept as its text, as stores keep it, or because its fields cannot be found in its bytes. */
export class JsonText extends JsonValue {
  readonly #text: string;
  readonly #numbers: BigIntegers | 'kept';
  #plain: object | undefined;

  /**
   * `text` must be that of a JSON object, and hold nothing else alive (see `detached`). `numbers` says how whole ones beyond ±(2^53−1) are
   * read: as in a record that came, or as in what the engine itself has kept.
   */
  constructor(text: string, numbers: BigIntegers | 'kept' = 'kept') {
    super();
    this.#text = text;
    this.#numbers = numbers;
  }

  override get bigIntegers(): BigIntegers {
    return this.#numbers === 'string' ? 'string' : 'refuse';
  }

  override field(name: string): unknown {
    const plain = this.plain();
    return Object.hasOwn(plain, name) ? (plain as Readonly<Record<string, unknown>>)[name] : null;
  }

  override nested(): undefined {
    return undefined;
  }

  override plain(): object {
    const numbers = this.#numbers;
    this.#plain ??= (
      numbers === 'kept' ? parseKeptJson(this.#text) : parseExactJson(this.#text, numbers, [])
    ) as object;
    return this.#plain;
  }

  override with(names: readonly string[], values: readonly unknown[]): object {
    return patchPlain(this.plain(), names, values);
  }

  override text(): string {
    return this.bigIntegers === 'string' ? quoteBigIntegers(this.#text) : this.#text;
  }

  override writeTo(sink: JsonSink): void {
    sink.putText(this.#text);
  }
}

/** JSON text as stores hold its value: an object stays text until it is looked into. */
export function keptJson(text: string): unknown {
  return text.startsWith('{') ? new JsonText(text) : parseKeptJson(text);
}

/**
 * The value of a record whose fields cannot be found in its bytes. An object stays text until it is looked into, so that what nobody reads
 * keeps its digits.
 * @throws SyntaxError when the text is not JSON
 * @throws ExpressionFailure when it is a list or number that cannot be held
 */
export function readRecordJson(text: string, bigIntegers: BigIntegers): unknown {
  const value: unknown = JSON.parse(text);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? new JsonText(text, bigIntegers) : parseExactJson(text, bigIntegers, []);
}
