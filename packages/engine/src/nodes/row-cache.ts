import { JsonText } from '../json/json-text.ts';
import { JsonValue, jsonText } from '../json/json-value.ts';
import { type ByteString, detached } from '../log/byte-string.ts';
import type { ProcessorContext } from '../runtime/processor.ts';
import type { KeyedEntry, RangeOptions, StoreAccess, Stored } from '../state/layered-store.ts';

/** Takes a change of a row when its time has come: what the row was (undefined: there was none), and what it is (null: none any more). */
export type SendChange = (before: Stored | undefined, after: unknown) => void;

interface WaitingChange {
  readonly segment: number;
  readonly key: ByteString;
  /** As of the last time that changes were sent. */
  readonly before: Stored | undefined;
  after: Stored | null;
  timestamp: number;
  send: SendChange;
  bytes: number;
}

/** What a change weighs besides its key and value. */
const overheadBytes = 150;

/**
 * Changes of rows that wait: at a commit, or once they weigh more than the pipeline's `cacheBytes`, each row's last change is sent, in the
 * order of the last changes. A row that came and went meanwhile is not heard of.
 *
 * With `deferWrites` the store is written when changes are sent, so that its changelog has no more than they; until then rows are
 * read here. Without it the store is written at once, and a row is told by its place and `version`.
 */
export class RowCache {
  readonly #store: StoreAccess;
  readonly #maxBytes: number;
  readonly #deferWrites: boolean;
  readonly #waiting = new Map<string, WaitingChange>();
  #bytes = 0;

  constructor(context: ProcessorContext, store: StoreAccess, { deferWrites = true } = {}) {
    this.#store = store;
    this.#maxBytes = context.settings.cacheBytes;
    this.#deferWrites = deferWrites;
    context.onCommit(() => this.flush());
  }

  get(segment: number, key: ByteString): Stored | undefined {
    const waiting = this.#deferWrites ? this.#waiting.get(idOf(segment, key, 0)) : undefined;
    return waiting === undefined ? this.#store.get(segment, key) : (waiting.after ?? undefined);
  }

  /** `value: null` deletes. `before` is what the row is now, where the store is written at once. */
  put(
    segment: number,
    key: ByteString,
    value: unknown,
    timestamp: number,
    send: SendChange,
    { before, version = 0 }: { readonly before?: Stored | undefined; readonly version?: number | undefined } = {},
  ): void {
    const kept = value instanceof JsonValue ? new JsonText(value.text()) : value;
    const after = kept === null || kept === undefined ? null : { value: kept, timestamp };
    const id = idOf(segment, key, version);
    const known = this.#waiting.get(id);
    const bytes = overheadBytes + 2 * key.length + (after === null ? 0 : jsonText(after.value).length);
    if (known === undefined) {
      this.#waiting.set(id, {
        segment,
        key: detached(key),
        before: this.#deferWrites ? this.#store.get(segment, key) : before,
        after,
        timestamp,
        send,
        bytes,
      });
    } else {
      this.#bytes -= known.bytes;
      this.#waiting.delete(id);
      this.#waiting.set(id, { ...known, after, timestamp, send, bytes });
    }
    this.#bytes += bytes;
    if (!this.#deferWrites) this.#store.put(segment, key, kept, timestamp);
    if (this.#bytes > this.#maxBytes) this.flush();
  }

  /** Sends all that waits. What is not sent yet can still be read here. */
  flush(): void {
    for (const [id, change] of this.#waiting) {
      this.#waiting.delete(id);
      this.#bytes -= change.bytes;
      if (change.before === undefined && change.after === null) continue;
      if (this.#deferWrites) {
        this.#store.put(change.segment, change.key, change.after?.value ?? null, change.timestamp);
      }
      change.send(change.before, change.after?.value ?? null);
    }
  }
}

/** A store as one sees it through a cache in front of it. Ranges are for caches that write at once. */
export function throughCache(store: StoreAccess, cache: RowCache): StoreAccess {
  return {
    get: (segment, key) => cache.get(segment, key),
    put: (segment, key, value, timestamp) => store.put(segment, key, value, timestamp),
    range: (segment, from, to, options?: RangeOptions): readonly KeyedEntry[] =>
      store.range(segment, from, to, options),
    segmentsBetween: (from, to) => store.segmentsBetween(from, to),
  };
}

function idOf(segment: number, key: ByteString, version: number): string {
  return `${segment}/${version}/${key}`;
}
