/** What became of a case. */
export type CaseResult =
  | { readonly outcome: 'passed' }
  | { readonly outcome: 'skipped'; readonly reason: string }
  | {
      readonly outcome: 'failed';
      /** One line each, made to be compared by eye. */
      readonly expected: readonly string[];
      readonly actual: readonly string[];
      /** The document that was run, where there was one. */
      readonly document: unknown;
    };

/** Passed if and only if both say the same, line by line. */
export function compared(expected: readonly string[], actual: readonly string[], document: unknown = null): CaseResult {
  const isSame = expected.length === actual.length && expected.every((line, index) => line === actual[index]);
  return isSame ? { outcome: 'passed' } : { outcome: 'failed', expected, actual, document };
}
