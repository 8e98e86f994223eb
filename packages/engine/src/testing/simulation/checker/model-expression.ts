import {
  type CompiledExpression,
  compileExpression,
  ExpressionFailure,
  Scope,
  type ValueType,
} from '@millrace/expression';
import type { ModelRecord } from './model-record.ts';

/** An operator cannot handle a record; its node's error policy decides what happens. */
export class ModelFailure extends Error {
  /** What it worked on, where that is not the record that it received. */
  input: ModelRecord | null = null;
}

/** What is made of a row that was there before, or that is looked up; undefined where that fails, as it did when the row came. */
export function unlessFailed<Result>(make: () => Result): Result | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof ModelFailure) return undefined;
    throw error;
  }
}

const anything: ValueType = { kind: 'unknown' };

/** The roots of an expression; what is absent is null. */
export interface Roots {
  readonly key?: unknown;
  readonly value?: unknown;
  readonly timestamp?: unknown;
  readonly headers?: unknown;
  readonly window?: unknown;
  readonly left?: unknown;
  readonly right?: unknown;
  readonly aggregate?: unknown;
}

const compiled = new Map<string, CompiledExpression>();

/** The result of an expression. @throws ModelFailure when it fails */
export function evaluate(source: string, roots: Roots): unknown {
  const scope = new Scope();
  scope.key = roots.key ?? null;
  scope.value = roots.value ?? null;
  scope.timestamp = roots.timestamp ?? 0;
  scope.headers = roots.headers ?? {};
  scope.window = roots.window ?? null;
  scope.left = roots.left ?? null;
  scope.right = roots.right ?? null;
  scope.aggregate = roots.aggregate ?? null;
  try {
    return expression(source).evaluate(scope);
  } catch (error) {
    if (error instanceof ExpressionFailure) throw new ModelFailure(error.message);
    throw error;
  }
}

export function evaluateFor(source: string, record: ModelRecord): unknown {
  return evaluate(source, rootsOf(record));
}

export function rootsOf({ key, value, timestamp, headers, window }: ModelRecord): Roots {
  return { key, value, timestamp, headers: Object.fromEntries(headers), window };
}

/** @throws ModelFailure unless the result is true or false */
export function holds(source: string, record: ModelRecord): boolean {
  const result = evaluateFor(source, record);
  if (typeof result !== 'boolean') throw new ModelFailure('neither true nor false');
  return result;
}

function expression(source: string): CompiledExpression {
  let found = compiled.get(source);
  if (found === undefined) {
    const roots = ['key', 'value', 'timestamp', 'headers', 'window', 'left', 'right', 'aggregate'] as const;
    const result = compileExpression(source, Object.fromEntries(roots.map((name) => [name, anything])));
    if (!result.ok) throw new Error(`The expression ${source} does not compile.`);
    found = result.expression;
    compiled.set(source, found);
  }
  return found;
}
