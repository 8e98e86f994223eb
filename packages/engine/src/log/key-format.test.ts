import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteStringToBytes, bytesToByteString } from './byte-string.ts';
import { decodeKey, encodeKey, type KeyFormat, KeyFormatError, keyFormats, sortedJson } from './key-format.ts';

function hex(format: KeyFormat, key: unknown): string {
  return Buffer.from(byteStringToBytes(encodeKey(format, key))).toString('hex');
}

const bytesOf = (text: string): string => bytesToByteString(Buffer.from(text, 'hex'));

describe('key formats', () => {
  it.each([
    ['string', 'SFO', '53464f'],
    ['string', '', ''],
    ['string', 'é€😀', 'c3a9e282acf09f9880'],
    ['int32', 1, '00000001'],
    ['int32', -2, 'fffffffe'],
    ['int32', -(2 ** 31), '80000000'],
    ['int64', 1, '0000000000000001'],
    ['int64', -1, 'ffffffffffffffff'],
    ['int64', Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
    ['double', 1.5, '3ff8000000000000'],
    ['double', -0.1, 'bfb999999999999a'],
    ['bytes', 'AP+A', '00ff80'],
    ['bytes', 'AA==', '00'],
    ['json', 'SFO', '2253464f22'],
  ] as const)("%s writes %j as the bytes of Kafka's own serializers", (format, key, expected) => {
    expect(hex(format, key)).toBe(expected);
    expect(decodeKey(format, bytesOf(expected))).toEqual(key);
  });

  it('json sorts properties at every depth, so that equal keys are equal bytes', () => {
    expect(sortedJson({ b: [{ z: 1, a: null }], a: 'x' })).toBe('{"a":"x","b":[{"a":null,"z":1}]}');
    expect(encodeKey('json', { b: 1, a: 2 })).toBe(encodeKey('json', { a: 2, b: 1 }));
    expect(encodeKey('json', JSON.parse('{"__proto__":1,"a":2}'))).toBe('{"__proto__":1,"a":2}');
  });

  it('refuses a value that does not fit, in words', () => {
    const misfits: readonly (readonly [KeyFormat, unknown])[] = [
      ['string', 5],
      ['string', { a: 1 }],
      ['int32', 1.5],
      ['int32', 2 ** 31],
      ['int32', '1'],
      ['int64', 2 ** 53],
      ['int64', 0.5],
      ['double', Number.NaN],
      ['double', Number.POSITIVE_INFINITY],
      ['bytes', 5],
      ['bytes', '*'],
    ];
    for (const [format, key] of misfits) {
      expect(() => encodeKey(format, key), `${format} ${String(key)}`).toThrow(KeyFormatError);
    }
    expect(() => encodeKey('string', 5)).toThrow('The key 5 does not fit the key format string.');
    expect(() => encodeKey('string', { a: 'x'.repeat(100) })).toThrow(/…/);
  });

  it('refuses bytes that do not fit, in words', () => {
    expect(() => decodeKey('int32', 'abc')).toThrow('The key has 3 bytes; the format int32 has 4.');
    expect(() => decodeKey('int64', 'abc')).toThrow(KeyFormatError);
    expect(() => decodeKey('string', '\xff\xfe')).toThrow(/not valid UTF-8/);
    expect(() => decodeKey('json', '{')).toThrow('The key is not JSON.');
    expect(() => decodeKey('json', '"\xff"')).toThrow(/not valid UTF-8/);
    expect(() => decodeKey('int64', bytesOf('7fffffffffffffff'))).toThrow(/beyond/);
    expect(() => decodeKey('double', bytesOf('7ff8000000000000'))).toThrow(/finite/);
  });

  it('refuses JSON with numbers that would become others, and says where they are', () => {
    const message =
      'The key holds 9007199254740993 at id, beyond ±(2^53−1), where numbers lose digits. Read it in the format string.';
    expect(() => decodeKey('json', '{"id":9007199254740993}')).toThrow(new KeyFormatError(message));
    expect(() => decodeKey('json', '-12345678901234567890')).toThrow(/^The key holds -12345678901234567890, beyond/);
    expect(() => decodeKey('json', '[1,1e400]')).toThrow(/1e400/);
    expect(() => decodeKey('json', `[${'9'.repeat(400)}]`)).toThrow(/9…/);
    expect(decodeKey('json', '["9007199254740993",9007199254740991,0.1,1e300]')).toEqual([
      '9007199254740993',
      9007199254740991,
      0.1,
      1e300,
    ]);
    // What an expression gave stays what it is.
    expect(decodeKey('json', encodeKey('json', { sum: 2 ** 60, more: 1e21 }))).toEqual({ sum: 2 ** 60, more: 1e21 });
  });

  it('gives back every key that it wrote', () => {
    const keys: { readonly [Format in KeyFormat]: fc.Arbitrary<unknown> } = {
      string: fc.string({ unit: 'grapheme' }),
      json: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
      int32: fc.integer(),
      int64: fc.maxSafeInteger(),
      double: fc.double({ noNaN: true, noDefaultInfinity: true }),
      bytes: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    };
    for (const format of keyFormats) {
      fc.assert(
        fc.property(keys[format], (key) => {
          expect(decodeKey(format, encodeKey(format, key))).toEqual(key);
        }),
      );
    }
  });

  it('reads any bytes in the format bytes, and never throws anything but its own error in the others', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.constantFrom(...keyFormats), (raw, format) => {
        const bytes = bytesToByteString(raw);
        expect(encodeKey('bytes', decodeKey('bytes', bytes))).toBe(bytes);
        try {
          decodeKey(format, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(KeyFormatError);
        }
      }),
    );
  });
});
