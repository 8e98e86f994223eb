import type { CaseResult } from './case-result.ts';

/** `ok ID`, `skip ID: reason`, or `not ok ID` with what was expected and what came: `-` is missing, `+` is too much. */
export function caseReport(id: string, result: CaseResult): readonly string[] {
  switch (result.outcome) {
    case 'passed':
      return [`ok ${id}`];
    case 'skipped':
      return [`skip ${id}: ${result.reason}`];
    case 'failed':
      return [`not ok ${id}`, ...difference(result.expected, result.actual).map((line) => `  ${line}`)];
  }
}

/** The lines of both in one list, those in common once: the longest common part stays, the rest is marked. */
export function difference(expected: readonly string[], actual: readonly string[]): readonly string[] {
  // lengths[i][j]: length of the longest common part of what follows expected[i] and actual[j].
  const lengths = Array.from({ length: expected.length + 1 }, () => new Array<number>(actual.length + 1).fill(0));
  const length = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = expected.length - 1; i >= 0; i--) {
    for (let j = actual.length - 1; j >= 0; j--) {
      (lengths[i] as number[])[j] =
        expected[i] === actual[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < expected.length || j < actual.length) {
    if (i < expected.length && j < actual.length && expected[i] === actual[j]) {
      lines.push(`  ${expected[i]}`);
      i++;
      j++;
    } else if (i < expected.length && (j >= actual.length || length(i + 1, j) >= length(i, j + 1))) {
      lines.push(`- ${expected[i++]}`);
    } else {
      lines.push(`+ ${actual[j++]}`);
    }
  }
  return lines;
}

export function summaryLine(results: readonly CaseResult[]): string {
  const count = (outcome: CaseResult['outcome']): number =>
    results.filter((result) => result.outcome === outcome).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
}
