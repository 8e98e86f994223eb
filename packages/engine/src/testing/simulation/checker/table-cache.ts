import { type ModelRecord, rowName } from './model-record.ts';

/** Changes of a table's rows that wait for the commit: of each row the last, in the order of the last ones. */
export class TableCache {
  readonly #waiting = new Map<string, ModelRecord>();

  /** `record` says what the row was; of a row that waits, that is what it was before the first change. */
  put(record: ModelRecord): void {
    const name = rowName(record.key, record.window);
    const known = this.#waiting.get(name);
    this.#waiting.delete(name);
    this.#waiting.set(name, known === undefined ? record : { ...record, old: known.old });
  }

  /** A row that came and went is not heard of. */
  flush(emit: (record: ModelRecord) => void): void {
    for (const [name, record] of [...this.#waiting]) {
      this.#waiting.delete(name);
      if (record.value !== null || record.old !== null) emit(record);
    }
  }
}
