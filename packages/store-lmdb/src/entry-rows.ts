import { crc32 } from 'node:zlib';
import type { ByteString, StoreEntry } from '@millrace/engine';
import { decodeAddress } from '@millrace/engine';
import { StoreError } from './store-error.ts';

/**
 * Rows of a store's table. The key is the encoded address, whose byte order is the order of entries.
 *
 *     entry row      CRC u32 | timestamp f64 | JSON text
 *     bucket row     CRC u32 | for each entry: address length u32 | text length u32 | timestamp f64 | address | JSON text
 *
 * LMDB takes keys up to some 1,900 bytes. Addresses of `bucketKeyLength` bytes or more lie together in the bucket row of their first
 * `bucketKeyLength` bytes, sorted. No entry row has a key of that length, and every address in a bucket comes before every other address
 * that is greater than the bucket's key, so the order of rows, buckets opened in place, is the order of entries.
 *
 * The CRC-32 is there although a store can be rebuilt: that it can is of use only when damage is noticed, and LMDB has no checksums. A
 * wrong aggregate that looks right is the worst answer there is; this costs about a tenth of a read.
 *
 * Numbers are little-endian.
 */
export type Row = Buffer<ArrayBuffer>;

export const bucketKeyLength = 1900;
/** Below every address (a segment is eight bytes) and above every address (its first byte is less than 0x80). */
export const lowestKey: ByteString = '\0';
export const highestKey: ByteString = '\x80';

export interface Kept {
  readonly timestamp: number;
  readonly value: string;
}

/** The key of the row in which the address lies. */
export function rowKey(address: ByteString): ByteString {
  return isLong(address) ? address.slice(0, bucketKeyLength) : address;
}

export function isLong(address: ByteString): boolean {
  return address.length >= bucketKeyLength;
}

function sealed(row: Row): Row {
  row.writeUInt32LE(crc32(row.subarray(4)), 0);
  return row;
}

function assertSound(row: Row, store: string): void {
  if (row.byteLength >= 4 && crc32(row.subarray(4)) === row.readUInt32LE(0)) return;
  throw new StoreError(
    'corrupt',
    `Store ${store} is damaged: the checksum of an entry does not match. Check the disk, then destroy the table; it is rebuilt from its changelog.`,
  );
}

export function sealEntry({ timestamp, value }: Kept): Row {
  const row = Buffer.allocUnsafeSlow(12 + Buffer.byteLength(value));
  row.writeDoubleLE(timestamp, 4);
  row.write(value, 12);
  return sealed(row);
}

/** @throws StoreError `corrupt`; `store` names it in the message. */
export function openEntry(row: Row, store: string): Kept {
  assertSound(row, store);
  return { timestamp: row.readDoubleLE(4), value: row.toString('utf8', 12) };
}

export type Bucket = Map<ByteString, Kept>;

export function sealBucket(bucket: Bucket): Row {
  const parts: Uint8Array[] = [Buffer.alloc(4)];
  for (const address of [...bucket.keys()].sort()) {
    const { timestamp, value } = bucket.get(address) as Kept;
    const text = Buffer.from(value);
    const head = Buffer.alloc(16);
    head.writeUInt32LE(address.length, 0);
    head.writeUInt32LE(text.byteLength, 4);
    head.writeDoubleLE(timestamp, 8);
    parts.push(head, Buffer.from(address, 'latin1'), text);
  }
  return sealed(Buffer.concat(parts));
}

/** In the order of addresses. @throws StoreError `corrupt`. */
export function openBucket(row: Row, store: string): Bucket {
  assertSound(row, store);
  const bucket: Bucket = new Map();
  for (let at = 4; at < row.byteLength; ) {
    const addressEnd = at + 16 + row.readUInt32LE(at);
    const textEnd = addressEnd + row.readUInt32LE(at + 4);
    const kept = { timestamp: row.readDoubleLE(at + 8), value: row.toString('utf8', addressEnd, textEnd) };
    bucket.set(row.toString('latin1', at + 16, addressEnd), kept);
    at = textEnd;
  }
  return bucket;
}

export function entryOf(address: ByteString, { timestamp, value }: Kept): StoreEntry {
  const { segment, key } = decodeAddress(address);
  return { segment, key, timestamp, value };
}

/** Writes keys as they are, one byte a character; they are shorter than the library's key buffers. Its own marks come as bytes. */
export const byteStringKeys = {
  writeKey(key: ByteString | Uint8Array, target: Buffer, start: number): number {
    if (typeof key === 'string') return start + target.write(key, start, 'latin1');
    target.set(key, start);
    return start + key.byteLength;
  },
  readKey(source: Buffer, start: number, end: number): ByteString {
    return source.toString('latin1', start, end);
  },
};
