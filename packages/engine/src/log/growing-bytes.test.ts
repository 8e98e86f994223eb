import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GrowingBytes } from './growing-bytes.ts';

const decoder = new TextDecoder();

function written(put: (bytes: GrowingBytes) => number): string {
  const bytes = new GrowingBytes();
  const length = put(bytes);
  expect(bytes.length).toBe(length);
  return decoder.decode(bytes.view());
}

it.each([
  0,
  -0,
  7,
  -7,
  10,
  99,
  100,
  1_000_000_000,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 31,
  2 ** 53 - 1,
  1 - 2 ** 53,
  2 ** 53,
  999_999_999,
  1_000_000_001,
  -1_732_000_000_000,
  123_000_000_000_000,
  0.1,
  -1.5,
  1e21,
  1e-7,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
])('writes the number %d as JSON.stringify does', (number) => {
  expect(written((bytes) => bytes.putNumber(number))).toBe(JSON.stringify(number));
});

it('writes numbers with fractions as JSON.stringify does', () => {
  const decimal = fc
    .tuple(fc.integer(), fc.integer({ min: 0, max: 12 }))
    .map(([digits, places]) => Number(`${digits}e-${places}`));
  const product = fc.tuple(fc.integer(), fc.integer({ max: 10_000 })).map(([left, right]) => (left / 1000) * right);
  const any = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.oneof(decimal, product, any), (number) => {
      // JSON.stringify writes the negative zero as 0 too.
      expect(written((bytes) => bytes.putNumber(number))).toBe(JSON.stringify(number));
    }),
    { numRuns: 20_000 },
  );
});

it.each(['', 'plain', 'with "quotes"', 'back\\slash', 'tab\t', '\u007f', 'é', '🚲', '\ud800', 'x'.repeat(100)])(
  'writes the text %j as JSON.stringify does',
  (text) => {
    expect(written((bytes) => bytes.putString(text))).toBe(JSON.stringify(text));
  },
);

it('copies pieces of any length', () => {
  const source = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7) % 251);
  for (let length = 0; length < 700; length += 13) {
    const bytes = new GrowingBytes();
    bytes.putBytes(source, 3, 3 + length);
    bytes.putView(new DataView(source.buffer, 5, 12), 9);
    expect([...bytes.view()]).toEqual([...source.subarray(3, 3 + length), ...source.subarray(5, 14)]);
  }
});

it('keeps memory that batch after batch needs, and lets go of what one alone needed', () => {
  const bytes = new GrowingBytes();
  const piece = new Uint8Array(10_000);
  const fill = (count: number): void => {
    for (let index = 0; index < count; index++) bytes.putBytes(piece, 0, piece.length);
    bytes.clear(20_000);
  };
  fill(10);
  const { capacity } = bytes;
  expect(capacity).toBeGreaterThanOrEqual(100_000);
  fill(10);
  fill(5);
  expect(bytes.capacity).toBe(capacity);
  fill(1);
  expect(bytes.capacity).toBeLessThan(20_000);
  fill(1);
  const kept = bytes.capacity;
  fill(0);
  expect(bytes.capacity).toBe(kept);
});
