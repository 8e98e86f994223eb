// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates are those of the rewritten functions.
import { describe, expect, it } from 'vitest';
import { Inexpressible } from './inexpressible.ts';
import {
  rewriteFunction,
  rewriteGroupFunction,
  rewritePairFunction,
  rewritePairListFunction,
} from './rewrite-function.ts';
import { atom } from './written-expression.ts';

const record = [atom('key', 'string'), atom('value', 'string')];

describe('rewriteFunction', () => {
  it.each([
    ['(k, v) => k % 3 === 0', 'key % 3 == 0'],
    ['(k, v) => (k + 1) * 2', '(key + 1) * 2'],
    ['(k, v) => !(k === 1 && v !== 2)', '!(key == 1 && value != 2)'],
    ['(k, v) => k - (v - 1)', 'key - (value - 1)'],
    ["(k, v) => v.split('|')[1] ?? null", "value.split('|').at(1) ?? null"],
    ["(k, v) => v.includes(',') ? v.split(',')[1] : null", "value.includes(',') ? value.split(',').at(1) : null"],
    ['(k, v) => `${k}-${v}`', '`${key}-${value}`'],
    ['(k, v) => [`v${v}`, `k${k}`]', '[`v${value}`, `k${key}`]'],
    ["(k, v) => Number(v.split('@')[1])", "number(value.split('@').at(1))"],
    ['(k, v) => parseInt(v, 10)', 'number(value)'],
    ['(k, v) => Math.max(k, v)', 'max(key, value)'],
    ['(k, v) => v === undefined ? null : v.length', 'value == null ? null : value.length'],
    ["(k, v) => v.split(',').map(x => x + k)", "value.split(',').map((x2) => x2 + key)"],
    ['(k, v) => ({ ...v, n: k })', '{ ...value, n: key }'],
    ["(k, v) => ({ [k]: [...v, k], 'a b': 1 })", "{ [key]: [...value, key], 'a b': 1 }"],
    ["(k, v) => k['a b'] ?? v.c?.d", "key['a b'] ?? value.c?.d"],
    ["(k, v) => { if (v === 'x') throw new Error('x'); return v; }", "value == 'x' ? fail('x') : value"],
    ["(k, v) => { const [a, b] = v.split(','); return b + a; }", "value.split(',').at(1) + value.split(',').at(0)"],
    ['(k, v) => { if (k) { return 1; } else { return 2; } }', 'key ? 1 : 2'],
    ["(k, v) => 'it\\'s'", "'it\\'s'"],
  ])('writes %s', (source, expected) => {
    expect(rewriteFunction(source, record).text).toBe(expected);
  });

  it('puts what a parameter stands for in its place, in parentheses where it needs them', () => {
    const args = [atom('key', 'string'), { text: 'key + 1', binds: 6, type: 'int' as const }];
    expect(rewriteFunction('(k, v) => v * 2', args).text).toBe('(key + 1) * 2');
  });

  it.each([
    ['(k, v) => v.n', 'unknown'],
    ['(k, v) => `${v}`', 'string'],
    ['(k, v) => v.length', 'int'],
    ["(k, v) => v.split(',')[0]", 'string'],
    ['(k, v) => k === v', 'boolean'],
    ["(k, v) => k === 'x' ? null : v", 'string'],
  ] as const)('knows the type of %s', (source, type) => {
    expect(rewriteFunction(source, record).type).toBe(type);
  });

  it.each([
    '(k, v) => typeof v',
    '(k, v) => other(v)',
    '(k, v) => { let a = 1; return a; }',
    'v + 1',
    '(k, v) => new Date()',
  ])('refuses %s', (source) => {
    expect(() => rewriteFunction(source, record)).toThrow(Inexpressible);
  });
});

describe('rewritePairFunction', () => {
  it('parts the key from the value, under conditions too', () => {
    const { key, value } = rewritePairFunction("(k, v) => v === 'x' ? [k, 1] : [v, 2]", record);
    expect([key.text, value.text]).toEqual(["value == 'x' ? key : value", "value == 'x' ? 1 : 2"]);
  });
});

describe('rewriteGroupFunction', () => {
  it('gives no group to a row whose pair, key or value is null', () => {
    const source = "(k, v) => k === 'null' ? [null, v] : k === 'NULL' ? null : [v, v]";
    const { key, value } = rewriteGroupFunction(source, record);
    expect(key.text).toBe("key == 'null' ? null : key == 'NULL' ? null : value");
    expect(value.text).toBe('value');
  });

  it('looks at a value that may be null', () => {
    const { key, value } = rewriteGroupFunction('(k, v) => [v[0], v[1]]', record);
    expect([key.text, value.text]).toEqual(['value.at(1) == null ? null : value.at(0)', 'value.at(1)']);
  });
});

describe('rewritePairListFunction', () => {
  it('keeps the pairs as lists and knows the first one', () => {
    const { list, first } = rewritePairListFunction('(k, v) => [[v, k], [k, v]]', record);
    expect([list.text, first?.key.text]).toEqual(['[[value, key], [key, value]]', 'value']);
  });
});
