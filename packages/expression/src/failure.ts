import type { Range } from './problem.ts';

/**
 * Why an evaluation failed: `type` a value has the wrong kind, `range` a number or text is outside what an operation can take or give,
 * `size` a text, list or result would be too large, `steps` the evaluation would take too long, `fail` the expression said so itself.
 */
export type FailureCode = 'type' | 'fail' | 'range' | 'steps' | 'size';

/** The only error that an evaluation throws. `start` and `end` say which part of the source was at fault. */
export class ExpressionFailure extends Error {
  override readonly name = 'ExpressionFailure';
  readonly code: FailureCode;
  readonly start: number;
  readonly end: number;

  constructor(code: FailureCode, message: string, range: Range) {
    super(message);
    this.code = code;
    this.start = range.start;
    this.end = range.end;
  }
}
