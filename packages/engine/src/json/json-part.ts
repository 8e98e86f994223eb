import { detached } from '../log/byte-string.ts';
import type { RecordBatch } from '../log/record-batch.ts';
import type { JsonSink } from './json-value.ts';

/**
 * A string of a JSON object, without escapes, as it lies in its batch: a field that is only passed on is copied, and not decoded and encoded
 * again. It must not outlive the processing of its record, like the object that it is of.
 */
export class JsonPart {
  readonly #batch: RecordBatch;
  readonly #start: number;
  readonly #end: number;

  /** `start` and `end` are those of the quotes. */
  constructor(batch: RecordBatch, start: number, end: number) {
    this.#batch = batch;
    this.#start = start;
    this.#end = end;
  }

  plain(): string {
    return detached(this.#batch.text(this.#start + 1, this.#end - 1));
  }

  /** As JSON, on its own. */
  text(): string {
    return detached(this.#batch.text(this.#start, this.#end));
  }

  writeTo(sink: JsonSink): void {
    sink.putBytes(this.#batch.bytes, this.#start, this.#end);
  }
}
