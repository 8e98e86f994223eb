import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesToByteString } from './byte-string.ts';
import { KeyBytes } from './key-bytes.ts';

const byteString = fc.uint8Array({ maxLength: 600 }).map(bytesToByteString);

function bytesIn({ bytes, length }: KeyBytes): number[] {
  return [...bytes.subarray(0, length)];
}

describe('a key as bytes', () => {
  it('is that of the key that was read last, whatever was read or forgotten before', () => {
    const act = fc.oneof(byteString, fc.constantFrom('', 'a', 'ab', 'ä', null));
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const key = new KeyBytes();
        for (const text of acts) {
          if (text === null) {
            key.forget();
            continue;
          }
          const codes = Array.from(text, (character) => character.charCodeAt(0));
          expect(bytesIn(key.read(text))).toEqual(codes);
          expect(key.view.buffer).toBe(key.bytes.buffer);
          expect(key.hash).toBe(new KeyBytes().read(text).hash);
          expect(key.isAscii).toBe(codes.every((code) => code < 0x80));
          expect(key.isPlain).toBe(key.isAscii && JSON.stringify(text) === `"${text}"`);
        }
      }),
    );
  });

  it('says of a text that is no byte string that it is not ASCII', () => {
    const key = new KeyBytes();
    // The second has the low bytes of the first.
    expect([key.read('€uro').isAscii, key.isPlain, key.read('\xacuro').isAscii]).toEqual([false, false, false]);
    expect(bytesIn(key)).toEqual([0xac, 0x75, 0x72, 0x6f]);
  });
});
