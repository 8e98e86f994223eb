import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToByteString, compareByteStrings } from '../log/byte-string.ts';
import { decodeAddress, decodeSegment, encodeAddress, encodeSegment, segmentBytes } from './store-address.ts';

const segment = fc.oneof(
  fc.nat(),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.constantFrom(0, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const address = fc.record({ segment, key: fc.uint8Array({ maxLength: 12 }).map(bytesToByteString) });

describe('store addresses', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(address, (one) => {
        expect(decodeAddress(encodeAddress(one))).toEqual(one);
      }),
    );
    fc.assert(
      fc.property(segment, (one) => {
        expect(decodeSegment(`xx${encodeSegment(one)}`, 2)).toBe(one);
      }),
    );
  });

  it('keep segments ASCII and of one length', () => {
    fc.assert(
      fc.property(segment, (one) => {
        const text = encodeSegment(one);
        expect(text.length).toBe(segmentBytes);
        expect([...text].every((character) => character.charCodeAt(0) < 128)).toBe(true);
      }),
    );
  });

  it('are ordered by segment, then by key bytes', () => {
    fc.assert(
      fc.property(address, address, (left, right) => {
        const expected = Math.sign(left.segment - right.segment) || compareByteStrings(left.key, right.key);
        expect(compareByteStrings(encodeAddress(left), encodeAddress(right))).toBe(expected);
      }),
    );
  });
});
