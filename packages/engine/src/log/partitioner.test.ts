import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToByteString } from './byte-string.ts';
import { encodeKey } from './key-format.ts';
import { murmur2, partitionFor } from './partitioner.ts';

describe('the partitioner', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])("hashes %s as Kafka's published vector says", (key, hash) => {
    expect(murmur2(key)).toBe(hash);
  });

  it('hashes every byte value, not only ASCII', () => {
    // Computed with the Java code's arithmetic in 32-bit two's complement.
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40, size: 'max' }), (bytes) => {
        expect(murmur2(bytesToByteString(bytes))).toBe(javaMurmur2(bytes));
      }),
    );
  });

  it('clears the sign bit before it takes the remainder', () => {
    expect(partitionFor('21', 4)).toBe((-973932308 & 0x7fffffff) % 4);
    expect(partitionFor('foobar', 10)).toBe((-790332482 & 0x7fffffff) % 10);
    expect(partitionFor(encodeKey('string', 'é'), 1)).toBe(0);
  });

  it('gives a partition that exists, always the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), fc.integer({ min: 1, max: 1000 }), (key, partitions) => {
        const partition = partitionFor(key, partitions);
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true);
        expect(partitionFor(key, partitions)).toBe(partition);
      }),
    );
  });
});

/** The algorithm once more, on BigInts with explicit wrapping, so that it shares no arithmetic with the code under test. */
function javaMurmur2(data: Uint8Array): number {
  const mask = 0xffff_ffffn;
  const m = 0x5bd1e995n;
  let h = (0x9747b28cn ^ BigInt(data.length)) & mask;
  let at = 0;
  for (; data.length - at >= 4; at += 4) {
    let k = 0n;
    for (let byte = 3; byte >= 0; byte--) k = (k << 8n) | BigInt(data[at + byte] ?? 0);
    k = (k * m) & mask;
    k ^= k >> 24n;
    k = (k * m) & mask;
    h = ((h * m) & mask) ^ k;
  }
  const rest = data.length - at;
  for (let byte = rest - 1; byte >= 0; byte--) h ^= BigInt(data[at + byte] ?? 0) << BigInt(8 * byte);
  if (rest > 0) h = (h * m) & mask;
  h ^= h >> 13n;
  h = (h * m) & mask;
  h ^= h >> 15n;
  return Number(BigInt.asIntN(32, h));
}
