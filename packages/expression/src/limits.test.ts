import { describe, expect, test } from 'vitest';
import { compileExpression } from './compile.ts';
import { compiled, evaluate, failureOf, problemsOf, scopeOf, unknownRoots } from './testing/evaluate.ts';
import { arrayOf, formatValueType, unionOf, unknownType, type ValueType } from './value-type.ts';

function codes(source: string): string[] {
  return compileExpression(source, unknownRoots).problems.map((problem) => problem.code);
}

describe('a source is bounded', () => {
  test('4,096 characters are the most', () => {
    expect(codes(`'${'x'.repeat(4094)}'`)).toEqual([]);
    expect(codes(`'${'x'.repeat(4095)}'`)).toEqual(['too-long']);
    expect(codes('('.repeat(1_000_000))).toEqual(['too-long']);
  });

  test('64 levels are the most', () => {
    expect(codes(`${'('.repeat(64)}1${')'.repeat(64)}`)).toEqual([]);
    expect(codes(`${'('.repeat(65)}1${')'.repeat(65)}`)).toEqual(['too-deep']);
    expect(codes(`${'['.repeat(63)}1${']'.repeat(63)}`)).toEqual([]);
    expect(codes(`${'['.repeat(64)}1${']'.repeat(64)}`)).toEqual(['too-deep']);
    expect(codes(`1${' + 1'.repeat(63)}`)).toEqual([]);
    expect(codes(`1${' + 1'.repeat(64)}`)).toEqual(['too-deep']);
  });

  test('2,000 parts are the most', () => {
    expect(codes(`[${'1,'.repeat(1998)}1]`)).toEqual([]);
    expect(codes(`[${'1,'.repeat(2000)}1]`)).toEqual(['too-many-nodes']);
  });

  test('a pattern is bounded before it is built', () => {
    const pattern = (text: string): string[] => codes(`key.matches('${text}')`);
    expect(pattern('x'.repeat(1000))).toEqual([]);
    expect(pattern('x'.repeat(1001))).toEqual(['bad-pattern']);
    expect(pattern('x{1000}')).toEqual([]);
    for (const huge of [
      'x{1000}'.repeat(3),
      '(?:abc){900}',
      '(?:(?:x{10}){10}){30}',
      `(?:${'[]-a]'.repeat(100)}){30}`,
    ]) {
      expect(pattern(huge), huge).toEqual(['bad-pattern']);
    }
    expect(pattern('(x)'.repeat(51))).toEqual(['bad-pattern']);
    const many = (count: number): string => `[${"key.matches('a+'), ".repeat(count)}]`;
    expect(codes(many(32))).toEqual([]);
    expect(codes(many(40))).toEqual(['too-many-patterns']);
  });

  test('a type in which parts are shared without end stays small', () => {
    const doubled = (seed: string): string => `[${seed}]${'.map(a => ({ p: a, q: a }))'.repeat(50)}`;
    const source = `key == 1 ? ${doubled('1')} : ${doubled("'a'")}`;
    expect(source.length).toBeLessThan(4096);
    const result = compileExpression(source, unknownRoots);
    expect(result.ok && JSON.stringify(result.expression.type).length).toBeLessThan(2_000_000);
    expect(result.ok && result.expression.type.kind).toBe('array');
  });

  test('a type that each of a row of nodes makes deeper stays shallow', () => {
    let deeper = '';
    for (let depth = 1; deeper.length < 3800; depth++) deeper += `.map(x => ${'['.repeat(depth)}x${']'.repeat(depth)})`;
    let type: ValueType = unknownType;
    for (let node = 0; node < 4; node++) {
      const source = `true ? [value]${deeper} : [1]`;
      type = compiled(source, { value: type }).type;
    }
    expect(formatValueType(type).length).toBeLessThan(1000);
    // Two that differ only at their end are merged to it.
    expect(() => unionOf(type, arrayOf(type))).not.toThrow();
  });

  test('no nesting that fits into 4,096 characters overflows the stack', () => {
    const nests: [string, string, string][] = [
      ['(', '1', ')'],
      ['(', '', ''],
      ['[', '', ']'],
      ['{', '', '}'],
      ['{a:', '1', '}'],
      ['!', 'true', ''],
      ['- ', '1', ''],
      ['typeof ', '1', ''],
      ['new ', 'x', ''],
      ['await ', '1', ''],
      ['x=>', '1', ''],
      ['async x=>', '1', ''],
      ['a=', '1', ''],
      ['2**', '1', ''],
      ['1?1:', '1', ''],
      ['1?', '1', ':1'],
      ['1+', '1', ''],
      ['a??', '1', ''],
      ['`${', '1', '}`'],
      ['f(', '1', ')'],
      ['x.map(x=>', '1', ')'],
      ['a[', '1', ']'],
      ['...', '1', ''],
      ['[...', '1', ']'],
      ['function(){return ', '1', '}'],
      ['class{x=', '1', '}'],
      ['a?.', 'b', ''],
      ['a.', 'b', ''],
      ['/', '', ''],
      ['import(', '1', ')'],
      ['(a,', '1', ')'],
      ['{get a(){return ', '1', '}}'],
      ['((a)=>', '1', ')'],
      ['(a=', '1', ')=>1'],
    ];
    for (const [before, middle, after] of nests) {
      const times = Math.floor((4096 - middle.length) / (before.length + after.length));
      const source = before.repeat(times) + middle + after.repeat(times);
      const problems = problemsOf(source, unknownRoots);
      expect(problems.length, `${before}${middle}${after}`).toBeGreaterThan(0);
    }
  });
});

describe('an evaluation is bounded', () => {
  const list = Array.from({ length: 1000 }, (_, place) => place);
  const text = 'a'.repeat(1_000_000);

  test.each<[string, string]>([
    ['value.map(a => value.map(b => value.map(c => 1)))', 'steps'],
    ['value.map(a => value.filter(b => a < b).length)', 'steps'],
    ['value.map(a => value.sum())', 'steps'],
    ['value.map(a => value.includes(-1))', 'steps'],
    ['value.map(a => value.slice(0).length)', 'steps'],
    ['value.map(a => [...value].length)', 'steps'],
    ['value.map(a => value.concat(value).length)', 'steps'],
    ["value.map(a => value.join('').length)", 'steps'],
    ['value.map(a => value.sort().length)', 'steps'],
    ['value.map(a => value.reverse().length)', 'steps'],
    ["value.map(a => 'x'.repeat(100000).length)", 'steps'],
    ['value.flatMap(a => value)', 'steps'],
    ['value.map(a => range(0, 1000).length)', 'steps'],
    ['value.map(a => value.distinct().length)', 'steps'],
    ["value.map(a => value.groupBy(b => 'x'))", 'steps'],
    ['value.map(a => value.zip(value).length)', 'steps'],
    ['value.map(a => value.chunk(1).length)', 'steps'],
    ['value.map(a => value.max())', 'steps'],
    ['value.map(a => [value].flat().length)', 'steps'],
    ["value.map(a => sha256('x'.repeat(10000)))", 'steps'],
    ["value.map(a => 'ab'.repeat(10000).matches('(a|b)*c'))", 'steps'],
    ["value.map(a => value.map(b => year(b, 'Europe/Berlin')))", 'steps'],
    ['value.reduce((all, a) => merge(all, fromEntries([[string(a), a]])), {})', 'steps'],
    ['value.reduce((all, a) => ({ ...all, [string(a)]: a }), {})', 'steps'],
  ])('%s', (source, code) => {
    expect(failureOf(source, { value: list }).code).toBe(code);
  });

  test.each<[string, string]>([
    ['value.repeat(2)', 'size'],
    ["'ab'.repeat(1e15)", 'size'],
    ["'a'.padStart(1e9)", 'size'],
    ["'a'.padEnd(1e9, value)", 'size'],
    ['value + value', 'size'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
    ['`${value}${value}`', 'size'],
    ["value.replaceAll('a', 'bb')", 'size'],
    ["value.replaceAll('', 'bb')", 'size'],
    ["value.split('')", 'size'],
    ['[value, value].join()', 'size'],
    ['toJson([value, value])', 'size'],
    ['value.slice(0, 500000).indexOf(value.slice(1, 400000) + value.slice(0, 1) + "b")', 'steps'],
    ['value.split(",").map(x => [x, x, x, x, x])', 'size'],
    ["value.replacePattern('a', 'bb')", 'size|steps'],
    ["value.slice(0, 100000).replacePattern('a+', '$&'.repeat(1000))", 'size'],
    ["value.matchAll('a')", 'steps'],
    ["value.slice(0, 5000).matchAll('a[^b]*b|a')", 'steps'],
    ["value.matches('(?:a|b)*a(?:a|b){200}')", 'steps'],
    ['base64Encode(value)', 'size|steps'],
    ['hexEncode(value)', 'size|steps'],
    ["urlEncode('é'.repeat(200000))", 'size'],
  ])('%s over a long text', (source, code) => {
    expect(failureOf(source, { value: text }).code).toMatch(new RegExp(`^(?:${code})$`));
  });

  test('texts that are compared in a loop are paid for', () => {
    const value = { a: text, b: `${text.slice(1)}a`, list };
    expect(failureOf('value.list.filter(x => value.a == value.b)', { value }).code).toBe('steps');
    expect(failureOf('value.list.filter(x => value.a <= value.b)', { value }).code).toBe('steps');
    expect(evaluate('value.a == value.b', { value })).toBe(true);
  });

  test('a list longer than 100,000 elements is refused before it is built', () => {
    const value = Array.from({ length: 60_000 }, () => 1);
    expect(failureOf('value.concat(value)', { value }).code).toBe('size');
    expect(failureOf('[...value, ...value]', { value }).code).toMatch(/size|steps/);
    const full = Array.from({ length: 100_000 }, () => 1);
    expect(evaluate('[...value].length', { value: full })).toBe(100_000);
    expect(failureOf('[1, ...value]', { value: full }).code).toBe('size');
    expect(failureOf('[...value, 1]', { value: full }).code).toBe('size');
    expect(evaluate('value.sum()', { value })).toBe(60_000);
    expect(evaluate('value.map(x => x + 1).length', { value })).toBe(60_000);
  });

  test('a result that shares one part without end is refused', () => {
    const value = list.slice(0, 60);
    expect(failureOf('value.reduce((pair, x) => [pair, pair], 1)', { value }).code).toBe('size');
    expect(failureOf('toJson(value.reduce((pair, x) => [pair, pair], 1))', { value }).code).toBe('size');
    expect(failureOf('value.reduce((pair, x) => ({ a: pair, b: pair }), 1)', { value }).code).toBe('size');
  });

  test('a result that is nested without end is refused', () => {
    expect(failureOf('value.reduce((nest, x) => [nest], 1)', { value: list }).code).toBe('size');
    expect(failureOf('parseJson(value)', { value: `${'['.repeat(50_000)}${']'.repeat(50_000)}` }).code).toBe('size');
  });

  test('copying the fields of a wide record again and again is paid for', () => {
    const value = Object.fromEntries(Array.from({ length: 20_000 }, (_, place) => [`f${place}`, place]));
    expect(failureOf(`{ ${'...value, '.repeat(40)} }`, { value }).code).toBe('steps');
    expect(failureOf(`[${'{ ...value }, '.repeat(40)}]`, { value }).code).toBe('steps');
    expect(Object.keys(evaluate('{ ...value, ...left, late: true }', { value, left: value }) as object)).toHaveLength(
      20_001,
    );
  });

  test('a record of any width is copied once', () => {
    const value = Object.fromEntries(Array.from({ length: 150_000 }, (_, place) => [`f${place}`, place]));
    expect(Object.keys(evaluate('{ ...value, late: true }', { value }) as object)).toHaveLength(150_001);
  });

  test('each evaluation has its own budget', () => {
    const expression = compiled('value.map(x => x + 1).sum()');
    const scope = scopeOf({ value: list });
    for (let round = 0; round < 200; round++) expect(expression.evaluate(scope)).toBe(500_500);
    expect(scope.steps).toBeLessThan(5000);
  });

  test('calls of methods that texts and lists share nest without doubling', () => {
    // Compiling an argument for both kinds of receiver would double the work at each level.
    let source = "'a'";
    for (let depth = 0; depth < 30; depth++) source = `value.slice(value.indexOf(${source}))`;
    expect(compileExpression(source, unknownRoots).ok).toBe(true);
  });
});
