import { plainValue } from '@millrace/expression';
import { JsonText, keptJson } from '../json/json-text.ts';
import { JsonValue, jsonText } from '../json/json-value.ts';
import { detached } from '../log/byte-string.ts';

/**
 * Values that travel or lie inside of another value: in an internal topic, or in a buffer. They come out with the bytes that they went in
 * with, numbers that cannot be held included.
 */
export interface Envelope {
  /** JSON data, an object as a text of its own; undefined where there is no such field. */
  field(name: string): unknown;
}

/** `fields`: JSON data of either form, by plain names; undefined leaves a field out. */
export function sealed(fields: { readonly [name: string]: unknown }): JsonText {
  let text = '';
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    text += `${text === '' ? '{' : ','}"${name}":${jsonText(value)}`;
  }
  return new JsonText(text === '' ? '{}' : `${text}}`);
}

/** Opens what {@link sealed} made, whichever way it came back. */
export function opened(value: unknown): Envelope {
  if (!(value instanceof JsonValue)) {
    const plain = plainValue(value) as Readonly<Record<string, unknown>>;
    return { field: (name) => (Object.hasOwn(plain, name) ? plain[name] : undefined) };
  }
  const text = value.text();
  const places = placesOfFields(text);
  return {
    field: (name) => {
      const place = places.get(name);
      return place === undefined ? undefined : keptJson(detached(text.slice(place.start, place.end)));
    },
  };
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Where the values of the outermost fields stand in the text of a JSON object that {@link sealed} wrote: without spaces, names plain. */
function placesOfFields(text: string): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  let at = 1;
  while (text[at] === '"') {
    const nameEnd = text.indexOf('"', at + 1);
    const start = nameEnd + 2;
    const end = valueEnd(text, start);
    places.set(text.slice(at + 1, nameEnd), { start, end });
    at = end + 1;
  }
  return places;
}

/** The place of the comma or the brace after a value. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; ; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = quoteEnd(text, at);
    } else if (code === 0x7b || code === 0x5b) {
      depth++;
    } else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return at;
      depth--;
    } else if (code === 0x2c && depth === 0) {
      return at;
    }
  }
}

/** The place of the quote that ends the text which begins at `start`. */
function quoteEnd(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at;
  }
}
