import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../testing/evaluate.ts';
import { crc32 } from './crc32.ts';
import { md5 } from './md5.ts';
import { murmur2 } from './murmur2.ts';
import { murmur3 } from './murmur3.ts';
import { sha256 } from './sha256.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

test('SHA-256 and MD5 are those of the platform', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ minLength: 50, maxLength: 70 }));
  fc.assert(
    fc.property(bytes, (message) => {
      expect(sha256(message)).toBe(createHash('sha256').update(message).digest('hex'));
      expect(md5(message)).toBe(createHash('md5').update(message).digest('hex'));
    }),
  );
  const long = utf8('x'.repeat(1_000_000));
  expect(sha256(long)).toBe(createHash('sha256').update(long).digest('hex'));
  expect(md5(long)).toBe(createHash('md5').update(long).digest('hex'));
});

test('CRC-32 is that of zip', () => {
  expect(crc32(utf8('123456789'))).toBe(0xcbf43926);
  expect(crc32(utf8(''))).toBe(0);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (message) => {
      // It stands before the length, at the end of what gzip writes.
      expect(crc32(message)).toBe(gzipSync(message).readUInt32LE(gzipSync(message).length - 8));
    }),
  );
});

test('murmur2 is that of Kafka', () => {
  // From Kafka's own tests (UtilsTest.testMurmur2).
  const known: [string, number][] = [
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ];
  for (const [text, hash] of known) expect(murmur2(utf8(text)), text).toBe(hash);
  expect(murmur2(utf8('xfoobar').subarray(1))).toBe(-790332482);
});

test('murmur3 is that of the reference', () => {
  expect(murmur3(utf8(''))).toBe('00000000000000000000000000000000');
  expect(murmur3(utf8('The quick brown fox jumps over the lazy dog'))).toBe('e34bbc7bbc071b6c7a433ca9c49a9347');
  expect(murmur3(utf8('hello'))).toBe('cbd8a7b341bd9b025b1e906a48ae1d19');
});

test('an expression hashes the UTF-8 bytes of a text', () => {
  expect(evaluate("sha256('é😀')")).toBe(createHash('sha256').update('é😀').digest('hex'));
  // Half of a pair becomes the replacement character, as everywhere in UTF-8.
  expect(evaluate("md5('\\ud800')")).toBe(createHash('md5').update('\ufffd').digest('hex'));
  expect(evaluate('bitAnd(murmur2(value), 2147483647) % 12', { value: 'foobar' })).toBe((-790332482 & 0x7fffffff) % 12);
});
