import { asRecordError } from '../runtime/record-error.ts';

/**
 * What `evaluate` makes of a row that is looked up, or that was there before a change; undefined where it fails on it. Then it failed on the
 * row when that came too, and the node's error policy dealt with it: the row is none of the node's results, and its next change goes on.
 */
export function unlessFailed<Result>(evaluate: () => Result): Result | undefined {
  try {
    return evaluate();
  } catch (error) {
    if (asRecordError(error) === null) throw error;
    return undefined;
  }
}
