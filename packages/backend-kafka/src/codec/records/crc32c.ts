import { RecordsCodec, withRecordsCodec } from './records-codec.ts';

/** So much goes through the codec at once, which stays in the processor's cache. */
const chunkBytes = 64 * 1024;

/**
 * CRC-32C (Castagnoli) of `bytes[start, end)`, unsigned. Slicing by 16, after Kounavis and Berry, A Systematic Approach to Building High
 * Performance Software-based CRC Generators (2005).
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.byteLength): number {
  return withRecordsCodec((codec) => {
    const { free } = RecordsCodec;
    codec.reserve(free + chunkBytes);
    let crc = -1;
    for (let at = start; at < end; at += chunkBytes) {
      const length = Math.min(chunkBytes, end - at);
      codec.bytes.set(bytes.subarray(at, at + length), free);
      crc = codec.wasm.crc32c(crc, free, free + length);
    }
    return ~crc >>> 0;
  });
}
