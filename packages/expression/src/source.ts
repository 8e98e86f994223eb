import { type Expression as JsExpression, type Options, parseExpressionAt } from 'acorn';
import { depthMax, sourceLengthMax } from './limits.ts';
import type { ProblemList, Range } from './problem.ts';
import { regexHint } from './refusals.ts';
import { type Token, tokenize } from './tokenize.ts';

/** Module code: strict, without HTML comments. Parentheses stay in the tree so that the end of the expression is known. */
const options: Options = {
  ecmaVersion: 2024,
  sourceType: 'module',
  allowHashBang: false,
  allowAwaitOutsideFunction: true,
  allowSuperOutsideMethod: true,
  preserveParens: true,
};

/**
 * Parses one JavaScript expression. What is wrong is reported as exactly one problem, and the answer is then undefined. The length and
 * the nesting of brackets are checked first, so that the parser, which recurses, is given nothing that it cannot carry.
 */
export function parseJavaScript(source: string, problems: ProblemList): JsExpression | undefined {
  if (source.length > sourceLengthMax) {
    const range = { start: sourceLengthMax, end: source.length };
    problems.error(
      'too-long',
      range,
      `An expression has at most ${sourceLengthMax} characters, this has ${source.length}.`,
    );
    return undefined;
  }
  const tokens = tokenize(source);
  if (tokens.length === 0) {
    problems.error('empty', { start: 0, end: source.length }, 'Write an expression.');
    return undefined;
  }
  const deep = tokens[firstTooDeep(source, tokens)];
  if (deep) {
    problems.error('too-deep', deep, `Brackets are nested deeper than ${depthMax} levels.`);
    return undefined;
  }
  try {
    const node = parseExpressionAt(source, 0, options);
    const rest = tokens.find((token) => token.start >= node.end);
    if (rest === undefined) return node;
    throw new SyntaxError('Unexpected token', { cause: rest.start });
  } catch (error) {
    // Long rows of prefix operators nest without brackets. The parser keeps no state, so running out of stack in it is harmless.
    if (error instanceof RangeError) {
      const message = `This is nested deeper than ${depthMax} levels.`;
      problems.error('too-deep', { start: 0, end: source.length }, message);
    } else if (error instanceof SyntaxError) {
      reportSyntaxError(error, source, tokens, problems);
    } else {
      throw error;
    }
    return undefined;
  }
}

/** The index of the token that opens one bracket too many, or -1. */
function firstTooDeep(source: string, tokens: readonly Token[]): number {
  let depth = 0;
  return tokens.findIndex(({ start, kind }) => {
    if (kind !== 'punctuation') return false;
    const char = source.charAt(start);
    if (char === '(' || char === '[' || char === '{' || char === '$') depth++;
    else if (char === ')' || char === ']' || char === '}') depth--;
    return depth > depthMax;
  });
}

/** Says in a sentence, at the right place, what the parser says in its own words. */
function reportSyntaxError(error: SyntaxError, source: string, tokens: readonly Token[], problems: ProblemList): void {
  const at = offsetOf(error, source.length);
  const token = tokens.find((candidate) => candidate.end > at && candidate.start <= at);
  const text = token && source.slice(token.start, token.end);
  const range: Range = token ?? lastPlace(source, at);
  const said = error.message.replace(/ \(\d+:\d+\)$/, '');
  if (/regular expression/i.test(said)) {
    const start = Math.max(0, source.lastIndexOf('/', at));
    problems.error('no-regex', { start, end: source.length }, regexHint);
  } else if (
    /^Assigning to|Invalid left-hand side|Optional chaining cannot appear in left-hand|shorthand property assign/i.test(
      said,
    )
  ) {
    problems.error('no-assignment', range, 'Expressions do not assign. Compare with ==.');
  } else if (/^Unterminated string/.test(said)) {
    problems.error('syntax', range, 'This text has no closing quote.');
  } else if (/^Unterminated template/.test(said)) {
    problems.error('syntax', range, 'This template has no closing `.');
  } else if (/^Unterminated comment/.test(said)) {
    problems.error('syntax', range, 'This comment has no closing */.');
  } else if (/coalesc|mixed/i.test(said) || (/^Unexpected token/.test(said) && mixesNullish(source, tokens, at))) {
    problems.error('syntax', range, 'Put parentheses around the ?? part: ?? does not mix with && and ||.');
  } else if (/^Unexpected token|^Unexpected character|^Unexpected eof/i.test(said)) {
    const open = token ? undefined : unclosed(source, tokens);
    if (open) problems.error('syntax', open, `This ${source.slice(open.start, open.end)} is not closed.`);
    else problems.error('syntax', range, unexpected(text, source, tokens));
  } else {
    problems.error('syntax', range, `${said.replace(/[.\s]+$/, '')}.`);
  }
}

function unexpected(text: string | undefined, source: string, tokens: readonly Token[]): string {
  if (text !== undefined) return `${text} is not expected here.`;
  const last = tokens.at(-1);
  const place = last ? `: something is missing after ${source.slice(last.start, last.end)}` : '';
  return `The expression ends too early${place}.`;
}

/** The innermost bracket that nothing closes, unless something is missing inside it first. */
function unclosed(source: string, tokens: readonly Token[]): Token | undefined {
  const open: Token[] = [];
  for (const token of tokens) {
    const text = source.slice(token.start, token.end);
    if (token.kind !== 'punctuation') continue;
    if ('([{'.includes(text) || text === '${') open.push(token);
    else if (')]}'.includes(text)) open.pop();
  }
  return tokens.at(-1)?.kind === 'operator' ? undefined : open.at(-1);
}

function mixesNullish(source: string, tokens: readonly Token[], at: number): boolean {
  const index = tokens.findIndex((token) => token.start === at);
  const at0 = tokens[index];
  if (at0 === undefined) return false;
  const here = source.slice(at0.start, at0.end);
  const others = here === '??' ? ['&&', '||'] : here === '&&' || here === '||' ? ['??'] : [];
  return tokens.slice(0, index).some((token) => others.includes(source.slice(token.start, token.end)));
}

function offsetOf(error: SyntaxError, length: number): number {
  if (typeof error.cause === 'number') return error.cause;
  const at: unknown = 'pos' in error ? error.pos : undefined;
  return typeof at === 'number' ? Math.min(at, length) : length;
}

/** At the end of the source there is nothing to underline, so the last character is. */
function lastPlace(source: string, at: number): Range {
  const end = source.trimEnd().length;
  return at >= end ? { start: Math.max(0, end - 1), end: Math.max(end, 1) } : { start: at, end: at + 1 };
}
