import { type BigIntegers, ExpressionFailure, LazyValue, quoteBigIntegers } from '@millrace/expression';
import { GrowingBytes } from '../log/growing-bytes.ts';

/** Takes JSON in pieces. */
export interface JsonSink {
  putText(text: string): void;
  /** The bytes `[start, end)`. */
  putBytes(bytes: Uint8Array, start: number, end: number): void;
  /** The first bytes of a view, which is kept and put again and again. */
  putView(view: DataView, length: number): void;
  /** A finite number, as `JSON.stringify` writes it. */
  putNumber(value: number): void;
  /** A text as a JSON string. */
  putString(text: string): void;
}

const utf8 = new TextDecoder();

/** A JSON object that is written without being decoded, and decoded only when it is looked into. */
export abstract class JsonValue extends LazyValue {
  abstract override plain(): object;

  /** Writes all of it; what nobody changed goes as it came. */
  abstract writeTo(sink: JsonSink): void;

  /** How whole numbers beyond ±(2^53−1) are read. */
  get bigIntegers(): BigIntegers {
    return 'refuse';
  }

  /**
   * All of it as a text of its own, which may be kept. Who kept it does not know how it was read, so whole numbers that are read as texts
   * are texts in it.
   */
  text(): string {
    const bytes = new GrowingBytes();
    this.writeTo(bytes);
    const text = utf8.decode(bytes.view());
    return this.bigIntegers === 'string' ? quoteBigIntegers(text) : text;
  }

  /** What `JSON.stringify` sees, to show it: numbers that cannot be read are texts. */
  toJSON(): object {
    try {
      return this.plain();
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error;
      return JSON.parse(quoteBigIntegers(this.text())) as object;
    }
  }
}

/** A value to be shown: plain, with numbers that cannot be read as texts. */
export function shownValue(value: unknown): unknown {
  return value instanceof JsonValue ? value.toJSON() : value;
}

/** Writes JSON data of either form. */
export function putJson(sink: JsonSink, value: unknown): void {
  if (typeof value === 'number' && Number.isFinite(value)) sink.putNumber(value);
  else if (typeof value === 'string') sink.putString(value);
  else if (value instanceof JsonValue) value.writeTo(sink);
  else if (Array.isArray(value) && value.length <= shortList) putShortList(sink, value);
  else sink.putText(jsonText(value));
}

/** Accumulators are lists of few numbers. */
const shortList = 8;

function putShortList(sink: JsonSink, list: readonly unknown[]): void {
  sink.putText('[');
  for (let index = 0; index < list.length; index++) {
    if (index > 0) sink.putText(',');
    putJson(sink, list[index] ?? null);
  }
  sink.putText(']');
}

/** The JSON text of data of either form. Short lists, as accumulators are, are put together quicker here than by `JSON.stringify`. */
export function jsonText(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : 'null';
  if (value instanceof JsonValue) return value.text();
  if (!Array.isArray(value)) return JSON.stringify(value);
  if (value.length > shortList && !value.some((element) => element instanceof JsonValue)) return JSON.stringify(value);
  let text = '[';
  for (let index = 0; index < value.length; index++) {
    const element: unknown = value[index];
    if (index > 0) text += ',';
    if (typeof element === 'number' && Number.isFinite(element)) text += element;
    else text += element instanceof JsonValue ? element.text() : JSON.stringify(element ?? null);
  }
  return `${text}]`;
}
