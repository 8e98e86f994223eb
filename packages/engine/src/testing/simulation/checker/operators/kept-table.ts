import { type ModelRecord, type ModelRow, type ModelWindow, rowName } from '../model-record.ts';

/** Rows by key and window, the latest of each. */
export class KeptTable {
  readonly #rows = new Map<string, ModelRow>();

  get(key: unknown, window: ModelWindow | null): ModelRow | undefined {
    return this.#rows.get(rowName(key, window));
  }

  /** Sets or deletes the row of the record's key and window. Gives the value before; null when there was none. */
  put({ key, window, value, timestamp }: Pick<ModelRecord, 'key' | 'window' | 'value' | 'timestamp'>): unknown {
    const name = rowName(key, window);
    const old = this.#rows.get(name)?.value ?? null;
    if (value === null) this.#rows.delete(name);
    else this.#rows.set(name, { key, window, value, timestamp });
    return old;
  }

  all(): readonly ModelRow[] {
    return [...this.#rows.values()];
  }
}
