import type { ParameterSpec } from './functions/function-kind.ts';
import { patternsMax } from './limits.ts';
import { compilePattern } from './patterns/pattern.ts';
import type { ProblemFix, ProblemList } from './problem.ts';
import type { Expression } from './syntax-tree.ts';

/** Texts that are written out as arguments and mean something to the function: patterns, units, zones. What is wrong with one is said while typing. */
export function checkConstantText(
  argument: Expression,
  spec: ParameterSpec,
  name: string,
  source: string,
  problems: ProblemList,
): void {
  const text = argument.kind === 'literal' && typeof argument.value === 'string' ? argument.value : undefined;
  if (spec.kind === 'pattern') {
    checkPattern(argument, text, name, source, problems);
  } else if (text !== undefined) {
    const flaw = spec.flawOf?.(text);
    if (flaw !== undefined) problems.error('bad-argument', argument, flaw);
  }
}

function checkPattern(
  argument: Expression,
  text: string | undefined,
  name: string,
  source: string,
  problems: ProblemList,
): void {
  if (argument.kind === 'invalid') return;
  if (text === undefined) {
    const message = `${name} takes a pattern that is written out as a text, for example '[0-9]+'. To look for a text that the record brings, use includes, split or replaceAll.`;
    problems.error('pattern-not-constant', argument, message);
    return;
  }
  const written = source.slice(argument.start, argument.end);
  const lost = lostBackslash(written);
  if (lost !== undefined) {
    const message = `In a text a backslash is written twice: \\\\${lost}. With one, the pattern only gets ${lost}.`;
    problems.error('single-backslash', argument, message, doubled(argument.start, argument.end, written));
    return;
  }
  const result = compilePattern(text);
  if (!result.ok) problems.error('bad-pattern', argument, result.message);
  else problems.countPattern(argument, patternsMax);
}

/** A backslash and what follows it. */
const backslashed = /\\(.)/gs;
/** What a text itself needs a backslash for, and what means the same in a pattern with and without one. */
const textEscapes = new Set(['\\', "'", '"', '`', '/', 'n', 'r', 't', 'u', 'x', '\n', '\r']);

/** The character whose backslash the text takes for itself, so that the pattern never sees it. */
function lostBackslash(written: string): string | undefined {
  for (const [, char = ''] of written.matchAll(backslashed)) if (!textEscapes.has(char)) return char;
  return undefined;
}

function doubled(start: number, end: number, written: string): ProblemFix {
  const text = written.replace(backslashed, (found, char: string) => (textEscapes.has(char) ? found : `\\${found}`));
  return { title: 'Write backslashes twice', start, end, text };
}
