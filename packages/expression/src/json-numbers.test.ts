import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPath, isSafeNumber, quoteBigIntegers, unsafeNumbers } from './json-numbers.ts';

test.each<[string, string[]]>([
  ['{"a":9007199254740991,"b":1e300,"c":0.1234567890123456789}', []],
  ['9007199254740992', [' 9007199254740992']],
  ['{"a":[1,{"b c":-9007199254740993}]}', ['a[1]["b c"] -9007199254740993']],
  ['{"a":{"x":1},"b":[[],[2,12345678901234567]]}', ['b[1][1] 12345678901234567']],
  ['{"text":"9007199254740993, \\"1e999","n":1E+999}', ['n 1E+999']],
  ['{"\\u0061":12345678901234567}', ['a 12345678901234567']],
  ['[12345678901234567.5,-0,12345678901234567e3]', []],
])('%s', (text, expected) => {
  const found = unsafeNumbers(text).map(({ start, end, path }) => `${formatPath(path)} ${text.slice(start, end)}`);
  expect(found).toEqual(expected);
});

test('whole numbers beyond ±(2^53−1) become texts and nothing else changes', () => {
  expect(quoteBigIntegers('{"a": 9007199254740993 ,"b":[1,-12345678901234567890],"c":1e999}')).toBe(
    '{"a": "9007199254740993" ,"b":[1,"-12345678901234567890"],"c":1e999}',
  );
  fc.assert(
    fc.property(fc.json(), fc.bigInt({ min: 2n ** 53n }), (json, big) => {
      const text = `[${json},${big},${json}]`;
      expect(JSON.parse(quoteBigIntegers(text))[1]).toBe(String(big));
      const safe = unsafeNumbers(json).length === 0;
      if (safe) expect(JSON.parse(quoteBigIntegers(text))[2]).toEqual(JSON.parse(json));
    }),
  );
});

test('which numbers can be held', () => {
  const held = ['0', '-9007199254740991', '1e308', '9007199254740993.5', '1e20'];
  for (const token of held) expect(isSafeNumber(token), token).toBe(true);
  for (const token of ['9007199254740992', '-100000000000000000000', '1e309'])
    expect(isSafeNumber(token), token).toBe(false);
});
