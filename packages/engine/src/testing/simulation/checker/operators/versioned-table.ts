import { type ModelRecord, type ModelRow, rowName } from '../model-record.ts';
import { by } from './key-order.ts';

interface Version {
  readonly key: unknown;
  readonly from: number;
  readonly value: unknown;
}

/** Rows with everything that they ever were. */
export class VersionedTable {
  readonly #historyMs: number;
  #versions: Version[] = [];
  #latest = Number.NEGATIVE_INFINITY;

  constructor(historyMs: number) {
    this.#historyMs = historyMs;
  }

  get(key: unknown): ModelRow | undefined {
    return this.#row(this.#of(key).at(-1));
  }

  /** The row that was valid at a time; none where that is further back than the history. */
  asOf(key: unknown, timestamp: number): ModelRow | undefined {
    const versions = this.#of(key);
    const found = versions.findLast(({ from }) => from <= timestamp);
    if (timestamp < this.#latest - this.#historyMs && found !== versions.at(-1)) return undefined;
    return this.#row(found);
  }

  /** Whether the version is the latest; null when it is older than the history, and ignored. */
  put({ key, timestamp, value }: ModelRecord): boolean | null {
    if (timestamp < this.#latest - this.#historyMs) return null;
    this.#latest = Math.max(this.#latest, timestamp);
    const name = rowName(key, null);
    this.#versions = this.#versions.filter((one) => one.from !== timestamp || rowName(one.key, null) !== name);
    this.#versions.push({ key, from: timestamp, value });
    return this.#of(key).at(-1)?.from === timestamp;
  }

  all(): readonly ModelRow[] {
    const keys = new Map(this.#versions.map(({ key }) => [rowName(key, null), key]));
    return [...keys.values()].flatMap((key) => this.get(key) ?? []);
  }

  #of(key: unknown): readonly Version[] {
    const name = rowName(key, null);
    return this.#versions.filter((one) => rowName(one.key, null) === name).sort(by(({ from }) => from));
  }

  #row(version: Version | undefined): ModelRow | undefined {
    if (version === undefined || version.value === null) return undefined;
    return { key: version.key, window: null, value: version.value, timestamp: version.from };
  }
}
