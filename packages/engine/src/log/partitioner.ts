import type { ByteString } from './byte-string.ts';

/**
 * The partition of a key: Kafka's default, murmur2 of the key's bytes (seed 0x9747b28c, 32 bits, little-endian blocks) with the sign bit
 * cleared, modulo the number of partitions. Compatible with Java's `Utils.murmur2`, so that records meet those of other producers.
 */
export function partitionFor(key: ByteString, partitions: number): number {
  return partitions === 1 ? 0 : (murmur2(key) & 0x7fffffff) % partitions;
}

/** Kafka's variant of Austin Appleby's MurmurHash2; a signed 32-bit number. */
export function murmur2(key: ByteString): number {
  const length = key.length;
  const multiplier = 0x5bd1e995;
  let hash = 0x9747b28c ^ length;
  const blocks = length >> 2;
  for (let block = 0; block < blocks; block++) {
    const at = block << 2;
    let k =
      key.charCodeAt(at) |
      (key.charCodeAt(at + 1) << 8) |
      (key.charCodeAt(at + 2) << 16) |
      (key.charCodeAt(at + 3) << 24);
    k = Math.imul(k, multiplier);
    k ^= k >>> 24;
    k = Math.imul(k, multiplier);
    hash = Math.imul(hash, multiplier) ^ k;
  }
  const rest = blocks << 2;
  // The last one to three bytes, folded in from the highest.
  const left = length & 3;
  if (left >= 3) hash ^= key.charCodeAt(rest + 2) << 16;
  if (left >= 2) hash ^= key.charCodeAt(rest + 1) << 8;
  if (left >= 1) hash = Math.imul(hash ^ key.charCodeAt(rest), multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  hash ^= hash >>> 15;
  return hash;
}
