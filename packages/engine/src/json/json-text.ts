import { type JsonSink, JsonValue } from './json-value.ts';
import { patchPlain } from './patched-object.ts';

/** A JSON object that is kept as its text, as stores keep it. */
export class JsonText extends JsonValue {
  readonly #text: string;
  #plain: object | undefined;

  /** `text` must be that of a JSON object, and hold nothing else alive (see `detached`). */
  constructor(text: string) {
    super();
    this.#text = text;
  }

  override field(name: string): unknown {
    const plain = this.plain();
    return Object.hasOwn(plain, name) ? (plain as Readonly<Record<string, unknown>>)[name] : null;
  }

  override nested(): undefined {
    return undefined;
  }

  override plain(): object {
    this.#plain ??= JSON.parse(this.#text) as object;
    return this.#plain;
  }

  override with(names: readonly string[], values: readonly unknown[]): object {
    return patchPlain(this.plain(), names, values);
  }

  override text(): string {
    return this.#text;
  }

  override writeTo(sink: JsonSink): void {
    sink.putText(this.#text);
  }
}

/** JSON text as stores hold its value: an object stays text until it is looked into. */
export function keptJson(text: string): unknown {
  return text.startsWith('{') ? new JsonText(text) : JSON.parse(text);
}
