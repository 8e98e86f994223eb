import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { functionDocs } from './language.ts';
import { compiled, evaluate, failureOf } from './testing/evaluate.ts';
import { formatValueType, inferValueType, typesOverlap } from './value-type.ts';

describe('every documented example does what it says', () => {
  test.each(functionDocs.map((doc) => [doc.example, doc] as const))('%s', (example, doc) => {
    const [source = '', said = ''] = example.split(' → ');
    const result = evaluate(source);
    expect(JSON.stringify(result)).toBe(said);
    expect(source).toContain(`${doc.name}(`);
    expect(doc.signature).toContain(`${doc.name}(`);
    expect(doc.summary).toMatch(/\.$/);
    const { type } = compiled(source);
    expect(typesOverlap(type, inferValueType(result)), formatValueType(type)).toBe(true);
  });
});

test('no two functions, and no two methods of a kind, share a name', () => {
  const names = functionDocs.map((doc) => `${doc.on ?? ''}.${doc.name}`);
  expect(new Set(names).size).toBe(names.length);
});

test('the user documentation names every function and method with its example', () => {
  const page = readFileSync(new URL('../../../docs/expressions.md', import.meta.url), 'utf8');
  for (const doc of functionDocs) {
    expect(page, doc.signature).toContain(doc.signature.replaceAll('|', '\\|'));
    expect(page, doc.example).toContain(doc.example);
  }
});

test.each<[string, unknown]>([
  ['round(2.5)', 3],
  ['round(-2.5)', -2],
  ['round(1234.5678, -2)', 1200],
  ['round(0.0000001, 7)', 1e-7],
  ['round(1e300, 2)', 1e300],
  ['ceil(-2.9)', -2],
  ['min(5)', 5],
  ['max(1, 2, 3, 4)', 4],
  ["number('-1e3')", -1000],
  ['number(4)', 4],
  ['string(true)', 'true'],
  ['string(null)', 'null'],
  ["''.split(',')", ['']],
  ["'abc'.split('')", ['a', 'b', 'c']],
  ["'a,b,c'.split(',', 2)", ['a', 'b']],
  ["'abc'.slice(-2)", 'bc'],
  ["'abc'.slice(0, -1)", 'ab'],
  ["'abc'.at(9)", null],
  ["'abc'.charAt(9)", ''],
  ["'a.b'.replace('.', '$&$1')", 'a$&$1b'],
  ["'a.b.c'.replaceAll('.', '$&')", 'a$&b$&c'],
  ["'ab'.replaceAll('', '-')", '-a-b-'],
  ["'abc'.padStart(2)", 'abc'],
  ["'abc'.padEnd(5)", 'abc  '],
  ["''.repeat(1000000000)", ''],
  ["'straße'.toUpperCase()", 'STRASSE'],
  ["'İ'.toLowerCase()", 'i̇'],
  ['[3, 1, 2].sort()', [1, 2, 3]],
  ["['b', 'a', 'C'].sort()", ['C', 'a', 'b']],
  ['[].sort()', []],
  ['[].sum()', 0],
  ['[].join()', ''],
  ["['a', true, 1.5].join()", 'a,true,1.5'],
  ['[1, 2, 3].slice(-2, -1)', [2]],
  ['[1].concat([2], [3, 4])', [1, 2, 3, 4]],
  ['[1, 2].at(5)', null],
  ['[1, 2].find(x => x > 5)', null],
  ['[].some(x => true)', false],
  ['[].every(x => false)', true],
  ['[1, 2].flatMap(x => x)', [1, 2]],
  ['[[1], [2]].flatMap(x => x)', [1, 2]],
  ["[null, 'a'].includes(null)", true],
  ['[[1]].includes(1)', false],
  ['[{ a: 2, b: 1 }, { a: 1, b: 2 }, { a: 1, b: 3 }].sortBy(x => x.a).map(x => x.b)', [2, 3, 1]],
  ['[1, 2, 3].sortBy((x, index) => -index)', [3, 2, 1]],
  ["has({ a: 1 }, 'toString')", false],
  ['size([1, 2, 3])', 3],
  ["toJson({ a: 'x' })", '{"a":"x"}'],
  ['parseJson(\'{"__proto__": 1}\').constructor', null],
  ["parseTime('2001-01-31')", 980899200000],
  ["parseTime('2001-01-31T22:10')", 980979000000],
  ["parseTime('2001-01-31 22:10:00')", 980979000000],
  ["parseTime('2001-01-31T22:10:00Z')", 980979000000],
  ["parseTime('2001-01-31T22:10:00.5Z')", 980979000500],
  ["parseTime('2001-01-31T22:10:00.123456789Z')", 980979000123],
  ["parseTime('2001-01-31T22:10:00+02:00')", 980971800000],
  ["parseTime('2001-01-31T22:10:00-0530')", 980998800000],
  ["parseTime('2001/01/31')", 980899200000],
  ["parseTime('2001/01/31 22:10:59')", 980979059000],
  ["parseTime('1969-12-31T23:59:59Z')", -1000],
  ["parseTime('0001-01-01')", -62135596800000],
  ["parseTime('2000-02-29')", 951782400000],
  ['formatTime(980979000000)', '2001-01-31T22:10:00.000Z'],
  ["formatTime(980979000007, 'YYYYMMDD-HHmmss.SSS')", '20010131-221000.007'],
  ["startOf(980979000000, 'hour')", 980978400000],
  ["startOf(980979000000, 'month')", 978307200000],
  ["startOf(980979000000, 'year')", 978307200000],
  ["startOf(-1, 'day')", -86400000],
  ["formatTime(-62198755200000, 'YYYY-MM-DD')", '-0001-01-01'],
  ["formatTime(-62167219200000, 'YYYY-MM-DD')", '0000-01-01'],
])('%s', (source, expected) => {
  expect(evaluate(source)).toEqual(expected);
});

test.each<[string, string, string]>([
  ["number('12 apples')", 'type', "'12 apples' is not a number"],
  ["number('')", 'type', "'' is not a number"],
  ["number('0x10')", 'type', "'0x10' is not a number"],
  ["number('Infinity')", 'type', "'Infinity' is not a number"],
  ["number('1e999')", 'range', '`number` has no result for this number'],
  ['number(null)', 'type', 'number needs a text, not null'],
  ['round(1, 99)', 'range', 'round takes -15 to 15 digits'],
  ["parseTime('yesterday')", 'type', "'yesterday' is not a time like 2001-01-31T22:10:00Z or 2001/01/31 22:10"],
  ["parseTime('2001-02-29')", 'range', "'2001-02-29' is not a day and time that exists"],
  ["parseTime('2001-01-31T24:00')", 'range', "'2001-01-31T24:00' is not a day and time that exists"],
  ['formatTime(1e20)', 'range', '100000000000000000000 is no time that a calendar has'],
  ["startOf(0, 'week')", 'range', "startOf knows 'second', 'minute', 'hour', 'day', 'month' and 'year', not 'week'"],
  ["'a'.repeat(-1)", 'range', 'repeat needs a count of 0 or more'],
  ["'a'.split(',', -1)", 'range', 'split needs a limit of 0 or more'],
  ["[1, 'a'].sort()", 'type', 'cannot order numbers and texts'],
  ['[true].sort()', 'type', 'cannot order by boolean, only by numbers or texts'],
  ['[1, null].sortBy(x => x)', 'type', 'cannot order by null, only by numbers or texts'],
  ["[1, 'a'].sum()", 'type', 'cannot sum string'],
  ['[[1]].join()', 'type', 'cannot join array; use map to make texts first'],
  ["parseJson('{')", 'type', 'This text is not JSON'],
  ["parseJson('[1e999]')", 'range', 'This JSON has a number beyond ±(2^53−1)'],
  ["parseJson('9007199254740993')", 'range', 'This JSON has a number beyond ±(2^53−1)'],
])('%s fails', (source, code, message) => {
  expect(failureOf(source)).toMatchObject({ code, message, at: source });
});

test('a long text that is almost a number is read once and refused', () => {
  // Digits that two parts of a pattern can share are tried in every division: at this length that takes minutes.
  for (const text of [`${'1'.repeat(300_000)}x`, `${'1'.repeat(300_000)}e`, `.${'1'.repeat(300_000)}.`]) {
    expect(failureOf('number(value)', { value: text }).code).toBe('type');
  }
  expect(evaluate('number(value)', { value: `${'0'.repeat(300_000)}1.5` })).toBe(1.5);
});

test('the type of an argument that only the record tells is checked when it runs', () => {
  expect(failureOf('abs(value)', { value: 'x' })).toEqual({
    code: 'type',
    message: 'abs takes a number as x, not string',
    at: 'value',
  });
  expect(failureOf('keys(value)', { value: [1] }).message).toBe('keys takes an object as object, not array');
  expect(failureOf('value.concat(key)', { key: 'x', value: [1] }).message).toBe(
    'concat takes a list as other, not string',
  );
  expect(failureOf('value.includes(value)', { value: [1] }).message).toBe(
    'includes takes a text, number, boolean or null as x, not array',
  );
});
