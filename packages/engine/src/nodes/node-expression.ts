import {
  type CompiledExpression,
  compileExpression,
  ExpressionFailure,
  type RootName,
  type RootTypes,
  Scope,
  type ValueType,
} from '@millrace/expression';
import { assert } from '../assert.ts';
import { shapedObjects } from '../json/shaped-object.ts';
import { headerTexts } from '../log/header.ts';
import { RecordError } from '../runtime/record-error.ts';
import type { StreamRecord } from '../runtime/stream-record.ts';
import type { PortType } from '../topology/port-type.ts';
import { withListedFields } from './listed-fields.ts';
import type { CheckContext } from './node-kind.ts';

export const unknownType: ValueType = { kind: 'unknown' };
export const numberType: ValueType = { kind: 'number' };
export const stringType: ValueType = { kind: 'string' };
export const booleanType: ValueType = { kind: 'boolean' };

const windowType: ValueType = {
  kind: 'object',
  open: false,
  fields: [
    { name: 'start', type: numberType, optional: false },
    { name: 'end', type: numberType, optional: false },
  ],
};

export const headersType: ValueType = { kind: 'object', open: true, fields: [] };

/** The roots that an expression over the records of one input may name. */
export function recordRoots(input: PortType | undefined): RootTypes {
  return {
    key: input?.key ?? unknownType,
    value: input?.value ?? unknownType,
    timestamp: numberType,
    headers: headersType,
    window: input === undefined || input.windowed ? windowType : undefined,
  };
}

/** Reports what is wrong with an expression of a config; gives its type, `unknown` when it has none. */
export function checkExpression(
  source: string,
  path: readonly (string | number)[],
  roots: RootTypes,
  context: CheckContext,
  options: {
    readonly expect?: ValueType | undefined;
    /** What to say when the expression is empty. */
    readonly missing: string;
    /** The node that `value` comes from: it is what lacks a field. */
    readonly inputName?: string | undefined;
  },
): ValueType {
  if (source.trim() === '') {
    context.report({ code: 'missing-expression', path, message: options.missing });
    return unknownType;
  }
  const result = compileExpression(source, roots, { expect: options.expect, rootNames: { value: options.inputName } });
  for (const problem of result.problems) {
    context.report({
      code: problem.code,
      severity: problem.severity,
      path,
      span: { start: problem.start, end: problem.end },
      message: problem.message,
      ...(problem.fix === undefined
        ? {}
        : {
            fix: {
              title: problem.fix.title,
              span: { start: problem.fix.start, end: problem.fix.end },
              value: problem.fix.text,
            },
          }),
    });
  }
  if (result.ok) context.reads(result.expression.fieldsRead);
  return result.ok ? withListedFields(result.expression.type) : unknownType;
}

const anyRoots: { readonly [Name in RootName]: ValueType } = {
  key: unknownType,
  value: unknownType,
  timestamp: unknownType,
  headers: unknownType,
  window: unknownType,
  left: unknownType,
  right: unknownType,
  aggregate: unknownType,
};

/** A checked expression of a node, ready to run; a failure names its place in the config. */
export class NodeExpression {
  readonly scope = new Scope();
  readonly #compiled: CompiledExpression;
  readonly #path: readonly (string | number)[];

  constructor(source: string, path: readonly (string | number)[]) {
    const result = compileExpression(source, anyRoots, { objects: shapedObjects });
    assert(result.ok, `an expression that was checked does not compile: ${source}`);
    this.#compiled = result.expression;
    this.#path = path;
  }

  /** @throws RecordError when the expression fails on the record. */
  evaluate(record: StreamRecord): unknown {
    this.#enter(record);
    return this.run();
  }

  /** The same for the value of a record that goes on: it may be a JsonValue. */
  evaluateLazily(record: StreamRecord): unknown {
    this.#enter(record);
    return this.runLazily();
  }

  /** The same inside an aggregate: over what is kept so far, and in the window that it is kept for. */
  evaluateInto(record: StreamRecord, aggregate: unknown, window: StreamRecord['window']): unknown {
    this.#enter(record);
    this.scope.aggregate = aggregate;
    this.scope.window = window;
    return this.run();
  }

  /** With the roots as they stand in `scope`. */
  run(): unknown {
    try {
      return this.#compiled.evaluate(this.scope);
    } catch (error) {
      throw this.#placed(error);
    }
  }

  /** The same for the value of a record that goes on. */
  runLazily(): unknown {
    try {
      return this.#compiled.evaluateLazily(this.scope);
    } catch (error) {
      throw this.#placed(error);
    }
  }

  #enter(record: StreamRecord): void {
    const scope = this.scope;
    scope.key = record.key;
    scope.value = record.value;
    scope.timestamp = record.timestamp;
    scope.headers = headerTexts(record.headers);
    scope.window = record.window;
  }

  #placed(error: unknown): unknown {
    if (!(error instanceof ExpressionFailure)) return error;
    return new RecordError(error.code, error.message, this.#path, { start: error.start, end: error.end });
  }
}
