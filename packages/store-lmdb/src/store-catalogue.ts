import { crc32 } from 'node:zlib';
import type { ByteString } from '@millrace/engine';
import { assert, decodeSegment, encodeSegment, segmentBytes } from '@millrace/engine';
import type { Database } from 'lmdb';
import type { Row } from './entry-rows.ts';
import { StoreError } from './store-error.ts';

export type Rows = Database<Row, ByteString>;

/**
 * What is known of each store: its position and, so that nobody has to count, the number of its entries and of those in each segment.
 *
 *     format                      version u8
 *     store:<name>                CRC u32 | position f64 | entries f64
 *     segment:<name>\n<segment>   CRC u32 | entries f64
 */
export class StoreCatalogue {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  stores(): string[] {
    const prefix = 'store:';
    return [...this.#rows.getKeys({ start: prefix, end: 'store;' })].map((key) => key.slice(prefix.length));
  }

  store(name: string): { readonly position: number; readonly entries: number } {
    const [position = 0, entries = 0] = this.#numbers(`store:${name}`);
    return { position, entries };
  }

  segments(name: string): { segment: number; entries: number }[] {
    const prefix = `segment:${name}\n`;
    return [...this.#rows.getRange({ start: prefix, end: `${prefix}\x80` })].map(({ key, value }) => ({
      segment: decodeSegment(key, key.length - segmentBytes),
      entries: opened(key, value)[0] ?? 0,
    }));
  }

  entriesIn(name: string, segment: number): number {
    return this.#numbers(segmentKey(name, segment))[0] ?? 0;
  }

  /** In a batch, as are the next two. */
  putStore(name: string, position: number, entries: number): void {
    void this.#rows.put(`store:${name}`, sealed([position, entries]));
  }

  putEntriesIn(name: string, segment: number, entries: number): void {
    if (entries === 0) void this.#rows.remove(segmentKey(name, segment));
    else void this.#rows.put(segmentKey(name, segment), sealed([entries]));
  }

  /** `segments`: those that the store has, read before the batch. */
  empty(name: string, segments: readonly number[]): void {
    this.putStore(name, 0, 0);
    for (const segment of segments) void this.#rows.remove(segmentKey(name, segment));
  }

  #numbers(key: ByteString): number[] {
    const row = this.#rows.getBinary(key) as Row | undefined;
    return row === undefined ? [] : opened(key, row);
  }
}

export function assertStoreName(name: string): void {
  assert(/^[\x21-\x7e]{1,500}$/.test(name), `${JSON.stringify(name)} is no name of a store`);
}

function segmentKey(name: string, segment: number): ByteString {
  return `segment:${name}\n${encodeSegment(segment)}`;
}

function sealed(numbers: readonly number[]): Row {
  const row = Buffer.allocUnsafeSlow(4 + numbers.length * 8);
  numbers.forEach((number, index) => {
    row.writeDoubleLE(number, 4 + index * 8);
  });
  row.writeUInt32LE(crc32(row.subarray(4)), 0);
  return row;
}

function opened(key: ByteString, row: Row): number[] {
  if (row.byteLength < 4 || crc32(row.subarray(4)) !== row.readUInt32LE(0)) {
    throw new StoreError(
      'corrupt',
      `The catalogue of stores is damaged at ${JSON.stringify(key)}: its checksum does not match. Check the disk, then destroy the tables; they are rebuilt from their changelogs.`,
    );
  }
  return Array.from({ length: (row.byteLength - 4) / 8 }, (_, index) => row.readDoubleLE(4 + index * 8));
}
