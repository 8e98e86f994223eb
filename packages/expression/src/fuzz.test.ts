import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type CompileResult, compileExpression } from './compile.ts';
import { completionsAt } from './completion.ts';
import { ExpressionFailure } from './failure.ts';
import { stepsMax } from './limits.ts';
import type { RootTypes } from './scope.ts';
import { flight, flightRoots, scopeOf, unknownRoots } from './testing/evaluate.ts';
import { hostileExpressions, withEscapedNames } from './testing/hostile-sources.ts';
import { LazyData } from './testing/lazy-data.ts';
import { libraryCalls } from './testing/library-sources.ts';
import { flawInData } from './testing/plain-data.ts';
import { expressions, tokenSoup } from './testing/random-sources.ts';
import { isOfType } from './testing/type-membership.ts';
import { tokenize } from './tokenize.ts';
import { inferValueType, typesOverlap } from './value-type.ts';

/** The default run is always the same; set FUZZ_SEED to a whole number to look elsewhere. */
const seed = Number(process.env.FUZZ_SEED ?? 912925301);
if (!Number.isInteger(seed)) throw new Error(`FUZZ_SEED is ${process.env.FUZZ_SEED}. Set it to a whole number.`);
console.log(`expression fuzz seed ${seed}`);

/** A record with data under every hostile name, nested, and everything a flight has. */
const record: unknown = JSON.parse(
  `{"constructor":{"constructor":"text"},"__proto__":{"polluted":1},"toString":[1,2,"x"],${JSON.stringify(flight).slice(1)}`,
);
const values = { key: 'SFO', value: record, timestamp: 980979000000, left: flight, right: null };
// Whoever writes to a record gets an error that is no ExpressionFailure.
freeze(values);

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}

const inherited = [Object, Array, String, Number, Boolean, Function].map(({ prototype }) => prototype);

function snapshot(): string {
  return JSON.stringify(inherited.map((prototype) => Reflect.ownKeys(prototype).map(String)));
}

const outcomes = { refused: 0, failed: 0, ran: 0 };
const knownRoots: RootTypes = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, inferValueType(value)]),
);

/** The longest that an evaluation took, in milliseconds: the step limit bounds it, and a defect shows as seconds. */
let slowestMs = 0;
let probes = 0;

/** Compiles and runs a source as a stranger might, and counts how it went. */
function probe(source: string): void {
  probes++;
  const isAdvancing = tokenize(source).every((token) => token.end > token.start);
  expectFor(source, isAdvancing);
  for (const roots of [knownRoots, unknownRoots]) {
    const result = compileExpression(source, roots);
    expectProblemsInside(result, source);
    if (!result.ok) {
      outcomes.refused++;
      continue;
    }
    const scope = scopeOf(values);
    const startedMs = performance.now();
    try {
      const value = result.expression.evaluate(scope);
      expectFor(source, flawInData(value) === undefined);
      // What the checker says about the result is true when what it was told about the roots is.
      expectFor(source, isOfType(value, result.expression.type));
      expectFor(source, typesOverlap(result.expression.type, inferValueType(value)));
      expectFor(source, scope.steps <= stepsMax);
      outcomes.ran++;
    } catch (error) {
      if (!(error instanceof ExpressionFailure)) throw error;
      expectFor(source, 0 <= error.start && error.start < error.end && error.end <= source.length);
      outcomes.failed++;
    }
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
  }
}

/** A message is put together only when it is needed: there are more than a hundred thousand sources. */
function expectFor(source: string, condition: boolean): void {
  if (!condition) expect.fail(source);
}

function expectProblemsInside(result: CompileResult, source: string): void {
  const isInside = ({ start, end }: { start: number; end: number }): boolean =>
    0 <= start && start <= end && end <= source.length;
  const isRight = result.problems.every((problem) => isInside(problem) && (!problem.fix || isInside(problem.fix)));
  expectFor(source, isRight);
  expectFor(source, result.ok === !result.problems.some((problem) => problem.severity === 'error'));
}

/** How an evaluation ends, without the places in the source. */
function ending(result: CompileResult, roots: object = values): string {
  if (!result.ok) return `refused: ${result.problems.map((problem) => problem.code).join(' ')}`;
  try {
    return `gives ${JSON.stringify(result.expression.evaluate(scopeOf(roots)))}`;
  } catch (error) {
    if (!(error instanceof ExpressionFailure)) throw error;
    return `fails: ${error.code}`;
  }
}

describe('whatever is written, nothing escapes and nothing breaks', () => {
  const before = snapshot();
  afterEach(() => {
    expect(snapshot()).toBe(before);
  });

  afterAll(() => {
    console.log(`${probes} expressions: ${JSON.stringify(outcomes)}, the slowest took ${Math.round(slowestMs)} ms`);
    expect(probes).toBeGreaterThan(100_000);
    // Far above what the step limit allows, far below what a pattern or loop without a bound takes.
    expect(slowestMs).toBeLessThan(10_000);
  });

  test('random tokens', () => {
    fc.assert(
      fc.property(tokenSoup, (source) => {
        probe(source);
      }),
      { seed, numRuns: 30_000 },
    );
  });

  test('random expressions', () => {
    const already = { ...outcomes };
    fc.assert(
      fc.property(expressions, (source) => {
        probe(source);
      }),
      { seed, numRuns: 30_000 },
    );
    // The property would hold for a compiler that refuses everything.
    expect(outcomes.ran - already.ran).toBeGreaterThan(200);
    expect(outcomes.failed - already.failed).toBeGreaterThan(200);
  });

  test('random expressions that are out to do harm', () => {
    const already = { ...outcomes };
    fc.assert(
      fc.property(hostileExpressions, (source) => {
        probe(source);
      }),
      { seed, numRuns: 4000 },
    );
    expect(outcomes.ran - already.ran).toBeGreaterThan(200);
    expect(outcomes.failed - already.failed).toBeGreaterThan(200);
  });

  test('random calls of everything there is', () => {
    const already = { ...outcomes };
    fc.assert(
      fc.property(libraryCalls, (source) => {
        probe(source);
      }),
      { seed, numRuns: 38_000 },
    );
    expect(outcomes.ran - already.ran).toBeGreaterThan(10_000);
    expect(outcomes.failed - already.failed).toBeGreaterThan(2000);
  });

  test('names with letters written as escapes', () => {
    let compared = 0;
    fc.assert(
      fc.property(expressions, fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), (source, choices) => {
        const escaped = withEscapedNames(source, choices);
        if (escaped === source) return;
        probe(escaped);
        const results = [source, escaped].map((text) => compileExpression(text, knownRoots));
        if (results.some(({ problems }) => problems.some(({ code }) => code.startsWith('too-')))) return;
        const [plain, other] = results.map((result) => ending(result));
        expect(other, `${source} as ${escaped}`).toBe(plain);
        compared++;
      }),
      { seed, numRuns: 1000 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  test('random expressions over lazy roots', () => {
    let compared = 0;
    fc.assert(
      fc.property(fc.oneof(expressions, hostileExpressions, libraryCalls), (source) => {
        const result = compileExpression(source, unknownRoots);
        if (!result.ok) return;
        const lazyValues = { ...values, value: new LazyData(record as object), left: new LazyData(flight) };
        const plain = ending(result);
        expect(ending(result, lazyValues), source).toBe(plain);
        for (const root of ['value', 'left'] as const) {
          const listed = result.expression.fieldsRead.filter((path) => path.root === root).map(({ path }) => path[0]);
          const isWhole = listed.includes(undefined);
          const unlisted = [...lazyValues[root].fieldsRead].filter((name) => !isWhole && !listed.includes(name));
          expect(unlisted, `${source} reads more of ${root} than it says`).toEqual([]);
          expect(lazyValues[root].wasWanted && !isWhole, `${source} reads all of ${root}`).toBe(false);
        }
        const lazily = { ...result, expression: { ...result.expression, evaluate: result.expression.evaluateLazily } };
        expect(ending(lazily, lazyValues), source).toBe(plain);
        compared++;
      }),
      { seed, numRuns: 2000 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  test('completion at random positions', () => {
    fc.assert(
      fc.property(fc.oneof(tokenSoup, expressions, hostileExpressions, libraryCalls), fc.nat(), (source, place) => {
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
