/** A finding about an expression, for the person who writes it. Offsets are UTF-16 code units in the source, `end` exclusive. */
export interface ExpressionProblem {
  /** Stable name of the rule, for tests and documentation. */
  readonly code: string;
  /** An error stops the expression from compiling; a warning says what may fail on some record. */
  readonly severity: 'error' | 'warning';
  /** What is wrong and what helps, in sentences. */
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly fix?: ProblemFix | undefined;
}

/** One replacement that repairs the problem: put `text` in place of the range. */
export interface ProblemFix {
  readonly title: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A range of the source. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Collects problems while the tree is built and checked. */
export class ProblemList {
  readonly problems: ExpressionProblem[] = [];
  #patterns = 0;

  error(code: string, range: Range, message: string, fix?: ProblemFix | undefined): void {
    this.#add({ code, severity: 'error', message, start: range.start, end: range.end, fix });
  }

  warning(code: string, range: Range, message: string, fix?: ProblemFix | undefined): void {
    this.#add({ code, severity: 'warning', message, start: range.start, end: range.end, fix });
  }

  /** Counts a pattern; reports the first that is one too many. */
  countPattern(range: Range, max: number): void {
    this.#patterns++;
    if (this.#patterns === max + 1) {
      this.error('too-many-patterns', range, `An expression has at most ${max} patterns. Join some with |.`);
    }
  }

  get hasErrors(): boolean {
    return this.problems.some((problem) => problem.severity === 'error');
  }

  /** In the order of the source. */
  sorted(): readonly ExpressionProblem[] {
    return this.problems.toSorted((a, b) => a.start - b.start || a.end - b.end);
  }

  #add(problem: ExpressionProblem): void {
    const { fix, ...rest } = problem;
    this.problems.push(fix === undefined ? rest : problem);
  }
}

/** A fix that puts another name in the place of a misspelt one. */
export function useInstead(range: Range, text: string): ProblemFix {
  return { title: `Use ${text}`, start: range.start, end: range.end, text };
}

/** The name that is nearest to a misspelt one, if any is near enough that a person may have meant it. */
export function closestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance =
      candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance < Math.max(name.length, candidate.length)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein distance: how many letters to insert, delete or replace. Names beyond 64 letters count as far away. */
function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return 64;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
