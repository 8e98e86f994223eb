import { type ObjectMaker, plainValue } from '@millrace/expression';
import { JsonPart } from './json-part.ts';
import { type JsonSink, JsonValue, jsonText, putJson } from './json-value.ts';
import { patchPlain } from './patched-object.ts';

const encoder = new TextEncoder();

/** The fields of objects that are all put together at one place: made once, shared by all of them. */
interface Shape {
  /** Distinct, and none is `__proto__`. */
  readonly names: readonly string[];
  /** What stands before each value in JSON, `{"count":` or `,"sum":`, as text and in bytes. */
  readonly prefixes: readonly string[];
  readonly views: readonly DataView[];
}

/**
 * An object whose fields are known by their place. It is put together, read and written quicker than a plain one, whose names have to be
 * looked up and escaped each time.
 */
export class ShapedObject extends JsonValue {
  readonly #shape: Shape;
  readonly #values: readonly unknown[];
  #plain: object | undefined;

  /** `values` are JSON data of either form, or parts of such. */
  constructor(shape: Shape, values: readonly unknown[]) {
    super();
    this.#shape = shape;
    this.#values = values;
  }

  override field(name: string): unknown {
    const place = this.#shape.names.indexOf(name);
    return place < 0 ? null : plainOf(this.#values[place]);
  }

  override part(name: string): unknown {
    const value = this.#values[this.#shape.names.indexOf(name)];
    return value instanceof JsonPart ? value : this.field(name);
  }

  override nested(): undefined {
    return undefined;
  }

  override plain(): object {
    this.#plain ??= Object.fromEntries(this.#shape.names.map((name, place) => [name, plainOf(this.#values[place])]));
    return this.#plain;
  }

  override with(names: readonly string[], values: readonly unknown[]): object {
    return patchPlain(this.plain(), names, values);
  }

  override writeTo(sink: JsonSink): void {
    const { views } = this.#shape;
    for (let place = 0; place < views.length; place++) {
      const view = views[place] as DataView;
      sink.putView(view, view.byteLength);
      const value = this.#values[place];
      if (value instanceof JsonPart) value.writeTo(sink);
      else putJson(sink, value);
    }
    sink.putText(views.length === 0 ? '{}' : '}');
  }

  override text(): string {
    const { prefixes } = this.#shape;
    let text = prefixes.length === 0 ? '{' : '';
    for (let place = 0; place < prefixes.length; place++) {
      const value = this.#values[place];
      text += `${prefixes[place]}${value instanceof JsonPart ? value.text() : jsonText(value)}`;
    }
    return `${text}}`;
  }
}

function plainOf(value: unknown): unknown {
  return value instanceof JsonPart ? value.plain() : plainValue(value);
}

/** `names` are distinct, and none is `__proto__`. */
export const shapedObjects = ((names) => {
  const prefixes = names.map((name, place) => `${place === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  const views = prefixes.map((prefix) => {
    const { buffer, byteOffset, byteLength } = encoder.encode(prefix);
    return new DataView(buffer, byteOffset, byteLength);
  });
  const shape: Shape = { names, prefixes, views };
  return (values) => new ShapedObject(shape, values);
}) satisfies ObjectMaker;
