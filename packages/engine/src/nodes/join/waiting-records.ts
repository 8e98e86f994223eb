import type { ByteString } from '../../log/byte-string.ts';
import { byteStringToBytes, bytesToByteString } from '../../log/byte-string.ts';
import { type Header, noHeaders } from '../../log/header.ts';
import type { NumberCell } from '../../runtime/number-cell.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import type { StoreAccess } from '../../state/layered-store.ts';
import { numberBytes } from '../../state/store-address.ts';
import { opened, sealed } from '../envelope.ts';
import { decodeTimeFirst, type JoinKeys, timeFirst } from './timed-address.ts';

/** Stream records that wait for a table's changes of their time, in the order of their times, keys and arrival, with their headers. */
export class WaitingRecords {
  readonly #store: StoreAccess;
  readonly #keys: JoinKeys;
  readonly #sequence: NumberCell;
  /** No record that waits is older. */
  readonly #oldest: NumberCell;

  constructor(store: StoreAccess, keys: JoinKeys, sequence: NumberCell, oldest: NumberCell) {
    this.#store = store;
    this.#keys = keys;
    this.#sequence = sequence;
    this.#oldest = oldest;
  }

  put(record: StreamRecord): void {
    const key = this.#keys.encode(record.key, record.window);
    this.#oldest.value = Math.min(this.#oldest.value, record.timestamp);
    this.#store.put(
      0,
      timeFirst(record.timestamp, key, this.#sequence.value++),
      sealed({ value: record.value, headers: record.headers.length === 0 ? undefined : sealedHeaders(record.headers) }),
      record.timestamp,
    );
  }

  /** Takes the records up to `timestamp`, inclusive. */
  *takeUntil(timestamp: number): Iterable<StreamRecord> {
    if (timestamp < this.#oldest.value) return;
    const end = numberBytes(timestamp + 1);
    for (const { key: address, stored } of this.#store.range(0, numberBytes(this.#oldest.value), end)) {
      // Gone first, so that a record on which the join fails does not fail every record to come.
      this.#store.put(0, address, null, stored.timestamp);
      yield this.#record(decodeTimeFirst(address).key, stored.value, stored.timestamp);
    }
    const [next] = this.#store.range(0, end, null, { limit: 1 });
    this.#oldest.value = next?.stored.timestamp ?? Number.POSITIVE_INFINITY;
  }

  #record(keyBytes: ByteString, stored: unknown, timestamp: number): StreamRecord {
    const { key, window } = this.#keys.decode(keyBytes);
    const envelope = opened(stored);
    return new StreamRecord(key, envelope.field('value'), timestamp, openedHeaders(envelope.field('headers')), window);
  }
}

type SealedHeader = readonly [name: string, value: ByteString | null];

function sealedHeaders(headers: readonly Header[]): readonly SealedHeader[] {
  return headers.map(({ name, value }) => [name, value === null ? null : bytesToByteString(value)]);
}

function openedHeaders(sealedList: unknown): readonly Header[] {
  if (sealedList === undefined) return noHeaders;
  return (sealedList as readonly SealedHeader[]).map(([name, value]) => ({
    name,
    value: value === null ? null : byteStringToBytes(value),
  }));
}
