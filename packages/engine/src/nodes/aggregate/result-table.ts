import type { ByteString } from '../../log/byte-string.ts';
import { type Header, noHeaders } from '../../log/header.ts';
import type { KeyValue } from '../../log/key-format.ts';
import type { ProcessorContext } from '../../runtime/processor.ts';
import { StreamRecord, type Window } from '../../runtime/stream-record.ts';
import type { StoreAccess, Stored } from '../../state/layered-store.ts';
import { presentStored } from '../../state/store-view.ts';
import type { StoreView } from '../../topology/topology.ts';
import { RowCache, throughCache } from '../row-cache.ts';

/** Where a result stands: what it is the result of, and its address in the store. */
export interface ResultPlace {
  readonly key: KeyValue;
  readonly window: Window | null;
  readonly segment: number;
  readonly address: ByteString;
}

/**
 * The results of a node: a store of them, and the way in which they go on. Each change goes on at once, or the last of several with a
 * commit (`cacheBytes` of the pipeline), or none before its window closes.
 */
export class ResultTable {
  /** As those read it who look rows up. */
  readonly store: StoreAccess;
  readonly #context: ProcessorContext;
  readonly #stored: StoreAccess;
  readonly #view: StoreView;
  readonly #sendOld: boolean;
  readonly #emitsOnClose: boolean;
  readonly #cache: RowCache | null;
  /** Windows share addresses with earlier forms of themselves, as sessions do that grow. */
  readonly #hasMovingEnds: boolean;

  constructor(
    context: ProcessorContext,
    settings: {
      readonly store: string;
      readonly view: StoreView;
      readonly sendOld: boolean;
      readonly emit: 'update' | 'close';
      /** Rows are walked over, so that the store must hold all of them. */
      readonly isWalkedOver: boolean;
    },
  ) {
    this.#context = context;
    this.#stored = context.store(settings.store);
    this.#view = settings.view;
    this.#sendOld = settings.sendOld;
    this.#emitsOnClose = settings.emit === 'close';
    this.#hasMovingEnds = settings.isWalkedOver;
    this.#cache =
      context.settings.cacheBytes > 0 && !this.#emitsOnClose
        ? new RowCache(context, this.#stored, { deferWrites: !settings.isWalkedOver })
        : null;
    this.store = this.#cache === null ? this.#stored : throughCache(this.#stored, this.#cache);
  }

  get(segment: number, address: ByteString): Stored | undefined {
    return this.#cache === null ? this.#stored.get(segment, address) : this.#cache.get(segment, address);
  }

  /**
   * Keeps a result (null: none any more) and sends it on, now or later. `before` is what was kept; `headers` are those of the record that
   * caused the change.
   */
  put(
    place: ResultPlace,
    after: unknown,
    timestamp: number,
    before: Stored | undefined,
    headers: readonly Header[],
  ): void {
    const { segment, address } = place;
    if (this.#cache !== null) {
      const send = (old: Stored | undefined, result: unknown): void =>
        this.#context.forwardTimed(this.#change(place, result, timestamp, old, headers));
      const version = this.#hasMovingEnds ? (place.window?.end ?? 0) : 0;
      this.#cache.put(segment, address, after, timestamp, send, { before, version });
      this.#context.fate('absorbed');
      return;
    }
    this.#stored.put(segment, address, after, timestamp);
    if (this.#emitsOnClose) this.#context.fate('absorbed');
    else this.#context.forward(this.#change(place, after, timestamp, before, headers));
  }

  /** Sends the change of a window that goes while its address stays, for another form of it. */
  supersede(place: ResultPlace, timestamp: number, before: Stored): void {
    if (this.#emitsOnClose) return;
    if (this.#cache === null) {
      this.#context.forward(this.#change(place, null, timestamp, before, noHeaders));
      return;
    }
    // Deletes it for the moment: the other form is put right after.
    this.put(place, null, timestamp, before, noHeaders);
  }

  /** Sends the result of a window that has closed, with the headers of the record that closed it. */
  sendClosed(key: KeyValue, window: Window, stored: Stored, headers: readonly Header[]): void {
    this.#context.forwardTimed(
      new StreamRecord(
        key,
        presentStored(this.#view, stored.value),
        stored.timestamp,
        headers,
        window,
        this.#sendOld ? null : undefined,
      ),
    );
  }

  #change(
    { key, window }: ResultPlace,
    after: unknown,
    timestamp: number,
    before: Stored | undefined,
    headers: readonly Header[],
  ): StreamRecord {
    const value = after === null || after === undefined ? null : presentStored(this.#view, after);
    const old = !this.#sendOld ? undefined : before === undefined ? null : presentStored(this.#view, before.value);
    return new StreamRecord(key, value, timestamp, headers, window, old);
  }
}
