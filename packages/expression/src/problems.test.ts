import { describe, expect, test } from 'vitest';
import { compileExpression } from './compile.ts';
import { fixed, flightRoots, problemsOf, rawProblems } from './testing/evaluate.ts';
import { inferValueType, unionOf, type ValueType } from './value-type.ts';

test('every problem lies where the mistake is', () => {
  const cases: [source: string, code: string, at: string][] = [
    // What is not in the language.
    ['value.delay = 3', 'no-assignment', '='],
    ['value.delay += 3', 'no-assignment', '+='],
    ["'a' = 3", 'no-assignment', "'a'"],
    ['value.delay++', 'no-assignment', 'value.delay++'],
    ['1 + this.x', 'no-this', 'this'],
    ['new Map()', 'no-new', 'new Map()'],
    ['function () {}', 'no-function', 'function () {}'],
    ['class {}', 'no-class', 'class {}'],
    ['await value', 'no-await', 'await value'],
    ["import('x')", 'no-import', "import('x')"],
    ['import.meta', 'no-import', 'import.meta'],
    ['1 + /a+/', 'no-regex', '/a+/'],
    ['1 + /(/', 'no-regex', '/(/'],
    ['value.origin`x`', 'no-tag', 'value.origin`x`'],
    ['(1, 2)', 'no-sequence', '1, 2'],
    ['typeof value', 'no-operator', 'typeof value'],
    ['delete value.delay', 'no-operator', 'delete value.delay'],
    ['void 0', 'no-operator', 'void 0'],
    ["'delay' in value", 'no-operator', 'in'],
    ['value.delay & 1', 'no-operator', '&'],
    ['value.delay | 1', 'no-operator', '|'],
    ['value.delay >>> 1', 'no-operator', '>>>'],
    ['~1', 'no-operator', '~1'],
    ['value instanceof value', 'no-operator', 'instanceof'],
    ['value == undefined', 'no-undefined', 'undefined'],
    ['10n', 'no-bigint', '10n'],
    ['1e999', 'number-too-large', '1e999'],
    ['-9007199254740993', 'inexact-number', '9007199254740993'],
    ['0x20000000000001', 'inexact-number', '0x20000000000001'],
    ['9_007_199_254_740_992', 'inexact-number', '9_007_199_254_740_992'],
    ['{ 9007199254740993: 1 }', 'inexact-number', '9007199254740993'],
    // Texts that mean something to a function.
    ["key.matches('[')", 'bad-pattern', "'['"],
    ["key.match('a(?=b)')", 'bad-pattern', "'a(?=b)'"],
    ['key.search(`(`)', 'bad-pattern', '`(`'],
    ['key.matches(value.origin)', 'pattern-not-constant', 'value.origin'],
    ["key.replacePattern('a' + 'b', '')", 'pattern-not-constant', "'a' + 'b'"],
    ["key.matches('\\d+')", 'single-backslash', "'\\d+'"],
    ["startOf(timestamp, 'days')", 'bad-argument', "'days'"],
    ["year(timestamp, 'EST')", 'bad-argument', "'EST'"],
    ["formatTime(timestamp, 'yyyy-MM-dd')", 'bad-argument', "'yyyy-MM-dd'"],
    ["parseTime(key, null, 'Mars/Olympus')", 'bad-argument', "'Mars/Olympus'"],
    ['[1, , 2]', 'no-hole', '[1, , 2]'],
    ['x => 1', 'no-lambda', 'x => 1'],
    ['abs(x => 1)', 'no-lambda', 'x => 1'],
    ['value.legs.map(leg => { return 1 })', 'no-function', '{ return 1 }'],
    ['value.legs.map(async leg => 1)', 'no-await', 'async leg => 1'],
    ['value.legs.map(({ from }) => from)', 'no-pattern', '{ from }'],
    ['value.legs.map((leg = 1) => leg)', 'no-pattern', 'leg = 1'],
    ['value.legs.map(value => 1)', 'shadows-root', 'value'],
    ['({ get a() { return 1 } })', 'no-function', 'get a() { return 1 }'],
    ['({ a() { return 1 } })', 'no-function', 'a() { return 1 }'],
    ['max(...value.legs)', 'no-spread', '...value.legs'],
    ['value.legs.map(...[1])', 'no-spread', '...[1]'],
    ["value['trim']()", 'no-call', "value['trim']"],
    ['value.origin.trim?.()', 'no-call', 'value.origin.trim?.()'],
    ['(x => x)(1)', 'no-call', '(x => x)'],
    // Names.
    ['valu.delay', 'unknown-name', 'valu'],
    ['nothing', 'unknown-name', 'nothing'],
    ['left.delay', 'unknown-root', 'left'],
    ['abs', 'not-called', 'abs'],
    ['Math.floor(1)', 'no-global', 'Math.floor'],
    ['Math.PI', 'no-global', 'Math'],
    ['globalThis', 'no-global', 'globalThis'],
    ['JSON.parse(value.origin)', 'no-global', 'JSON.parse'],
    ['flor(1)', 'unknown-function', 'flor'],
    ['trim(value.origin)', 'unknown-function', 'trim'],
    ['value(1)', 'unknown-function', 'value'],
    ['Number(value.origin)', 'unknown-function', 'Number'],
    ['value.origin.trm()', 'unknown-method', 'trm'],
    ['value.origin.map(x => x)', 'unknown-method', 'map'],
    ['value.delay.toFixed(2)', 'unknown-method', 'toFixed'],
    ['value.delay.abs()', 'unknown-method', 'abs'],
    ['value.delays', 'unknown-field', 'delays'],
    ["value['delays']", 'unknown-field', "'delays'"],
    ['value.legs[0]?.minute', 'unknown-field', 'minute'],
    ['value.delay.x', 'no-fields', 'x'],
    ['value.legs.trim', 'no-fields', 'trim'],
    ['value.delay[0]', 'no-elements', 'value.delay'],
    ['value.airport.city', 'always-null', 'value.airport'],
    // Types.
    ['value.origin - 1', 'not-number', 'value.origin'],
    ['2 ** value.origin', 'not-number', 'value.origin'],
    ['+value.origin', 'not-number', 'value.origin'],
    ['true + 1', 'not-addable', 'true + 1'],
    ['value.legs + 1', 'not-addable', 'value.legs + 1'],
    ['value.delay > value.origin', 'not-comparable', 'value.delay > value.origin'],
    ['value.delay > null', 'not-comparable', 'value.delay > null'],
    ['!value.delay', 'not-boolean', 'value.delay'],
    ['value.origin || 1 > 0', 'not-boolean', 'value.origin'],
    ['value.delay ? 1 : 2', 'not-boolean', 'value.delay'],
    ['value.legs.filter(leg => leg.from)', 'not-boolean', 'leg.from'],
    ['value.legs == value.legs', 'compare-objects', 'value.legs == value.legs'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
    ['`${value.legs}`', 'not-text', 'value.legs'],
    ['[...value.delay]', 'not-array', 'value.delay'],
    ['({ ...value.legs })', 'not-object', 'value.legs'],
    ['value[1]', 'index-type', '1'],
    ['value.legs[key]', 'index-type', 'key'],
    ['({ [1 + 1]: 1 })', 'index-type', '1 + 1'],
    ['abs(key)', 'argument-type', 'key'],
    ['value.origin.repeat(key)', 'argument-type', 'key'],
    ['abs()', 'argument-count', 'abs'],
    ['abs(1, 2, 3)', 'argument-count', '2, 3'],
    ['coalesce()', 'argument-count', 'coalesce'],
    ['value.origin.slice()', 'argument-count', 'slice'],
    ['value.legs.map((leg, index, more) => 1)', 'argument-count', 'more'],
    ['value.legs.map(1)', 'needs-function', '1'],
    // Syntax.
    ['', 'empty', ''],
    ['// nothing', 'empty', '// nothing'],
    ['1 +', 'syntax', '+'],
    ['value.', 'syntax', '.'],
    ['(1 + 2', 'syntax', '('],
    ['[1, 2', 'syntax', '['],
    ['1)', 'syntax', ')'],
    ['1 2', 'syntax', '2'],
    ['value delay', 'syntax', 'delay'],
    ["value.origin == 'SFO", 'syntax', "'SFO"],
    ['`abc', 'syntax', '`abc'],
    ['1 /* 2', 'syntax', '/'],
    ['value.delay ?? 1 || 2', 'syntax', '||'],
    ['let x = 1', 'syntax', 'let'],
    ['if (true) 1', 'syntax', 'if'],
    ['1; 2', 'syntax', ';'],
  ];
  for (const [source, code, at] of cases) {
    expect(problemsOf(source), source).toEqual([`error: ${code} "${at}"`]);
  }
});

test('every message is a sentence without a place in brackets', () => {
  for (const source of [
    '1 +',
    'value.',
    "'a",
    '1 2',
    'value.delays',
    'a => 1',
    '`${',
    '({',
    'value.#x',
    '\\',
    '"\\u{zz}"',
    '08',
  ]) {
    for (const { message } of rawProblems(source)) {
      expect(message, source).toMatch(/[.…)]$/);
      expect(message, source).not.toMatch(/\(\d+:\d+\)/);
    }
    expect(rawProblems(source).length, source).toBeGreaterThan(0);
  }
});

test('a field that only some of the kinds have may be null', () => {
  const roots = { key: inferValueType('SFO'), value: inferValueType({ box: { width: 1 } }) };
  const result = compileExpression("(key == 'SFO' ? value.box : key).length", roots);
  expect(result.ok && result.expression.type).toEqual(unionOf(inferValueType(1), inferValueType(null)));
});

describe('the closest name', () => {
  test('a root is called what people know it by', () => {
    const message = (source: string) =>
      compileExpression(source, flightRoots, { rootNames: { value: 'flights' } }).problems[0]?.message;
    expect(message('value.delays > 15')).toBe('flights has no field delays. The closest is delay.');
    expect(message('value.origin.legs')).toMatch(/^value\.origin is string and has no field legs\./);
  });

  test('a misspelt field gets the exact words and a fix for the name alone', () => {
    expect(rawProblems('value.delays > 15')).toEqual([
      {
        code: 'unknown-field',
        severity: 'error',
        message: 'value has no field delays. The closest is delay.',
        start: 6,
        end: 12,
        fix: { title: 'Use delay', start: 6, end: 12, text: 'delay' },
      },
    ]);
  });

  test.each([
    ['value.delays > 15', 'value.delay > 15'],
    ["value['Delay'] > 15", "value['delay'] > 15"],
    ['valu.delay', 'value.delay'],
    ['flor(value.delay)', 'floor(value.delay)'],
    ['value.origin.trm()', 'value.origin.trim()'],
    ['Math.floor(value.delay)', 'floor(value.delay)'],
    ['value.airport.city', 'value.airport?.city'],
    ['value.legs[0].from', 'value.legs[0]?.from'],
    ['value.airport[0]', 'value.airport?.[0]'],
    ['value.delay = 3', 'value.delay == 3'],
    ['value.delay > 3 & value.delay < 9', 'value.delay > 3 && value.delay < 9'],
    ['value.airport == undefined', 'value.airport == null'],
    ["key.matches('\\d+\\.\\n')", "key.matches('\\\\d+\\\\.\\n')"],
  ])('%s becomes %s', (source, expected) => {
    expect(fixed(source)).toBe(expected);
  });

  test('a name that is not near anything gets the list instead', () => {
    const [problem] = rawProblems('value.passengers');
    expect(problem?.message).toBe(
      'value has no field passengers. It has date, delay, distance, origin, destination, airport, legs.',
    );
    expect(problem?.fix).toBeUndefined();
  });

  test('a name that cannot stand after a dot is named but not put there', () => {
    const roots = { value: inferValueType({ 'delay in minutes': 1 }) };
    const [problem] = rawProblems('value.delayinminutes', roots);
    expect(problem?.message).toBe('value has no field delayinminutes. The closest is delay in minutes.');
    expect(problem?.fix).toBeUndefined();
    expect(fixed('value["delay in minute"]', roots)).toBe('value["delay in minutes"]');
  });
});

test('all problems are found at once, in the order of the source', () => {
  expect(problemsOf('value.delays > 15 && abs(key) > this.x && 1')).toEqual([
    'error: unknown-field "delays"',
    'error: argument-type "key"',
    'error: no-this "this"',
    'error: not-boolean "1"',
  ]);
});

describe('warnings say what may fail on some record, and compile', () => {
  const nullable: ValueType = unionOf(inferValueType({ city: 'x', size: 1 }), { kind: 'null' });
  const mixed: ValueType = unionOf(inferValueType(1), inferValueType('x'));
  const roots = { ...flightRoots, left: nullable, right: mixed };

  test.each<[string, string[]]>([
    ['left.city', ['warning: maybe-null "left"']],
    ['left?.city', []],
    ['left?.size > 3', ['warning: maybe-null "left?.size"']],
    ['(left?.size ?? 0) > 3', []],
    ['left?.size * 2', ['warning: maybe-null "left?.size"']],
    ['abs(left?.size)', ['warning: maybe-null "left?.size"']],
    ['left != null && left.size > 3', []],
    ['null != left && left.size > 3', []],
    ['left?.size != null && left.size > 3', []],
    ['!(left == null) && left.size > 3', []],
    ['left == null || left.size > 3', []],
    ['left == null ? 0 : left.size', []],
    ['left != null && value.delay > 3 ? left.size : 0', []],
    ['value.airport != null && value.airport.city == 3', []],
    ['value.legs.map(leg => left).filter(x => x != null && x.size > 3)', []],
    ['left == null && left.size > 3', ['warning: maybe-null "left"']],
    ['left != null || left.size > 3', ['warning: maybe-null "left"']],
    ['(left != null && left.size > 3) || left.size < 3', ['warning: maybe-null "left"']],
    ['left != null ? 0 : left.size', ['warning: maybe-null "left"']],
    ['value.airport?.city ?? 1 + 1', []],
    ['right * 2', ['warning: maybe-type "right"']],
    ['right > 2', ['warning: maybe-type "right > 2"']],
    ["value.delay == 'x'", ['warning: never-equal "value.delay == \'x\'"']],
    ['value.legs != null', ['warning: never-equal "value.legs != null"']],
    ['{ a: 1, a: 2 }', ['warning: duplicate-field "a"']],
  ])('%s', (source, expected) => {
    expect(problemsOf(source, roots)).toEqual(expected);
    expect(compileExpression(source, roots).ok).toBe(true);
  });
});

test('a root that is not there is refused by name, and says where it is', () => {
  expect(rawProblems('right.x')[0]?.message).toBe(
    'right exists only in a join. Here you can use key, value, timestamp.',
  );
  expect(rawProblems('window.start')[0]?.message).toContain('window exists only after a windowed aggregate.');
});

test('what is unknown is allowed', () => {
  const roots = { value: { kind: 'unknown' } as const };
  for (const source of [
    'value.a.b[0].c',
    'value.a > 1',
    'value.a.map(x => x.b + 1)',
    'value.a && value.b',
    '{ ...value }',
  ]) {
    expect(problemsOf(source, roots), source).toEqual([]);
  }
});
