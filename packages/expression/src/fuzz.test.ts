import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileExpression } from './compile.ts';
import { completionsAt } from './completion.ts';
import { ExpressionFailure } from './failure.ts';
import { functionDocs } from './language.ts';
import { stepsMax } from './limits.ts';
import type { RootTypes } from './scope.ts';
import { flight, flightRoots, scopeOf, unknownRoots } from './testing/evaluate.ts';
import { tokenize } from './tokenize.ts';
import { inferValueType, typesOverlap } from './value-type.ts';

/** The default run is always the same; set FUZZ_SEED to look elsewhere. */
const seed = Number(process.env.FUZZ_SEED ?? 912925301);
console.log(`expression fuzz seed ${seed}`);

const hostileNames = [
  'constructor',
  '__proto__',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
];
const fieldNames = [...Object.keys(flight), 'from', 'minutes', 'length', 'x', ...hostileNames];

/** A record with data under every hostile name, nested, and everything a flight has. */
const record: unknown = JSON.parse(
  `{"constructor":{"constructor":"text"},"__proto__":{"polluted":1},"toString":[1,2,"x"],${JSON.stringify(flight).slice(1)}`,
);
const values = { key: 'SFO', value: record, timestamp: 980979000000, left: flight, right: null };

const inherited = [Object, Array, String, Number, Boolean, Function].map(({ prototype }) => prototype);

function snapshot(): string {
  return JSON.stringify(inherited.map((prototype) => Reflect.ownKeys(prototype).map(String)));
}

function expectPlainData(value: unknown, source: string): void {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return;
  if (typeof value === 'number') {
    expect(Number.isFinite(value), source).toBe(true);
    return;
  }
  expect(typeof value, source).toBe('object');
  const prototype = Object.getPrototypeOf(value);
  expect(prototype === Object.prototype || prototype === Array.prototype, source).toBe(true);
  for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(value as object))) {
    expect(descriptor.get ?? descriptor.set, source).toBeUndefined();
    expectPlainData(descriptor.value, source);
  }
}

const outcomes = { refused: 0, failed: 0, ran: 0 };
const knownRoots: RootTypes = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, inferValueType(value)]),
);

/** Compiles and runs a source as a stranger might, and counts how it went. */
function probe(source: string): void {
  const before = snapshot();
  for (const token of tokenize(source)) expect(token.end, source).toBeGreaterThan(token.start);
  for (const roots of [knownRoots, unknownRoots]) {
    const result = compileExpression(source, roots);
    for (const { start, end, fix } of result.problems) {
      expect(0 <= start && start <= end && end <= source.length, source).toBe(true);
      if (fix) expect(0 <= fix.start && fix.start <= fix.end && fix.end <= source.length, source).toBe(true);
    }
    expect(result.ok, source).toBe(!result.problems.some((problem) => problem.severity === 'error'));
    if (!result.ok) {
      outcomes.refused++;
      continue;
    }
    const scope = scopeOf(values);
    const data = JSON.stringify(values);
    try {
      const value = result.expression.evaluate(scope);
      expectPlainData(value, source);
      // What the checker says about the result is true when what it was told about the roots is.
      expect(typesOverlap(result.expression.type, inferValueType(value)), source).toBe(true);
      outcomes.ran++;
      expect(scope.steps, source).toBeLessThanOrEqual(stepsMax);
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error;
      expect(0 <= error.start && error.start < error.end && error.end <= source.length, source).toBe(true);
      outcomes.failed++;
    }
    expect(JSON.stringify(values), source).toBe(data);
  }
  expect(snapshot(), source).toBe(before);
}

type Source = fc.Arbitrary<string>;

const soup = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('value', 'key', 'timestamp', 'left', 'right', 'x', 'this', 'Math') },
      { weight: 3, arbitrary: fc.constantFrom(...fieldNames) },
      {
        weight: 6,
        arbitrary: fc.constantFrom('.', '?.', '(', ')', '[', ']', '{', '}', ',', ':', '=>', '...', '`', '${'),
      },
      {
        weight: 4,
        arbitrary: fc.constantFrom('+', '-', '*', '/', '%', '**', '<', '>=', '==', '!==', '&&', '||', '??', '?', '!'),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '=',
          '++',
          'new ',
          'typeof ',
          'in ',
          '&',
          ';',
          '#',
          '\\',
          '//',
          '/*',
          '@',
          '\n',
          '\u2028',
        ),
      },
      { weight: 2, arbitrary: fc.constantFrom(...functionDocs.map((doc) => doc.name)) },
      { weight: 2, arbitrary: fc.constantFrom('1', '0', '.5', '1e999', "'a'", '"', "'", 'null', 'true', '😀', '10n') },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));

const calls = functionDocs.filter((doc) => doc.on === undefined).map((doc) => doc.name);
const textMethods = functionDocs.filter((doc) => doc.on === 'string').map((doc) => doc.name);
const listMethods = functionDocs.filter((doc) => doc.on === 'array').map((doc) => doc.name);

/** Expressions that parse, of every form: mostly of the kind that fits, sometimes of any. */
const { any: tree } = fc.letrec<Record<'any' | 'number' | 'text' | 'flag' | 'list' | 'object', string>>((tie) => {
  const [any, number, text, flag, list, object] = (['any', 'number', 'text', 'flag', 'list', 'object'] as const).map(
    (kind) => fc.oneof({ weight: 12, arbitrary: tie(kind) }, { weight: 1, arbitrary: tie('any') }),
  ) as [Source, Source, Source, Source, Source, Source];
  const name = fc.constantFrom(...fieldNames);
  const of = (...parts: (string | Source)[]): Source =>
    fc
      .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
      .map((texts) => texts.join(''));
  const args = fc
    .array(fc.oneof(number, text, any, of('x => (', any, ')')), { maxLength: 2 })
    .map((texts) => texts.join(', '));
  const oneOf = (simple: readonly string[], ...others: Source[]): Source =>
    fc.oneof({ depthIdentifier: 'tree', maxDepth: 7, depthSize: 'small' }, fc.constantFrom(...simple), ...others);
  const textCall = fc.constantFrom(...textMethods);
  const listCall = fc.constantFrom(...listMethods);
  return {
    any: oneOf(
      ['value', 'key', 'timestamp', 'left', 'right', 'null', 'value.airport', 'right?.airport.city'],
      tie('number'),
      tie('text'),
      tie('flag'),
      tie('list'),
      tie('object'),
      of('(', any, fc.constantFrom(').', ')?.'), name),
      of(fc.constantFrom('value', 'left', 'value.legs[0]'), '.', name),
      of('(', any, ')[', any, ']'),
      of('(', any, ' ?? ', any, ')'),
      of('(', flag, ' ? ', any, ' : ', any, ')'),
      of('(', any, ').', fc.oneof(textCall, listCall), '(', args, ')'),
      of(fc.constantFrom(...calls), '(', args, ')'),
    ),
    number: oneOf(
      ['1', '0', '-2.5', '1e3', 'value.delay', 'timestamp', 'value.legs.length'],
      of('(', number, fc.constantFrom(' + ', ' - ', ' * ', ' / ', ' % ', ' ** '), number, ')'),
      of('-(', number, ')'),
      of(fc.constantFrom('abs', 'floor', 'round', 'sqrt', 'hour', 'year'), '(', number, ')'),
      of('(', text, ').indexOf(', text, ')'),
      of('(', list, ').reduce((sum, x) => ', number, ' + sum, 0)'),
      of('[', number, ', ', number, '].sum()'),
    ),
    text: oneOf(
      ["'a'", "'SFO'", 'value.origin', 'key', "''"],
      of('(', text, ' + ', any, ')'),
      of('`a${', any, '}b`'),
      of('(', text, ').', fc.constantFrom('slice', 'charAt', 'repeat', 'padEnd'), '(', number, ')'),
      of('(', text, ').', fc.constantFrom('trim', 'toUpperCase', 'trimEnd'), '()'),
      of('(', text, ').replaceAll(', text, ', ', text, ')'),
      of('toJson(', any, ')'),
      of('formatTime(', number, ')'),
    ),
    flag: oneOf(
      ['true', 'false', "value.origin == 'SFO'", 'right == null'],
      of('(', number, fc.constantFrom(' < ', ' <= ', ' > ', ' >= ', ' == ', ' != '), number, ')'),
      of('(', flag, fc.constantFrom(' && ', ' || '), flag, ')'),
      of('!(', flag, ')'),
      of('(', any, ' == null)'),
      of('(', list, ').some(x => ', flag, ')'),
      of('has(', object, ', ', text, ')'),
    ),
    list: oneOf(
      ['[]', '[1, 2, 3]', 'value.legs', '[[1], [2]]'],
      of('[', any, ', ...', list, ']'),
      of('(', list, ').map((x, place) => (', any, '))'),
      of('(', list, ').filter(x => ', flag, ')'),
      of('(', list, ').flatMap(x => ', list, ')'),
      of('(', list, ').sortBy(x => ', number, ')'),
      of('(', list, ').reduce((pair, x) => [pair, pair], [])'),
      of('(', text, ').split(', text, ')'),
      of('keys(', object, ')'),
      of('values(', object, ')'),
    ),
    object: oneOf(
      ['{}', 'value', 'left', 'value.legs[0]', 'value.constructor'],
      of('{ ...', object, ', ', name, ': ', any, ' }'),
      of('{ [', text, ']: ', any, ', ...', object, ' }'),
    ),
  };
});

describe('whatever is written, nothing escapes and nothing breaks', () => {
  test('random tokens', () => {
    fc.assert(
      fc.property(soup, (source) => {
        probe(source);
      }),
      { seed, numRuns: 4000 },
    );
  });

  test('random expressions', () => {
    fc.assert(
      fc.property(tree, (source) => {
        probe(source);
      }),
      { seed, numRuns: 4000 },
    );
    // The property would hold for a compiler that refuses everything.
    expect(outcomes.ran).toBeGreaterThan(200);
    expect(outcomes.failed).toBeGreaterThan(200);
  });

  test('completion at random positions', () => {
    fc.assert(
      fc.property(fc.oneof(soup, tree), fc.nat(), (source, place) => {
        const position = place % (source.length + 1);
        for (const { from } of completionsAt(source, position, flightRoots)) expect(from).toBeLessThanOrEqual(position);
      }),
      { seed, numRuns: 2000 },
    );
  });
});

test('what gives a result gives the same as JavaScript', () => {
  const { number, boolean } = fc.letrec<{ number: string; boolean: string }>((tie) => ({
    number: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(
        'value.delay',
        'value.distance',
        "value['delay']",
        'value.legs[1].minutes',
        '0',
        '1',
        '2.5',
        '1e3',
      ),
      fc
        .tuple(tie('number'), fc.constantFrom('+', '-', '*', '/', '%'), tie('number'))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      tie('number').map((operand) => `-(${operand})`),
      fc.tuple(tie('boolean'), tie('number'), tie('number')).map(([test, a, b]) => `(${test} ? ${a} : ${b})`),
      fc.tuple(tie('number')).map(([a]) => `(value.airport ?? value.airport?.city.name ?? ${a})`),
      fc
        .tuple(tie('number'))
        .map(([a]) => `value.legs.map((leg, i) => leg.minutes * i + ${a}).reduce((s, x) => s + x, 0)`),
    ),
    boolean: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(
        'true',
        'false',
        "value.origin === 'SFO'",
        "'SFO' + 1 < value.destination",
        'value.airport === null',
      ),
      fc
        .tuple(tie('number'), fc.constantFrom('<', '<=', '>', '>=', '===', '!=='), tie('number'))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc
        .tuple(tie('boolean'), fc.constantFrom('&&', '||', '===', '!=='), tie('boolean'))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      tie('boolean').map((operand) => `!(${operand})`),
    ),
  }));
  let compared = 0;
  fc.assert(
    fc.property(fc.oneof(number, boolean), (source) => {
      const result = compileExpression(source, flightRoots);
      if (!result.ok) {
        // Only the limits may refuse these.
        expect(
          result.problems.every(({ code }) => code.startsWith('too-')),
          JSON.stringify(result.problems),
        ).toBe(true);
        return;
      }
      try {
        const ours = result.expression.evaluate(scopeOf({ value: flight }));
        expect(ours, source).toBe(runInNewContext(source, { value: flight }));
        compared++;
      } catch (error) {
        if (!(error instanceof ExpressionFailure)) throw error;
        expect(error.code, source).toBe('range');
      }
    }),
    { seed, numRuns: 1000 },
  );
  expect(compared).toBeGreaterThan(500);
});
