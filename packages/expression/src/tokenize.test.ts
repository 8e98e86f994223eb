import { describe, expect, test } from 'vitest';
import { tokenize } from './tokenize.ts';

function kinds(source: string): string[] {
  return tokenize(source).map((token) => `${source.slice(token.start, token.end)} ${token.kind}`);
}

test('names what each part is', () => {
  expect(kinds("value.delay > 15.5 && value?.origin !== 'SFO'")).toEqual([
    'value root',
    '. punctuation',
    'delay field',
    '> operator',
    '15.5 number',
    '&& operator',
    'value root',
    '?. punctuation',
    'origin field',
    '!== operator',
    "'SFO' string",
  ]);
  expect(kinds('value.legs.map(leg => abs(leg.minutes) ?? null)')).toEqual([
    'value root',
    '. punctuation',
    'legs field',
    '. punctuation',
    'map function',
    '( punctuation',
    'leg name',
    '=> operator',
    'abs function',
    '( punctuation',
    'leg name',
    '. punctuation',
    'minutes field',
    ') punctuation',
    '?? operator',
    'null keyword',
    ') punctuation',
  ]);
});

test('a name in front of a colon is a field in an object and not in a condition', () => {
  expect(kinds('{ a: x ? key : b, key: 1 }')).toEqual([
    '{ punctuation',
    'a field',
    ': punctuation',
    'x name',
    '? operator',
    'key root',
    ': punctuation',
    'b name',
    ', punctuation',
    'key field',
    ': punctuation',
    '1 number',
    '} punctuation',
  ]);
  expect(kinds('a ? key : b')).toEqual(['a name', '? operator', 'key root', ': operator', 'b name']);
});

test('templates hold expressions, which hold templates', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
  expect(kinds('`a${value + `b${1}`}c`')).toEqual([
    '`a string',
    '${ punctuation',
    'value root',
    '+ operator',
    '`b string',
    '${ punctuation',
    '1 number',
    '} punctuation',
    '` string',
    '} punctuation',
    'c` string',
  ]);
});

describe('broken sources', () => {
  test.each<[string, string[]]>([
    ["'abc", ["'abc string"]],
    ["'a\\'b' + 'c", ["'a\\'b' string", '+ operator', "'c string"]],
    ['`a${', ['`a string', '${ punctuation']],
    ['value.', ['value root', '. punctuation']],
    ['1 /* open', ['1 number']],
    ['1 // rest', ['1 number']],
    ['§ value', ['§ punctuation', 'value root']],
    ['😀', ['😀 punctuation']],
    ['a?.5:b', ['a name', '? operator', '.5 number', ': operator', 'b name']],
    ['(]}', ['( punctuation', '] punctuation', '} punctuation']],
  ])('%s', (source, expected) => {
    expect(kinds(source)).toEqual(expected);
  });
});
