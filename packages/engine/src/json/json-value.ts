import { LazyValue } from '@millrace/expression';
import { GrowingBytes } from '../log/growing-bytes.ts';

/** Takes JSON in pieces. */
export interface JsonSink {
  putText(text: string): void;
  /** The bytes `[start, end)`. */
  putBytes(bytes: Uint8Array, start: number, end: number): void;
}

const utf8 = new TextDecoder();

/** A JSON object that is written without being decoded, and decoded only when it is looked into. */
export abstract class JsonValue extends LazyValue {
  abstract override plain(): object;

  /** Writes all of it; what nobody changed goes as it came. */
  abstract writeTo(sink: JsonSink): void;

  /** All of it as a text of its own, which may be kept. */
  text(): string {
    const bytes = new GrowingBytes();
    this.writeTo(bytes);
    return utf8.decode(bytes.view());
  }

  /** What `JSON.stringify` sees. */
  toJSON(): object {
    return this.plain();
  }
}

/** Writes JSON data of either form. */
export function putJson(sink: JsonSink, value: unknown): void {
  if (value instanceof JsonValue) value.writeTo(sink);
  else sink.putText(jsonText(value));
}

/** The JSON text of data of either form. Short lists, as accumulators are, are put together quicker here than by `JSON.stringify`. */
export function jsonText(value: unknown): string {
  if (value instanceof JsonValue) return value.text();
  if (!Array.isArray(value) || value.length > 8) return JSON.stringify(value);
  let text = '[';
  for (let index = 0; index < value.length; index++) {
    const element: unknown = value[index];
    if (index > 0) text += ',';
    text += typeof element === 'number' && Number.isFinite(element) ? element : JSON.stringify(element ?? null);
  }
  return `${text}]`;
}
