import { type ModelRow, type ModelWindow, rowName } from '../model-record.ts';
import { amount, type Config } from '../operator.ts';
import { by, keyOrder } from './key-order.ts';

export interface WindowEntry {
  readonly key: unknown;
  readonly window: ModelWindow;
  readonly aggregate: unknown;
  readonly value: unknown;
  readonly timestamp: number;
}

/** How long windows are kept: as long as is asked for, and until they have closed. */
export function retentionOf(config: Config, neededMs: number): number {
  return Math.max(amount(config, 'retentionMs', 86_400_000), neededMs);
}

/** The windows of all keys, in a plain list, for as long as they are kept. */
export class WindowList {
  readonly #retentionMs: number;
  /** By which end of a window its age goes. */
  readonly #edge: 'start' | 'end';
  #entries: WindowEntry[] = [];
  /** What is not kept any more, as it was last. */
  readonly #expired: WindowEntry[] = [];
  #latest = Number.NEGATIVE_INFINITY;

  constructor(retentionMs: number, edge: 'start' | 'end') {
    this.#retentionMs = retentionMs;
    this.#edge = edge;
  }

  get(key: unknown, window: ModelWindow): WindowEntry | undefined {
    const name = rowName(key, window);
    return this.#entries.find((entry) => rowName(entry.key, entry.window) === name);
  }

  /** Those of a key, by start and end. */
  of(key: unknown): readonly WindowEntry[] {
    const name = JSON.stringify(key);
    return this.#entries
      .filter((entry) => JSON.stringify(entry.key) === name)
      .sort(
        by(
          ({ window }) => window.start,
          ({ window }) => window.end,
        ),
      );
  }

  put(entry: WindowEntry): void {
    this.remove(entry.key, entry.window);
    this.#entries.push(entry);
    this.#latest = Math.max(this.#latest, entry.window[this.#edge]);
    for (const old of this.#entries.filter(({ window }) => !this.wouldKeep(window))) {
      this.#expired.push(old);
      this.remove(old.key, old.window);
    }
  }

  remove(key: unknown, window: ModelWindow): void {
    const name = rowName(key, window);
    this.#entries = this.#entries.filter((entry) => rowName(entry.key, entry.window) !== name);
  }

  /** Whether a window of this age would still be kept. */
  wouldKeep(window: ModelWindow): boolean {
    return window[this.#edge] > this.#latest - this.#retentionMs;
  }

  /** Those whose end lies between, both included, by start or end, then key. */
  ending(from: number, to: number, edge: 'start' | 'end'): readonly WindowEntry[] {
    return this.#entries
      .filter(({ window }) => window.end >= from && window.end <= to)
      .sort(
        by(
          ({ window }) => window[edge],
          ({ key }) => keyOrder(key),
        ),
      );
  }

  rows(): readonly ModelRow[] {
    return this.#entries.map(rowOf);
  }

  expired(): readonly ModelRow[] {
    return this.#expired.map(rowOf);
  }
}

function rowOf({ key, window, value, timestamp }: WindowEntry): ModelRow {
  return { key, window, value, timestamp };
}
