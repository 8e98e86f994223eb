import { type CompiledExpression, type CompileOptions, compileExpression } from '../compile.ts';
import { ExpressionFailure } from '../failure.ts';
import type { ExpressionProblem } from '../problem.ts';
import { type RootName, type RootTypes, rootNames, Scope } from '../scope.ts';
import { inferValueType, unknownType } from '../value-type.ts';

/** Values of roots for one evaluation in a test. */
export type RootValues = { readonly [Name in RootName]?: unknown };

/** A flight as the tests' records carry it. */
export const flight = {
  date: '2001/01/31 22:10',
  delay: 32,
  distance: 337,
  origin: 'SFO',
  destination: 'LAX',
  airport: null,
  legs: [
    { from: 'SFO', minutes: 40 },
    { from: 'OAK', minutes: 25 },
  ],
};

export const flightRoots: RootTypes = {
  key: inferValueType('SFO'),
  value: inferValueType(flight),
  timestamp: { kind: 'number' },
};

/** Every root, with nothing known about it. */
export const unknownRoots: RootTypes = Object.fromEntries(rootNames.map((name) => [name, unknownType]));

/** Compiles, and throws with the problems when there are errors. */
export function compiled(
  source: string,
  roots: RootTypes = unknownRoots,
  options?: CompileOptions,
): CompiledExpression {
  const result = compileExpression(source, roots, options);
  if (result.ok) return result.expression;
  throw new Error(`${source} does not compile: ${result.problems.map((problem) => problem.message).join(' ')}`);
}

export function scopeOf(values: RootValues): Scope {
  return Object.assign(new Scope(), values);
}

/** What the source gives when nothing is known about the roots before it runs. */
export function evaluate(source: string, values: RootValues = {}): unknown {
  return compiled(source).evaluate(scopeOf(values));
}

/** The failure of an evaluation, with the part of the source at fault; throws when it does not fail. */
export function failureOf(source: string, values: RootValues = {}): { code: string; message: string; at: string } {
  const expression = compiled(source);
  try {
    expression.evaluate(scopeOf(values));
  } catch (error) {
    if (!(error instanceof ExpressionFailure)) throw error;
    return { code: error.code, message: error.message, at: source.slice(error.start, error.end) };
  }
  throw new Error(`${source} does not fail`);
}

/** The problems of a source: `severity: code "part at fault"`. */
export function problemsOf(source: string, roots: RootTypes = flightRoots, options?: CompileOptions): string[] {
  return rawProblems(source, roots, options).map(
    ({ code, severity, start, end }) => `${severity}: ${code} "${source.slice(start, end)}"`,
  );
}

export function rawProblems(
  source: string,
  roots: RootTypes = flightRoots,
  options?: CompileOptions,
): readonly ExpressionProblem[] {
  return compileExpression(source, roots, options).problems;
}

/** The source after the fix of its first problem that has one. */
export function fixed(source: string, roots: RootTypes = flightRoots): string | undefined {
  const fix = rawProblems(source, roots).find((problem) => problem.fix)?.fix;
  return fix && source.slice(0, fix.start) + fix.text + source.slice(fix.end);
}
