import { type ByteString, byteStringToBytes, bytesToByteString } from '../../log/byte-string.ts';
import type { Header } from '../../log/header.ts';
import { decodeKey, encodeKey } from '../../log/key-format.ts';
import type { NumberCell } from '../../runtime/number-cell.ts';
import type { StoreAccess, Stored } from '../../state/layered-store.ts';
import { decodeSegment, numberBytes, segmentBytes } from '../../state/store-address.ts';
import { opened, sealed } from '../envelope.ts';

/** The last update of a row that is held back. */
export interface HeldRow {
  /** By which rows leave, oldest first; that of the first update that was held back. */
  readonly bufferTime: number;
  /** Null for a deletion. */
  readonly value: unknown;
  /** What the row was before the first update that was held back; null where there was none, undefined where it is not known. */
  readonly before: unknown;
  /** Of the last update. */
  readonly timestamp: number;
  readonly headers: readonly Header[];
}

/**
 * Rows of a table that are held back, found by their address and in the order of buffer time, then address. It lies in two stores: the
 * rows, and an index of buffer time and address; so neither finding one nor taking the oldest looks at all of them.
 *
 * Where commits are not atomic, a crash may leave one without the other: the index counts, which is durable first. A row that is not in it
 * was sent, and an entry that no row fits is made again with the record that made it.
 */
export class SuppressBuffer {
  readonly #rows: StoreAccess;
  readonly #index: StoreAccess;
  readonly #count: NumberCell;
  readonly #sizeBytes: NumberCell;
  /** No entry of the index lies before it: where to begin to look. Says nothing that the index does not. */
  #indexStart: ByteString = '';
  /** The least buffer time; undefined when it is not known and must be looked up. */
  #firstTime: number | undefined;

  constructor(rows: StoreAccess, index: StoreAccess, count: NumberCell, sizeBytes: NumberCell) {
    this.#rows = rows;
    this.#index = index;
    this.#count = count;
    this.#sizeBytes = sizeBytes;
  }

  get count(): number {
    return this.#count.value;
  }

  /** Of all addresses and rows as they are stored. */
  get sizeBytes(): number {
    return this.#sizeBytes.value;
  }

  /** The least buffer time; Infinity when the buffer is empty. */
  get firstTime(): number {
    if (this.#firstTime === undefined) {
      const [first] = this.#index.range(0, this.#indexStart, null, { limit: 1 });
      this.#firstTime = first === undefined ? Number.POSITIVE_INFINITY : decodeSegment(first.key);
    }
    return this.#firstTime;
  }

  get(address: ByteString): HeldRow | undefined {
    const stored = this.#rows.get(0, address);
    if (stored === undefined) return undefined;
    const row = heldRow(stored);
    return this.#index.get(0, numberBytes(row.bufferTime) + address) === undefined ? undefined : row;
  }

  /** Counts what there is, as a crash where commits are not atomic may have left it. */
  recount(): void {
    this.#count.value = 0;
    this.#sizeBytes.value = 0;
    for (const { key: place } of this.#index.range(0, '', null)) {
      const address = place.slice(segmentBytes);
      const stored = this.#rows.get(0, address);
      if (stored === undefined || !isPlaceOf(place, stored)) {
        this.#index.put(0, place, null, decodeSegment(place));
        continue;
      }
      this.#count.value++;
      this.#sizeBytes.value += utf8Length(textOf(stored)) + address.length;
    }
  }

  /** Holds a row back, in the place of `held`, an earlier update of it with the same buffer time, where there is one. */
  put(address: ByteString, row: HeldRow, held: HeldRow | undefined): void {
    const replaced = held === undefined ? undefined : this.#rows.get(0, address);
    const { bufferTime, value, before, headers } = row;
    const kept = sealed({
      bufferTime,
      value,
      before,
      headers: headers.length === 0 ? undefined : headers.map(writtenHeader),
    });
    this.#rows.put(0, address, kept, row.timestamp);
    this.#sizeBytes.value += utf8Length(kept.text());
    if (replaced !== undefined) {
      this.#sizeBytes.value -= utf8Length(textOf(replaced));
      return;
    }
    const place = numberBytes(bufferTime) + address;
    this.#index.put(0, place, true, bufferTime);
    this.#count.value++;
    this.#sizeBytes.value += address.length;
    if (place < this.#indexStart) this.#indexStart = place;
    if (this.#firstTime !== undefined && bufferTime < this.#firstTime) this.#firstTime = bufferTime;
  }

  /** Takes the oldest row out. The buffer must not be empty. */
  takeFirst(): readonly [address: ByteString, row: HeldRow] {
    const [taken] = this.#take(null, 1);
    return taken as readonly [ByteString, HeldRow];
  }

  /** Takes the rows out whose buffer time is at most `bufferTime`, oldest first, each when it is asked for. */
  *takeUntil(bufferTime: number): Iterable<readonly [address: ByteString, row: HeldRow]> {
    if (this.firstTime > bufferTime) return;
    yield* this.#take(
      bufferTime >= Number.MAX_SAFE_INTEGER ? null : numberBytes(Math.floor(bufferTime) + 1),
      undefined,
    );
  }

  /** @param end the end of a part of the index, exclusive; null for all of it */
  *#take(end: ByteString | null, limit: number | undefined): Iterable<readonly [address: ByteString, row: HeldRow]> {
    for (const { key: place } of this.#index.range(0, this.#indexStart, end, { limit })) {
      const address = place.slice(segmentBytes);
      const stored = this.#rows.get(0, address);
      this.#index.put(0, place, null, decodeSegment(place));
      this.#indexStart = place;
      this.#firstTime = undefined;
      if (stored === undefined) continue;
      const row = heldRow(stored);
      if (row.bufferTime !== decodeSegment(place)) continue;
      this.#rows.put(0, address, null, row.timestamp);
      this.#count.value--;
      this.#sizeBytes.value -= utf8Length(textOf(stored)) + address.length;
      yield [address, row];
    }
  }
}

function isPlaceOf(place: ByteString, { value }: Stored): boolean {
  return decodeSegment(place) === opened(value).field('bufferTime');
}

type WrittenHeader = readonly [name: string, base64: string | null];

function heldRow({ value, timestamp }: Stored): HeldRow {
  const envelope = opened(value);
  const headers = (envelope.field('headers') ?? []) as readonly WrittenHeader[];
  return {
    bufferTime: envelope.field('bufferTime') as number,
    value: envelope.field('value'),
    before: envelope.field('before'),
    timestamp,
    headers: headers.map(readHeader),
  };
}

function writtenHeader({ name, value }: Header): WrittenHeader {
  return [name, value === null ? null : (decodeKey('bytes', bytesToByteString(value)) as string)];
}

function readHeader([name, base64]: WrittenHeader): Header {
  return { name, value: base64 === null ? null : byteStringToBytes(encodeKey('bytes', base64)) };
}

function textOf({ value }: Stored): string {
  return (value as ReturnType<typeof sealed>).text();
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Half of a pair takes two of the pair's four bytes.
    if (code > 0x7f) length += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return length;
}
