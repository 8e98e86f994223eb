import { describe, expect, test } from 'vitest';
import { compileExpression } from './compile.ts';
import { evaluate, flightRoots, problemsOf, unknownRoots } from './testing/evaluate.ts';

/** Ways that have led out of other expression languages. */
const attempts = [
  'value.constructor',
  'value.constructor.constructor',
  "value['constructor']['constructor']",
  'value[`constructor`][`constructor`]',
  "value['const' + 'ructor']['const' + 'ructor']",
  'value?.constructor?.constructor',
  'value.__proto__',
  "value['__proto__']",
  "value['__pro' + 'to__']",
  'value?.__proto__?.constructor',
  'value.legs.constructor',
  "value.legs['constructor']",
  'value.origin.constructor',
  "value.origin['constructor']",
  'value.delay.constructor',
  'value.legs.__proto__',
  'value.legs.map',
  'value.origin.trim',
  'value.toString',
  'value.valueOf',
  'value.hasOwnProperty',
  'value.__defineGetter__',
  'value.__lookupGetter__',
  '({}).constructor',
  "({})['constructor']",
  '[].constructor',
  "''.constructor",
  '(1).constructor',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
  '`${value}`.constructor',
  '({ ...value }).constructor',
  'value.legs.map(leg => leg.constructor)',
  "value.legs.map(leg => leg['constr' + 'uctor'])",
  'value.legs.reduce((result, leg) => result.constructor, {})',
  'value.legs[value.legs.length].constructor',
  'parseJson("{}").constructor',
  'parseJson("{}").__proto__.constructor',
  'keys(value).constructor',
];

/** Code that must not even compile. */
const refused = [
  "value.constructor.constructor('return 1')()",
  "value['constructor']['constructor']('return 1')()",
  "[].map.constructor('return 1')()",
  "(x => x).constructor('return 1')()",
  "value.legs.map.call(value.legs, 'x')",
  'value.legs.map(eval)',
  'value.legs.map(value.constructor)',
  'value.toString()',
  'value.valueOf()',
  "value.hasOwnProperty('delay')",
  "value.__defineGetter__('x', x => 1)",
  'this',
  'this.constructor',
  'globalThis',
  'globalThis.process',
  'window.document',
  'self',
  'global',
  'process.env',
  "require('fs')",
  "import('fs')",
  'import.meta.url',
  "eval('1')",
  "Function('return 1')()",
  "new Function('return 1')()",
  'new value.constructor',
  'new.target',
  'super.x',
  'arguments',
  'Object.prototype',
  'Object.getPrototypeOf(value)',
  "Reflect.get(value, 'constructor')",
  'Symbol.iterator',
  'value.x = 1',
  "value['__proto__'] = 1",
  'value.legs.push(1)',
  '[value.x] = [1]',
  '({ a: value.x } = value)',
  'delete value.x',
  'value.x++',
  'value`x`',
  'eval`x`',
  'value.origin.trim`x`',
  'abs`1`',
  'function f() {}',
  'class A { static { value } }',
  'async () => 1',
  'yield 1',
  'await 1',
  '({ get a() { return 1 } })',
  '({ set a(x) {} })',
  '({ a() { return 1 } })',
  '({ async *a() {} })',
  '({ toString: x => 1 })',
  'x => x',
  '(() => 1)()',
  '[x => x][0](1)',
  'value.legs.map(x => y => 1)',
  'value.legs.map(function (x) { return x })',
  'value.legs.map((...x) => x)',
  'value.legs.map(({ constructor }) => constructor)',
  '/(a+)+$/.test(value.origin)',
  'value#x',
  '#x in value',
  'value.#x',
  'debugger',
  'with (value) x',
  'value; value',
  'value, value',
  '<!-- value',
  '\\u0065val("1")',
  'value["trim"]()',
  'value.trim?.()',
  'abs?.(1)',
];

test('no attempt reaches a prototype: each is refused or reads the null of a missing field', () => {
  for (const source of attempts) {
    const result = compileExpression(source, unknownRoots);
    if (!result.ok) continue;
    let outcome: unknown = null;
    try {
      outcome = evaluate(source, { value: { origin: 'SFO', delay: 1, legs: [{}] } });
    } catch (error) {
      expect((error as Error).name, source).toBe('ExpressionFailure');
    }
    // Inside lists the missing fields are null too.
    expect(JSON.stringify(outcome), source).toMatch(/^(null|\[null\])$/);
  }
});

test('code is refused', () => {
  for (const source of refused) {
    for (const roots of [flightRoots, unknownRoots]) {
      if (source.startsWith('window') && roots === unknownRoots) continue;
      const result = compileExpression(source, roots);
      expect(result.ok, source).toBe(false);
      expect(result.problems.length, source).toBeGreaterThan(0);
    }
  }
});

describe('data with the names of inherited members is data', () => {
  const value = JSON.parse(
    '{"constructor": 1, "__proto__": {"a": 2}, "toString": "text", "hasOwnProperty": null, "length": 5, "map": [6], "0": 7}',
  );

  test.each<[string, unknown]>([
    ['value.constructor', 1],
    ["value['constructor']", 1],
    ["value['construct' + 'or']", 1],
    ['value.__proto__.a', 2],
    ["value['__proto__'].a", 2],
    ["value['__pro' + 'to__'].a", 2],
    ['value.toString', 'text'],
    ['value.hasOwnProperty', null],
    ['value.length', 5],
    ['value.map[0]', 6],
    ["value['0']", 7],
    ["has(value, '__proto__')", true],
    ["has({}, '__proto__')", false],
    ['keys(value).length', 7],
  ])('%s', (source, expected) => {
    expect(evaluate(source, { value })).toEqual(expected);
  });

  test('and stays so in objects that an expression builds', () => {
    const sources = [
      '{ __proto__: { polluted: 1 } }',
      "{ '__proto__': { polluted: 1 } }",
      "{ ['__proto__']: { polluted: 1 } }",
      "{ ['__pro' + 'to__']: { polluted: 1 } }",
      '{ ...value }',
      '{ a: 1, ...value }',
      "[1].reduce((result, x) => ({ ...result, ['__proto__']: { polluted: 1 } }), {})",
    ];
    for (const source of sources) {
      const result = evaluate(source, { value: JSON.parse('{"__proto__": {"polluted": 1}}') }) as object;
      expect(Object.getPrototypeOf(result), source).toBe(Object.prototype);
      expect(Object.hasOwn(result, '__proto__'), source).toBe(true);
      expect((result as { polluted?: unknown }).polluted, source).toBeUndefined();
      expect(JSON.stringify(result), source).toContain('"__proto__":{"polluted":1}');
    }
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

test('the shorthand of __proto__ is a name like any other', () => {
  expect(problemsOf('{ __proto__ }')).toEqual(['error: unknown-name "__proto__"']);
});
