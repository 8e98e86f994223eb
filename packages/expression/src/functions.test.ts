import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type FunctionFamily, functionFamilies } from './functions/registry.ts';
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

/** The table of a family as `docs/expressions.md` has it. */
function tableOf(family: FunctionFamily): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = family.kinds.map(
    ({ doc }) => `| \`${cell(doc.signature)}\` | ${cell(doc.summary)} | \`${cell(doc.example)}\` |`,
  );
  return ['| call | gives | example |', '| --- | --- | --- |', ...rows].join('\n');
}

test('the user documentation has every function and method, in the words that completion has', () => {
  const file = new URL('../../../docs/expressions.md', import.meta.url);
  let page = readFileSync(file, 'utf8');
  for (const family of functionFamilies) {
    // The first table under the heading of the family.
    const table = new RegExp(
      `(### ${family.title}\\n(?:(?!#|\\| call)[^\\n]*\\n)*)\\| call[^\\n]*\\n(?:\\|[^\\n]*\\n)*`,
    );
    expect(page, family.title).toMatch(table);
    page = page.replace(table, (_found, heading: string) => `${heading}${tableOf(family)}\n`);
  }
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, page);
  expect(
    readFileSync(file, 'utf8'),
    'out of date: UPDATE_DOCS=1 npx vitest run packages/expression/src/functions',
  ).toBe(page);
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
  ["number('x', null)", null],
  ["number('9007199254740993', 0)", 0],
  ['number(null, 0)', 0],
  ["number('4', 0)", 4],
  ["parseJson('{', 'broken')", 'broken'],
  ["parseJson('1e20')", 1e20],
  ['parseJson(\'"9007199254740993 1e999"\')', '9007199254740993 1e999'],
  ['sign(-0)', 0],
  ['log10(0.001)', -3],
  ['clamp(-1, 0, 10)', 0],
  ['toFixed(1.005, 2)', '1.01'],
  ['toFixed(0, 0)', '0'],
  ['range(3, 0, -2)', [3, 1]],
  ['range(1, 1)', []],
  ['range(0, 1, 0.25)', [0, 0.25, 0.5, 0.75]],
  ['bitNot(4294967295)', 0],
  ['bitOr(-1, 0)', -1],
  ['shiftLeft(1, 31)', -2147483648],
  ['[].min()', null],
  ['[].average()', null],
  ['[].maxBy(x => x.n)', null],
  ["['b', 'a', 'c'].minBy(x => x)", 'a'],
  ['[{ n: 1, a: 1 }, { n: 1, a: 2 }].maxBy(x => x.n).a', 1],
  ["keys(['__proto__', 'constructor'].groupBy(x => x))", ['__proto__', 'constructor']],
  ["['__proto__'].keyBy(x => x).__proto__", '__proto__'],
  ['[true, 1, true].countBy(x => x)', { true: 2, 1: 1 }],
  ["[null, 0, null, '0'].distinct()", [null, 0, '0']],
  ["[1, 2, 3].zip(['a'])", [[1, 'a']]],
  ['[1, 2, 3, 4].chunk(9)', [[1, 2, 3, 4]]],
  ['[[[1]]].flat()', [[1]]],
  ['[1, 2].findIndex(x => x > 5)', -1],
  ['[1, 2].findLast(x => x > 5)', null],
  ["'abc'.lastIndexOf('x')", -1],
  ["pick({ a: 1 }, ['toString', 'a', 'b'])", { a: 1 }],
  ["keys(fromEntries([['__proto__', 1], ['a']]))", ['__proto__', 'a']],
  ["fromEntries([['a', 1], ['a', 2]]).a", 2],
  ['merge({ a: [1] }, { a: [2] }).a', [2]],
  ['merge({ a: { b: 1 } }, { a: null }).a', null],
  ['keys(merge({}, parseJson(\'{"__proto__": {"a": 1}}\')))', ['__proto__']],
  ['typeOf(null)', 'null'],
  ['typeOf({})', 'object'],
  ['isObject(null)', false],
  ['isObject([])', false],
  ["base64Encode('')", ''],
  ["base64Decode('SGk')", 'Hi'],
  ["base64Decode('8J-YgA')", '😀'],
  ["base64Decode(base64Encode('a😀b'))", 'a😀b'],
  ["hexDecode(hexEncode('é'))", 'é'],
  ["urlDecode(urlEncode('a+b c/é'))", 'a+b c/é'],
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
  ["number('1e999')", 'range', '1e999 is beyond what a number holds exactly, ±(2^53−1). Keep it as a text'],
  [
    "number('-9007199254740993')",
    'range',
    '-9007199254740993 is beyond what a number holds exactly, ±(2^53−1). Keep it as a text',
  ],
  ['number(null)', 'type', 'number needs a text, not null'],
  ['round(1, 99)', 'range', 'round takes -15 to 15 digits'],
  ["parseTime('yesterday')", 'type', "'yesterday' is not a time like 2001-01-31T22:10:00Z or 2001/01/31 22:10"],
  ["parseTime('2001-02-29')", 'range', "'2001-02-29' is not a day and time that exists"],
  ["parseTime('2001-01-31T24:00')", 'range', "'2001-01-31T24:00' is not a day and time that exists"],
  ['formatTime(1e20)', 'range', '100000000000000000000 is no time that a calendar has'],
  ["'a'.repeat(-1)", 'range', 'repeat needs a count of 0 or more'],
  ["'a'.split(',', -1)", 'range', 'split needs a limit of 0 or more'],
  ["[1, 'a'].sort()", 'type', 'cannot order numbers and texts'],
  ['[true].sort()', 'type', 'cannot order by boolean, only by numbers or texts'],
  ['[1, null].sortBy(x => x)', 'type', 'cannot order by null, only by numbers or texts'],
  ["[1, 'a'].sum()", 'type', 'cannot sum string'],
  ['[[1]].join()', 'type', 'cannot join array; use map to make texts first'],
  ["parseJson('{')", 'type', 'This text is not JSON'],
  ["parseJson('[1e999]')", 'range', 'This JSON has the number 1e999 in [0], beyond ±(2^53−1). Write it as a text'],
  [
    'parseJson(\'{"a":{"b c":9007199254740993}}\')',
    'range',
    'This JSON has the number 9007199254740993 in a["b c"], beyond ±(2^53−1). Write it as a text',
  ],
  ['pow(10, 400)', 'range', '`pow` has no result for this number'],
  ['log(0)', 'range', '`log` has no result for this number'],
  ['log(-1)', 'range', '`log` has no result for this number'],
  ['exp(1000)', 'range', '`exp` has no result for this number'],
  ['clamp(1, 2, 1)', 'range', 'clamp needs bounds in order, not 2 and 1'],
  ['toFixed(1e21, 2)', 'range', 'toFixed takes numbers below 1e21, not 1e+21'],
  ['toFixed(1, 99)', 'range', 'toFixed takes 0 to 15 digits'],
  ['range(0, 1, 0)', 'range', 'range needs a step other than 0'],
  ['range(0, 1e308, 1e-308)', 'size', 'This list would have Infinity elements, more than 100000'],
  ['range(0, 100001)', 'size', 'This list would have 100001 elements, more than 100000'],
  ['bitAnd(4294967296, 1)', 'range', 'bitAnd works on 32 bits, and 4294967296 has more'],
  ['shiftLeft(1, 32)', 'range', 'shiftLeft takes 0 to 31 bits'],
  ['[1].chunk(0)', 'range', 'chunk needs a size of 1 or more'],
  ['[[1]].distinct()', 'type', 'cannot tell array apart, only texts, numbers, booleans and null'],
  ['[null].groupBy(x => x)', 'type', 'cannot group by null, only by texts, numbers or booleans'],
  ["['a'].max()", 'type', 'max takes numbers, not string'],
  ['[[]].minBy(x => x)', 'type', 'cannot order by array, only by numbers or texts'],
  ["pick({ a: 1 }, ['a', 1])", 'type', 'pick takes a list of names, not of number'],
  ["fromEntries([['a', 1], 'b'])", 'type', 'fromEntries takes a list of [name, value], not of string'],
  ["base64Decode('a')", 'type', "'a' is not base64"],
  ["base64Decode('QQ=')", 'type', "'QQ=' is not base64"],
  ["base64Decode('/w==')", 'range', 'the bytes that base64Decode gives are not UTF-8 text'],
  ["hexDecode('4')", 'type', "'4' is not hexadecimal"],
  ["hexDecode('4g')", 'type', "'4g' is not hexadecimal"],
  ["hexDecode('ff')", 'range', 'the bytes that hexDecode gives are not UTF-8 text'],
  ["urlDecode('%')", 'type', "'%' is not URL-encoded UTF-8"],
  ["urlEncode('\\ud800')", 'range', 'this text holds half of a pair of characters, which has no UTF-8'],
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
