import type { ByteString } from './byte-string.ts';
import { KeyBytes } from './key-bytes.ts';

const multiplier = 0x5bd1e995;
const own = new KeyBytes();

/**
 * The partition of a key: Kafka's default, murmur2 of the key's bytes (seed 0x9747b28c, 32 bits, little-endian blocks) with the sign bit
 * cleared, modulo the number of partitions. Compatible with Java's `Utils.murmur2`, so that records meet those of other producers.
 */
export function partitionFor(key: ByteString, partitions: number): number {
  return partitions === 1 ? 0 : partitionOf(own.load(key), partitions);
}

/** The same, of a key that somebody has in bytes. */
export function partitionOf(key: KeyBytes, partitions: number): number {
  return partitions === 1 ? 0 : (murmur2Of(key) & 0x7fffffff) % partitions;
}

/** Kafka's variant of Austin Appleby's MurmurHash2; a signed 32-bit number. */
export function murmur2(key: ByteString): number {
  return murmur2Of(own.load(key));
}

function murmur2Of({ bytes, view, length }: KeyBytes): number {
  let hash = 0x9747b28c ^ length;
  const rest = length & ~3;
  for (let at = 0; at < rest; at += 4) {
    let k = Math.imul(view.getInt32(at, true), multiplier);
    k ^= k >>> 24;
    k = Math.imul(k, multiplier);
    hash = Math.imul(hash, multiplier) ^ k;
  }
  // The last one to three bytes, folded in from the highest.
  const left = length & 3;
  if (left >= 3) hash ^= (bytes[rest + 2] as number) << 16;
  if (left >= 2) hash ^= (bytes[rest + 1] as number) << 8;
  if (left >= 1) hash = Math.imul(hash ^ (bytes[rest] as number), multiplier);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return hash ^ (hash >>> 15);
}
