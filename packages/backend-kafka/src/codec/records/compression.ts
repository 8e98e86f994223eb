import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';
import type { Compression } from '../../kafka-settings.ts';
import { MalformedRecordsError } from './malformed-records.ts';
import { compressSnappy, uncompressSnappy } from './snappy.ts';

/** The names by Kafka's number of them, in the lowest bits of a batch's attributes. */
const byNumber: readonly Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** No batch that a sane producer wrote is larger. What claims to be is refused rather than given the memory. */
const maxUncompressedBytes = 256 * 1024 * 1024;

interface Lz4 {
  compressFrameSync(data: Uint8Array): Uint8Array;
  decompressFrameSync(data: Uint8Array): Uint8Array;
}

/** zstd came to Node.js after 20. */
interface MaybeZstd {
  readonly zstdCompressSync?: (data: Uint8Array) => Uint8Array;
  readonly zstdDecompressSync?: (data: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
}

const { zstdCompressSync, zstdDecompressSync } = zlib as MaybeZstd;

// Native code: loaded by those who need it.
let lz4: Lz4 | null = null;
function loadLz4(): Lz4 {
  lz4 ??= createRequire(import.meta.url)('lz4-napi') as Lz4;
  return lz4;
}

export function compressionNumber(name: Compression): number {
  return byNumber.indexOf(name);
}

/** Whether this Node.js can do it. */
export function canCompress(name: Compression): boolean {
  return name !== 'zstd' || zstdCompressSync !== undefined;
}

export function compress(name: Compression, bytes: Uint8Array): Uint8Array {
  switch (name) {
    case 'none':
      return bytes;
    case 'gzip':
      return zlib.gzipSync(bytes, { level: 1 });
    case 'snappy':
      return compressSnappy(bytes);
    case 'lz4':
      return loadLz4().compressFrameSync(asBuffer(bytes));
    case 'zstd':
      if (zstdCompressSync === undefined) throw new MalformedRecordsError(noZstd);
      return zstdCompressSync(bytes);
  }
}

/** @throws MalformedRecordsError */
export function uncompress(number: number, bytes: Uint8Array): Uint8Array {
  const name = byNumber[number];
  try {
    switch (name) {
      case 'none':
        return bytes;
      case 'gzip':
        return zlib.gunzipSync(bytes, { maxOutputLength: maxUncompressedBytes });
      case 'snappy':
        return uncompressSnappy(bytes, maxUncompressedBytes);
      case 'lz4':
        return uncompressLz4(bytes);
      case 'zstd':
        if (zstdDecompressSync === undefined) throw new MalformedRecordsError(noZstd);
        return zstdDecompressSync(bytes, { maxOutputLength: maxUncompressedBytes });
      default:
        throw new MalformedRecordsError(
          `Records are compressed in an unknown way (${number}). Write the topic with gzip, snappy, lz4, zstd, or without compression.`,
        );
    }
  } catch (error) {
    if (error instanceof MalformedRecordsError) throw error;
    throw new MalformedRecordsError(`Records that are compressed with ${name} cannot be uncompressed.`, error);
  }
}

const noZstd = 'Records are compressed with zstd, which needs Node.js 22.15 or newer.';

function uncompressLz4(bytes: Uint8Array): Uint8Array {
  // 255 to 1 is the most that LZ4 can do.
  if (bytes.byteLength * 255 > maxUncompressedBytes && bytes.byteLength > maxUncompressedBytes / 8) {
    throw new MalformedRecordsError(`Compressed records of ${bytes.byteLength} bytes are too large.`);
  }
  return loadLz4().decompressFrameSync(asBuffer(bytes));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
