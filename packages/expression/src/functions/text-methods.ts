import { placeWithin } from '../evaluation.ts';
import { arrayLengthMax } from '../limits.ts';
import { arrayOf, booleanType, nullType, numberType, stringType, unionOf } from '../value-type.ts';
import { type Call, defineTextMethod, type FunctionKind } from './function-kind.ts';

const wanted = { name: 'text', kind: 'string' } as const;
const start = { name: 'start', kind: 'integer' } as const;
const end = { name: 'end', kind: 'integer', optional: true } as const;

/** A method that gives a text no longer than a small multiple of its receiver. */
function reshape(name: string, summary: string, example: string, compute: (text: string) => string): FunctionKind {
  return defineTextMethod({ name, signature: `text.${name}()`, summary, example }, [], stringType, (call, text) => {
    call.admitText(text.length);
    const result = compute(text);
    // Upper case can be longer: ß becomes SS.
    if (result.length > text.length) call.admitText(result.length);
    return result;
  });
}

function pad(name: 'padStart' | 'padEnd', summary: string, example: string): FunctionKind {
  return defineTextMethod(
    { name, signature: `text.${name}(length, filler?)`, summary, example },
    [
      { name: 'length', kind: 'integer' },
      { name: 'filler', kind: 'string', optional: true },
    ],
    stringType,
    (call, text, length, filler = ' ') => {
      call.admitText(Math.max(length, text.length));
      return text[name](length, filler);
    },
  );
}

function countOf(call: Call, text: string, part: string): number {
  if (part === '') return text.length + 1;
  call.chargeSearch(text, part);
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count++;
  return count;
}

export const textMethods: readonly FunctionKind[] = [
  reshape('toUpperCase', 'Capital letters, the same in every country.', '\'sfo\'.toUpperCase() → "SFO"', (text) =>
    text.toUpperCase(),
  ),
  reshape('toLowerCase', 'Small letters, the same in every country.', '\'SFO\'.toLowerCase() → "sfo"', (text) =>
    text.toLowerCase(),
  ),
  reshape('trim', 'Without white space at both ends.', '\' a b \'.trim() → "a b"', (text) => text.trim()),
  reshape('trimStart', 'Without white space at the start.', '\' a \'.trimStart() → "a "', (text) => text.trimStart()),
  reshape('trimEnd', 'Without white space at the end.', '\' a \'.trimEnd() → " a"', (text) => text.trimEnd()),
  defineTextMethod(
    {
      name: 'startsWith',
      signature: 'text.startsWith(start)',
      summary: 'Whether the text starts so.',
      example: "'flights'.startsWith('fl') → true",
    },
    [wanted],
    booleanType,
    (call, text, part) => {
      call.chargeText(part.length);
      return text.startsWith(part);
    },
  ),
  defineTextMethod(
    {
      name: 'endsWith',
      signature: 'text.endsWith(end)',
      summary: 'Whether the text ends so.',
      example: "'flights'.endsWith('ts') → true",
    },
    [wanted],
    booleanType,
    (call, text, part) => {
      call.chargeText(part.length);
      return text.endsWith(part);
    },
  ),
  defineTextMethod(
    {
      name: 'includes',
      signature: 'text.includes(part)',
      summary: 'Whether the part stands somewhere in the text.',
      example: "'flights'.includes('light') → true",
    },
    [wanted],
    booleanType,
    (call, text, part) => {
      call.chargeSearch(text, part);
      return text.includes(part);
    },
  ),
  defineTextMethod(
    {
      name: 'indexOf',
      signature: 'text.indexOf(part)',
      summary: 'Where the part first stands, from 0, or -1.',
      example: "'flights'.indexOf('l') → 1",
    },
    [wanted],
    numberType,
    (call, text, part) => {
      call.chargeSearch(text, part);
      return text.indexOf(part);
    },
  ),
  defineTextMethod(
    {
      name: 'lastIndexOf',
      signature: 'text.lastIndexOf(part)',
      summary: 'Where the part last stands, from 0, or -1.',
      example: "'a-b-c'.lastIndexOf('-') → 3",
    },
    [wanted],
    numberType,
    (call, text, part) => {
      call.chargeSearch(text, part);
      return text.lastIndexOf(part);
    },
  ),
  defineTextMethod(
    {
      name: 'slice',
      signature: 'text.slice(start, end?)',
      summary: 'The part from start up to, without, end. Negative places count from the end.',
      example: '\'2001-01-31\'.slice(0, 4) → "2001"',
    },
    [start, end],
    stringType,
    (call, text, from, to) => {
      const end = placeWithin(text.length, to ?? text.length);
      call.admitText(Math.max(0, end - placeWithin(text.length, from)));
      return text.slice(from, to);
    },
  ),
  defineTextMethod(
    {
      name: 'substring',
      signature: 'text.substring(start, end?)',
      summary: 'Like slice, but a negative place is 0 and a start after the end swaps with it.',
      example: '\'flights\'.substring(3, 1) → "li"',
    },
    [start, end],
    stringType,
    (call, text, from, to) => {
      call.admitText(text.length);
      return text.substring(from, to);
    },
  ),
  defineTextMethod(
    {
      name: 'charAt',
      signature: 'text.charAt(index)',
      summary: "The character at that place, or '' beyond the end.",
      example: '\'SFO\'.charAt(0) → "S"',
    },
    [{ name: 'index', kind: 'integer' }],
    stringType,
    (_call, text, index) => text.charAt(index),
  ),
  defineTextMethod(
    {
      name: 'at',
      signature: 'text.at(index)',
      summary: 'The character at that place, or null. Negative places count from the end.',
      example: '\'SFO\'.at(-1) → "O"',
    },
    [{ name: 'index', kind: 'integer' }],
    unionOf(stringType, nullType),
    (_call, text, index) => text.at(index) ?? null,
  ),
  defineTextMethod(
    {
      name: 'split',
      signature: 'text.split(separator, limit?)',
      summary: 'The parts between the separators, at most limit of them.',
      example: '\'a,b,c\'.split(\',\') → ["a","b","c"]',
    },
    [
      { name: 'separator', kind: 'string' },
      { name: 'limit', kind: 'integer', optional: true },
    ],
    arrayOf(stringType),
    (call, text, separator, limit = arrayLengthMax + 1) => {
      if (limit < 0) return call.fail('range', 'split needs a limit of 0 or more');
      call.chargeSearch(text, separator);
      call.chargeText(text.length);
      // One part more than an array may have is enough to know that it would be too long.
      const parts = text.split(separator, Math.min(limit, arrayLengthMax + 1));
      call.admitArray(parts.length);
      return parts;
    },
  ),
  defineTextMethod(
    {
      name: 'replace',
      signature: 'text.replace(part, by)',
      summary: 'The text with the first such part replaced. Both are plain texts, nothing in them is special.',
      example: "'a-b-c'.replace('-', '+') → \"a+b-c\"",
    },
    [
      { name: 'part', kind: 'string' },
      { name: 'by', kind: 'string' },
    ],
    stringType,
    (call, text, part, by) => {
      call.chargeSearch(text, part);
      call.admitText(text.length + by.length);
      return text.replace(part, () => by);
    },
  ),
  defineTextMethod(
    {
      name: 'replaceAll',
      signature: 'text.replaceAll(part, by)',
      summary: 'The text with every such part replaced. Both are plain texts, nothing in them is special.',
      example: "'a-b-c'.replaceAll('-', '+') → \"a+b+c\"",
    },
    [
      { name: 'part', kind: 'string' },
      { name: 'by', kind: 'string' },
    ],
    stringType,
    (call, text, part, by) => {
      const count = countOf(call, text, part);
      call.admitText(text.length + count * (by.length - part.length));
      call.charge(Math.floor(count / 16));
      return text.replaceAll(part, () => by);
    },
  ),
  pad('padStart', 'Fills up at the start until the text has that length.', "'7'.padStart(3, '0') → \"007\""),
  pad('padEnd', 'Fills up at the end until the text has that length.', "'7'.padEnd(3, '.') → \"7..\""),
  defineTextMethod(
    {
      name: 'repeat',
      signature: 'text.repeat(count)',
      summary: 'The text that many times.',
      example: '\'ab\'.repeat(2) → "abab"',
    },
    [{ name: 'count', kind: 'integer' }],
    stringType,
    (call, text, count) => {
      if (count < 0) return call.fail('range', 'repeat needs a count of 0 or more');
      call.admitText(text.length * count);
      // Nothing repeated stays nothing; the platform would still refuse a huge count.
      return text === '' ? '' : text.repeat(count);
    },
  ),
];
