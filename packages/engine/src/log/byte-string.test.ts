import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteStringToBytes, bytesToByteString, compareByteStrings, writeByteString } from './byte-string.ts';

/** fast-check names the seed of a run that fails. */
const anyBytes = fc.uint8Array({ maxLength: 64 });

describe('byte strings', () => {
  it('are the bytes, one character each', () => {
    expect(bytesToByteString(new Uint8Array([0, 0x61, 0x7f, 0x80, 0xff]))).toBe('\0a\x7f\x80\xff');
    expect(bytesToByteString(new TextEncoder().encode('order-17'))).toBe('order-17');
    expect(bytesToByteString(new Uint8Array())).toBe('');
  });

  it('come back as the same bytes, also around the size at which they are taken in pieces', () => {
    for (const length of [0, 1, 4095, 4096, 4097, 8192, 20_000]) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 31) & 0xff);
      expect(byteStringToBytes(bytesToByteString(bytes))).toEqual(bytes);
    }
    fc.assert(fc.property(anyBytes, (bytes) => Buffer.from(byteStringToBytes(bytesToByteString(bytes))).equals(bytes)));
  });

  it('compare as their bytes do', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (left, right) => {
        expect(compareByteStrings(bytesToByteString(left), bytesToByteString(right))).toBe(Buffer.compare(left, right));
      }),
    );
  });

  it('are written where they are told, and say where they end', () => {
    const target = new Uint8Array(5).fill(9);
    expect(writeByteString('\xfe\0', target, 2)).toBe(4);
    expect([...target]).toEqual([9, 9, 0xfe, 0, 9]);
  });
});
