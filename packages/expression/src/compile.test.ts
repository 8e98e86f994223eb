import { describe, expect, test } from 'vitest';
import { compileExpression } from './compile.ts';
import { Scope } from './scope.ts';
import { compiled, evaluate, failureOf, flight, flightRoots, problemsOf, scopeOf } from './testing/evaluate.ts';
import { formatValueType, inferValueType, type ValueType } from './value-type.ts';

const value = flight;

test.each<[string, unknown]>([
  ['1 + 2 * 3 ** 2', 19],
  ['7 % 4 - -1', 4],
  ['+value.delay', 32],
  ['-value.delay', -32],
  ['1_000', 1000],
  ['0x10', 16],
  ["'a' + 1", 'a1'],
  ["1.50 + ''", '1.5'],
  ["'is ' + true + ' and ' + null", 'is true and null'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
  ['`${value.origin}-${value.delay}${null}`', 'SFO-32null'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
  ['`${null}`', 'null'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
  ['`${value.airport}${value.missing}${true}`', 'nullnulltrue'],
  ['value.delay > 15', true],
  ['15 > value.delay', false],
  ['value.delay >= 32 && value.delay <= 32', true],
  ['value.delay < 32 || value.delay > 32', false],
  ["'B' < 'a'", true],
  ["'b' >= 'a'", true],
  ["value.origin == 'SFO'", true],
  ["value.origin === 'SFO'", true],
  ["value.origin != 'SFO'", false],
  ["value.origin !== 'SFO'", false],
  ["'SFO' == value.origin", true],
  ["value.delay == '32'", false],
  ['value.airport == null', true],
  ['value.legs == null', false],
  ['value.missing == null', true],
  ['null != value.airport', false],
  ['!(value.delay > 15)', false],
  ['value.airport ?? 0', 0],
  ['value.delay ?? 0', 32],
  ['value.missing', null],
  ["value['delay']", 32],
  ['value[`delay`]', 32],
  ["value['de' + 'lay']", 32],
  ["value['to' + 'String']", null],
  ['value.legs[1].from', 'OAK'],
  ['value.legs[2]', null],
  ['value.legs[-1]', null],
  ['value.legs[2]?.from', null],
  ['value.legs?.[0]?.minutes', 40],
  ['value.airport?.city', null],
  ['value.airport?.city.name.length', null],
  ['value.airport?.names[0].trim().length', null],
  ['(value.airport?.city) ?? 1', 1],
  ['value.legs.length', 2],
  ['value.origin.length', 3],
  ["value.delay > 15 ? 'late' : 'on time'", 'late'],
  ['[1, ...value.legs, ...value.missing].length', 3],
  ['({ a: 1, ...value.airport, ["b" + 1]: 2, 3: 4 })', { a: 1, b1: 2, 3: 4 }],
  ['{ delay: value.delay }', { delay: 32 }],
  ['{ ...{ a: 1, b: 2 }, b: 3 }', { a: 1, b: 3 }],
  ['{ key, timestamp }', { key: 'SFO', timestamp: 5 }],
  ['[value.delay, value.airport]', [32, null]],
  ['value.legs.map(leg => leg.minutes)', [40, 25]],
  ['value.legs.map((leg, index) => index)', [0, 1]],
  ['value.legs.map(leg => value.legs.filter(other => other.minutes < leg.minutes).length)', [1, 0]],
  ['value.legs.reduce((total, leg, index) => total + leg.minutes * index, 0)', 25],
  ['value.legs.reduce((byName, leg) => ({ ...byName, [leg.from]: leg.minutes }), {})', { SFO: 40, OAK: 25 }],
  ["true ? 'fine' : fail('never')", 'fine'],
  ["coalesce(value.airport, value.origin, fail('not reached'))", 'SFO'],
  ['value.delay // a comment\n + 1 /* another */', 33],
])('%s', (source, expected) => {
  expect(evaluate(source, { key: 'SFO', value, timestamp: 5 })).toEqual(expected);
});

describe('a failure says what and where', () => {
  test.each<[string, string, string, string]>([
    ['value.airport.city', 'type', '`value.airport` is null', 'value.airport'],
    ['value.legs[5].from', 'type', '`value.legs[5]` is null', 'value.legs[5]'],
    ['value.airport[0]', 'type', '`value.airport` is null', 'value.airport'],
    ['value.airport.trim()', 'type', '`value.airport` is null', 'value.airport'],
    ['value.airport > 1', 'type', '`value.airport` is null', 'value.airport'],
    ['1 + value.airport', 'type', '`value.airport` is null', 'value.airport'],
    ['-value.airport', 'type', '`value.airport` is null', 'value.airport'],
    ['!value.airport', 'type', '`value.airport` is null', 'value.airport'],
    ['value.airport ? 1 : 2', 'type', '`value.airport` is null', 'value.airport'],
    ['abs(value.airport)', 'type', '`value.airport` is null', 'value.airport'],
    ['true && value.origin < 5', 'type', 'cannot compare string with number', 'value.origin < 5'],
    ["parseJson('true') + 1", 'type', 'cannot add boolean and number', "parseJson('true') + 1"],
    ["value.legs + ''", 'type', 'cannot add array and string', "value.legs + ''"],
    ['value.origin * 2', 'type', '`value.origin` is string, and * needs numbers', 'value.origin'],
    ['value.legs == value.legs', 'type', 'cannot compare array with array', 'value.legs == value.legs'],
    ['value.delay && true', 'type', '`value.delay` is number, and a condition is true or false', 'value.delay'],
    ['false || value.origin', 'type', '`value.origin` is string, and a condition is true or false', 'value.origin'],
    [
      'value.legs.filter(leg => leg.from)',
      'type',
      '`leg.from` is string, and a condition is true or false',
      'leg.from',
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
    ['`${value.legs}`', 'type', '`value.legs` is array, and a template takes no lists or objects', 'value.legs'],
    ['value.delay.x', 'type', '`value.delay` is number and has no field x', 'value.delay'],
    ['value.delay[0]', 'type', '`value.delay` is number and has no elements', 'value.delay'],
    ['value.legs.x', 'type', '`value.legs` is array and has no field x', 'value.legs'],
    ["value.legs['0']", 'type', '`value.legs` is array and has no field 0', 'value.legs'],
    ['value.legs[0.5]', 'type', 'the place in a list must be a whole number, not 0.5', '0.5'],
    ['value[0]', 'type', 'the name of a field must be a text, not number', '0'],
    ['value.delay.trim()', 'type', '`value.delay` is number and has no method trim', 'value.delay'],
    ['value.origin.map(x => x)', 'type', '`value.origin` is string and has no method map', 'value.origin'],
    ['[...value.delay]', 'type', '`value.delay` is number, and only a list can be spread here', 'value.delay'],
    ['({ ...value.legs })', 'type', '`value.legs` is array, and only an object can be spread here', 'value.legs'],
    ['value.delay / 0', 'range', '32 / 0 has no finite result', 'value.delay / 0'],
    ['0 % 0', 'range', '0 % 0 has no finite result', '0 % 0'],
    ['10 ** 400', 'range', '10 ** 400 has no finite result', '10 ** 400'],
    ['1 + sqrt(-1)', 'range', '`sqrt` has no result for this number', 'sqrt(-1)'],
    ['value.origin.repeat(1.5)', 'type', 'repeat takes a whole number as count, not the number 1.5', '1.5'],
    ["1 + fail('no ' + value.origin)", 'fail', 'no SFO', "fail('no ' + value.origin)"],
  ])('%s', (source, code, message, at) => {
    expect(failureOf(source, { value })).toEqual({ code, message, at });
  });

  test('a null root', () => {
    expect(failureOf('value.delay', { value: null }).message).toBe('`value` is null');
    expect(failureOf('left.a', {}).message).toBe('`left` is null');
    expect(evaluate('left?.a', {})).toBe(null);
  });
});

test('what is not reached does not fail', () => {
  expect(evaluate("value.airport != null && value.airport.city == 'x'", { value })).toBe(false);
  expect(evaluate("value.airport == null || value.airport.city == 'x'", { value })).toBe(true);
  expect(evaluate("value.delay ?? fail('no delay')", { value })).toBe(32);
});

test('one compiled expression serves many records, and a failure leaves nothing behind', () => {
  const expression = compiled('value.legs.map(leg => leg.minutes + 1)');
  const scope = new Scope();
  scope.value = { legs: [{ minutes: 1 }] };
  expect(expression.evaluate(scope)).toEqual([2]);
  scope.value = { legs: [{ minutes: null }] };
  expect(() => expression.evaluate(scope)).toThrow('`leg.minutes` is null');
  scope.value = { legs: [{ minutes: 3 }, { minutes: 4 }] };
  expect(expression.evaluate(scope)).toEqual([4, 5]);
});

test('the roots are never changed', () => {
  const frozen = JSON.parse('{"list":[3,1,2],"o":{"a":1,"__proto__":{"b":2}}}');
  const before = JSON.stringify(frozen);
  for (const source of ['value.list.sort()', 'value.list.reverse()', '{ ...value.o, a: 2 }', '[...value.list, 4]']) {
    evaluate(source, { value: frozen });
  }
  expect(JSON.stringify(frozen)).toBe(before);
});

describe('types', () => {
  test.each<[string, string]>([
    ['value.delay > 15', 'boolean'],
    ['value.delay + 1', 'number'],
    ["value.origin + '-' + value.delay", 'string'],
    ['value.airport ?? value.delay', 'number'],
    ['value.legs[0]', '{from, minutes} | null'],
    ['value.legs[0]?.minutes', 'number | null'],
    ['value.legs.map(leg => leg.minutes)', '[number]'],
    ['value.legs.map(leg => leg.minutes).sum()', 'number'],
    ['value.legs.find(leg => leg.minutes > 30)', '{from, minutes} | null'],
    ['value.legs.flatMap(leg => [leg.from])', '[string]'],
    ['value.legs.reduce((total, leg) => total + leg.minutes, 0)', 'number'],
    ['value.legs.reduce((names, leg) => [...names, leg.from], [])', '[unknown]'],
    ['value.legs.reduce((all, leg) => ({ n: all.n + 1, last: leg.from }), { n: 0 })', '{n, last, …}'],
    // From the second round on, the running result is what the function gave and not like its start.
    ['value.legs.reduce((pair, leg) => [pair, pair], 1)', 'unknown'],
    ['value.legs.reduce((pair, leg) => ({ a: pair }), 1)', 'unknown'],
    ['value.legs.reduce((all, leg) => ({ n: [all.n] }), { n: 0 })', 'unknown'],
    ["value.legs.reduce((total, leg) => total + 1, 0) + ''", 'string'],
    ["{ ...value, delay: '' }", '{date, delay, distance, origin, destination, airport, legs}'],
    ["value.delay > 15 ? 'late' : null", 'string | null'],
    ["value.delay > 15 ? 1 : fail('early')", 'number'],
    ['coalesce(value.airport, 0)', 'number'],
    ['keys(value)', '[string]'],
    ["[1, 'a']", '[number | string]'],
    ['parseJson(value.origin)', 'unknown'],
  ])('%s is %s', (source, expected) => {
    expect(formatValueType(compiled(source, flightRoots).type, 9)).toBe(expected);
  });

  test('an optional field may be null', () => {
    const optional: ValueType = {
      kind: 'object',
      open: true,
      fields: [{ name: 'a', type: { kind: 'number' }, optional: true }],
    };
    expect(formatValueType(compiled('value.a', { value: optional }).type)).toBe('number | null');
    expect(formatValueType(compiled('value.other', { value: optional }).type)).toBe('unknown');
  });

  test('results agree with the types that the checker gave them', () => {
    for (const source of [
      'value.delay',
      'value.legs',
      '{ ...value, a: value.legs[0] }',
      'value.legs.map(leg => leg.from)',
    ]) {
      const expression = compiled(source, flightRoots);
      const seen = inferValueType(expression.evaluate(scopeOf({ value })));
      expect(expression.type.kind).toBe(seen.kind);
    }
  });
});

describe('fieldsRead', () => {
  test.each<[string, string[]]>([
    ['value.delay > 15', ['value.delay']],
    ['value.delay > 15 && value.delay < 20', ['value.delay']],
    ['value.legs[0].from', ['value.legs']],
    ['value.legs.length', ['value.legs']],
    ['value.airport?.city', ['value.airport.city']],
    ['value.airport?.city == value.airport', ['value.airport']],
    ['value.origin.trim().length', ['value.origin']],
    ['value.legs.map(leg => leg.minutes + value.delay)', ['value.legs', 'value.delay']],
    ['value[key]', ['key', 'value']],
    ['value', ['value']],
    ['{ ...value, late: value.delay > 15 }', ['value']],
    ["value['delay']", ['value.delay']],
    ["value['a b'] > 1", ['value.a b']],
    ["value?.['a b']?.c", ['value.a b.c']],
    ['value[`delay`]', ['value.delay']],
    ['(value).delay', ['value.delay']],
    ['(value ?? left).delay', ['value', 'left']],
    ['(true ? value : left).delay', ['value', 'left']],
    ['value?.airport?.city?.name', ['value.airport.city.name']],
    ['value.airport?.[key]', ['key', 'value.airport']],
    ['value.legs.map(leg => left[leg.from])', ['value.legs', 'left']],
    ['value.legs.map(leg => ({ ...left, m: leg.minutes }))', ['value.legs', 'left']],
    ['[1].map(x => value.legs.map(y => right.a + x))', ['value.legs', 'right.a']],
    ["has(value, 'delay')", ['value']],
    ["pick(value, ['delay'])", ['value']],
    ['[...value.legs, value.delay]', ['value.legs', 'value.delay']],
    ['value.delay > 1 && value.legs.length > 0', ['value.delay', 'value.legs']],
    ['({ [value.origin]: 1, delay: left.delay })', ['value.origin', 'left.delay']],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source under test is a template
    ['`${value.origin}`', ['value.origin']],
    ['coalesce(value.a, left.b)', ['value.a', 'left.b']],
    ["value.origin.matches('a')", ['value.origin']],
    ['fail(value.origin)', ['value.origin']],
    ['value.constructor.__proto__', ['value.constructor.__proto__']],
    ['timestamp > 3 ? key : value.origin', ['key', 'value.origin', 'timestamp']],
    ['1 + 2', []],
  ])('%s', (source, expected) => {
    const paths = compiled(source).fieldsRead.map(({ root, path }) => [root, ...path].join('.'));
    expect(paths).toEqual(expected);
  });

  test('length of a closed object is a field like any other', () => {
    const expression = compiled('value.length', { value: inferValueType({ length: 3 }) });
    expect(expression.fieldsRead).toEqual([{ root: 'value', path: ['length'] }]);
    expect(expression.evaluate(scopeOf({ value: { length: 3 } }))).toBe(3);
  });
});

describe('an expected type', () => {
  const boolean: ValueType = { kind: 'boolean' };

  test('refuses what is certain to be another', () => {
    expect(problemsOf('value.delay', flightRoots, { expect: boolean })).toEqual(['error: not-boolean "value.delay"']);
    expect(compileExpression('value.delay > 15', flightRoots, { expect: boolean }).ok).toBe(true);
  });

  test('checks while it runs what is not certain', () => {
    const expression = compiled('value', undefined, { expect: boolean });
    expect(expression.evaluate(scopeOf({ value: true }))).toBe(true);
    expect(() => expression.evaluate(scopeOf({ value: 'yes' }))).toThrow('the result is string, not boolean');
    expect(() => expression.evaluate(scopeOf({ value: null }))).toThrow('the result is null, not boolean');
  });
});
