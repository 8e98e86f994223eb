import type { Expression as JavaScriptExpression, Statement as JavaScriptStatement, Pattern } from 'acorn';
import { ProblemList } from './problem.ts';
import { parseJavaScript } from './source.ts';

export type { JavaScriptExpression, JavaScriptStatement, Pattern as JavaScriptPattern };

/** A JavaScript arrow function as it was written, for those who rewrite it into an expression. It is never evaluated. */
export interface ArrowFunction {
  readonly parameters: readonly string[];
  /** An arrow function without braces has one expression; one with braces a list of statements. */
  readonly body:
    | { readonly kind: 'expression'; readonly expression: JavaScriptExpression }
    | { readonly kind: 'block'; readonly statements: readonly JavaScriptStatement[] };
}

/**
 * Reads the source of one arrow function.
 * @throws SyntaxError with what is wrong, when it is anything else
 */
export function parseArrow(source: string): ArrowFunction {
  const problems = new ProblemList();
  const node = parseJavaScript(source, problems);
  if (node === undefined) throw new SyntaxError(problems.sorted()[0]?.message ?? 'This is not JavaScript.');
  if (node.type !== 'ArrowFunctionExpression') throw new SyntaxError('This is not an arrow function.');
  if (node.async) throw new SyntaxError('An asynchronous function cannot be rewritten.');
  const parameters = node.params.map((parameter) => {
    if (parameter.type !== 'Identifier') throw new SyntaxError('Parameters must be plain names.');
    return parameter.name;
  });
  const { body } = node;
  return {
    parameters,
    body:
      body.type === 'BlockStatement'
        ? { kind: 'block', statements: body.body }
        : { kind: 'expression', expression: body },
  };
}
