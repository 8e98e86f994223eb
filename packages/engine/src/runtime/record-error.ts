import { ExpressionFailure } from '@millrace/expression';
import { KeyFormatError } from '../log/key-format.ts';
import type { StreamRecord } from './stream-record.ts';

/** A node cannot handle this record: the record's fault or the expression's, never ours. Its node's error policy decides. */
export class RecordError extends Error {
  readonly code: string;
  /** The place in the node's config at fault. */
  readonly path: readonly (string | number)[];
  readonly span: { readonly start: number; readonly end: number } | null;
  /** What the node worked on, where that is not the record that it received; a dead letter holds it. */
  input: StreamRecord | null = null;

  constructor(
    code: string,
    message: string,
    path: readonly (string | number)[] = [],
    span: { readonly start: number; readonly end: number } | null = null,
  ) {
    super(message);
    this.name = 'RecordError';
    this.code = code;
    this.path = path;
    this.span = span;
  }
}

/** The record error that `error` is or stands for; null when it is a defect of ours. */
export function asRecordError(error: unknown): RecordError | null {
  if (error instanceof RecordError) return error;
  if (error instanceof KeyFormatError) return new RecordError(error.code, error.message);
  if (error instanceof ExpressionFailure) {
    return new RecordError(error.code, error.message, [], { start: error.start, end: error.end });
  }
  return null;
}

/** A node with the error policy `fail` met a bad record: the task stops, and with it the deployment, until somebody acts. */
export class PolicyFailure extends Error {
  readonly code = 'error-policy';
  readonly node: string;
  constructor(node: string, message: string) {
    super(message);
    this.name = 'PolicyFailure';
    this.node = node;
  }
}
