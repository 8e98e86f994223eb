import { describe, expect, test } from 'vitest';
import { evaluate, failureOf, rawProblems } from '../testing/evaluate.ts';
import { estimatedSize } from './pattern-size.ts';

test.each<[string, unknown]>([
  ["'abc'.matches('b')", true],
  ["'abc'.matches('^b')", false],
  ["'abc'.matches('(?i)B')", true],
  ["'a\\nb'.matches('^b$')", false],
  ["'a\\nb'.matches('(?m)^b$')", true],
  ["'x'.matches(``)", true],
  ["'12'.matches('^\\\\d+$')", true],
  ["'٣'.matches('\\\\d')", false],
  ["'é'.matches('^\\\\pL$')", true],
  ["'😀'.matches('^.$')", true],
  ["'\\ud800'.matches('^.$')", true],
  ["'abc'.match('x')", null],
  ["'ac'.match('a(b)?(c)')", ['ac', null, 'c']],
  ["'abc'.match('')", ['']],
  ["'abc'.matchGroups('(?<first>.)(.)')", { first: 'a' }],
  ["'abc'.matchGroups('(?P<first>x)')", null],
  ["'ac'.matchGroups('a(?<b>b)?')", { b: null }],
  ["keys('a'.matchGroups('(?<__proto__>a)'))", ['__proto__']],
  ["'baac'.matchAll('a*').map(m => m[0])", ['', 'aa', '', '']],
  ["''.matchAll('')", [['']]],
  ["'abc'.matchAll('x')", []],
  ["'😀'.matchAll('x*').length", 2],
  ["'abc'.search('c')", 2],
  ["'😀c'.search('c')", 2],
  ["'abc'.search('x')", -1],
  ["'a1b22'.replacePattern('[0-9]+', '<$&>')", 'a<1>b<22>'],
  ["'a-b'.replacePattern('(a)-(?<last>b)', '$<last>-$1')", 'b-a'],
  ["'abc'.replacePattern('b', '$$1$')", 'a$1$c'],
  ["'baac'.replacePattern('a*', '-')", '-b--c-'],
  ["'ac'.replacePattern('a(b)?c', '[$1]')", '[]'],
  ["'abc'.replacePattern('x', 'y')", 'abc'],
  ["'abc'.splitPattern('')", ['a', 'b', 'c']],
  ["'abc'.splitPattern('x')", ['abc']],
  ["',a,'.splitPattern(',')", ['', 'a', '']],
  ["''.splitPattern(',')", ['']],
  ["['a1', 'b'].filter(x => x.matches('[0-9]'))", ['a1']],
])('%s', (source, expected) => {
  expect(evaluate(source)).toEqual(expected);
});

test('a replacement that names no group fails', () => {
  expect(failureOf("'a'.replacePattern('(a)', '$2')")).toMatchObject({
    code: 'range',
    message: 'the pattern has no group for $2',
  });
  expect(failureOf("'a'.replacePattern('(?<x>a)', value)", { value: '$<y>' }).message).toBe(
    'the pattern has no group for $<y>',
  );
});

describe('what is wrong with a pattern is said in words', () => {
  test.each([
    ["key.matches('(')", 'This pattern cannot be read: missing closing ): (.'],
    [
      "key.matches('a(?=b)')",
      'This pattern cannot be read: invalid or unsupported Perl syntax: (?=. Patterns cannot look ahead or behind.',
    ],
    [
      "key.matches('(a)\\\\1')",
      'This pattern cannot be read: invalid escape sequence: \\1. A pattern cannot refer back to a group.',
    ],
    ["key.matches('\\\\Qa')", '\\Q is not supported. Write a backslash before each special character.'],
    ["key.matches('\\d')", 'In a text a backslash is written twice: \\\\d. With one, the pattern only gets d.'],
    ['/a+/', "Write the pattern as a text: text.matches('[0-9]+'). A backslash in it is written twice."],
  ])('%s', (source, message) => {
    expect(rawProblems(source)[0]?.message).toBe(message);
  });
});

describe('patterns that are slow elsewhere take linear time', () => {
  const long = 'a'.repeat(60_000);
  test.each(["'^(a+)+$'", "'(a|aa)+$'", "'^(([a-z])+.)+[A-Z]([a-z])+$'", "'(.*)(.*)(.*)x'", "'(a*)*b'"])(
    '%s',
    (pattern) => {
      const isMatch = evaluate(`value.slice(0, 60000).matches(${pattern})`, { value: long });
      expect(isMatch).toBe(pattern.endsWith("$'") && !pattern.includes('A-Z'));
      expect(typeof evaluate(`value.search(${pattern})`, { value: long.slice(0, 5000) })).toBe('number');
    },
  );
});

test('the size of a pattern is estimated with its repetitions written out', () => {
  expect(estimatedSize('abc')).toBe(3);
  expect(estimatedSize('a{3}b')).toBe(4);
  expect(estimatedSize('a{2,5}')).toBe(5);
  expect(estimatedSize('a{2,}')).toBe(2);
  expect(estimatedSize('(?:ab){100}')).toBeGreaterThanOrEqual(200);
  expect(estimatedSize('((a{10}){10}){10}')).toBeGreaterThanOrEqual(1000);
  expect(estimatedSize('[]a{9}]{9}')).toBe(9);
  expect(estimatedSize('[[:alpha:]{9}]')).toBe(1);
  expect(estimatedSize('\\({9}')).toBe(9);
  expect(estimatedSize('a{,9}')).toBe(5);
});
