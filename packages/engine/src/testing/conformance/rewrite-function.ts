import {
  type ArrowFunction,
  type JavaScriptExpression,
  type JavaScriptPattern,
  type JavaScriptStatement,
  parseArrow,
} from '@millrace/expression';
import { Inexpressible } from './inexpressible.ts';
import { conditional, type Names, rewriteExpression } from './rewrite-expression.ts';
import { atom, binding, nullWritten, textFor, type Written } from './written-expression.ts';

/** What a function comes to: results under conditions. Where it throws, the result is a call of `fail`. */
type Outcome<Result> =
  | { readonly is: 'result'; readonly result: Result }
  | { readonly is: 'failure'; readonly failure: Written }
  | {
      readonly is: 'choice';
      readonly test: Written;
      readonly whenTrue: Outcome<Result>;
      readonly whenFalse: Outcome<Result>;
    };

/** A result before it is written: the expression, with what its names stand for. */
interface Unwritten {
  readonly expression: JavaScriptExpression | null;
  readonly names: Names;
}

interface Pair {
  readonly key: Written;
  readonly value: Written;
}

/**
 * The function of a case as an expression of ours.
 * @param args what its parameters stand for, in order; parameters beyond them are unknown names
 * @throws Inexpressible
 */
export function rewriteFunction(source: string, args: readonly Written[]): Written {
  return written(outcomeOf(source, args), ({ expression, names }) =>
    expression === null ? nullWritten : rewriteExpression(expression, names),
  );
}

/** A function that gives `[key, value]`: the key and the value as two expressions. Giving null instead of a pair is an error. */
export function rewritePairFunction(source: string, args: readonly Written[]): Pair {
  const pairs = outcomeOf(source, args);
  const failure = atom("fail('the function gave null')", 'null');
  return {
    key: written(pairs, (unwritten) => pairOf(unwritten)?.key ?? failure),
    value: written(pairs, (unwritten) => pairOf(unwritten)?.value ?? failure),
  };
}

/**
 * The function that groups a table: the key of the group, null for a row that counts nowhere, and the value that counts in it. What the
 * value would be of a row without a group does not matter.
 */
export function rewriteGroupFunction(source: string, args: readonly Written[]): Pair {
  const pairs = outcomeOf(source, args);
  const key = written(pairs, (unwritten) => {
    const pair = pairOf(unwritten);
    if (pair === null || pair.value.text === 'null' || pair.key.text === 'null') return nullWritten;
    return isNeverNull(pair.value)
      ? pair.key
      : conditional(
          { text: `${textFor(pair.value, binding.order)} == null`, binds: binding.equality, type: 'boolean' },
          nullWritten,
          pair.key,
        );
  });
  const counting = resultsOf(pairs).flatMap((unwritten) => {
    const pair = pairOf(unwritten);
    return pair === null || pair.key.text === 'null' ? [] : [pair.value];
  });
  const [first] = counting;
  const value =
    first !== undefined && counting.every(({ text }) => text === first.text)
      ? first
      : written(pairs, (unwritten) => pairOf(unwritten)?.value ?? nullWritten);
  return { key, value };
}

/** A function that gives a list of `[key, value]` pairs, written as a list of two-element lists; with the pairs' types if they are spelled out. */
export function rewritePairListFunction(
  source: string,
  args: readonly Written[],
): { readonly list: Written; readonly first: Pair | null } {
  const lists = outcomeOf(source, args);
  const elements = resultsOf(lists).flatMap(({ expression, names }) => {
    const list = expression === null ? null : unparenthesised(expression);
    if (list?.type !== 'ArrayExpression') return [];
    return list.elements.map((element) =>
      pairOf({ expression: element === null || element.type === 'SpreadElement' ? null : element, names }),
    );
  });
  return { list: rewriteFunction(source, args), first: elements[0] ?? null };
}

function outcomeOf(source: string, args: readonly Written[]): Outcome<Unwritten> {
  let arrow: ArrowFunction;
  try {
    arrow = parseArrow(source);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Inexpressible(`${source} cannot be read: ${error.message}`);
    throw error;
  }
  const names = new Map<string, Written>();
  for (const [index, parameter] of arrow.parameters.entries()) {
    const arg = args[index];
    if (arg !== undefined) names.set(parameter, arg);
  }
  return arrow.body.kind === 'expression'
    ? ofExpression(arrow.body.expression, names)
    : ofStatements(arrow.body.statements, names);
}

function ofStatements(statements: readonly JavaScriptStatement[], names: Names): Outcome<Unwritten> {
  const [statement, ...rest] = statements;
  if (statement === undefined) return { is: 'result', result: { expression: null, names } };
  switch (statement.type) {
    case 'EmptyStatement':
      return ofStatements(rest, names);
    case 'BlockStatement':
      return ofStatements([...statement.body, ...rest], names);
    case 'ReturnStatement':
      return statement.argument === null || statement.argument === undefined
        ? { is: 'result', result: { expression: null, names } }
        : ofExpression(statement.argument, names);
    case 'ThrowStatement':
      return { is: 'failure', failure: failureOf(statement.argument, names) };
    case 'IfStatement':
      return {
        is: 'choice',
        test: rewriteExpression(statement.test, names),
        whenTrue: ofStatements([statement.consequent, ...rest], names),
        whenFalse: ofStatements(
          statement.alternate === null || statement.alternate === undefined ? rest : [statement.alternate, ...rest],
          names,
        ),
      };
    case 'VariableDeclaration': {
      const inner = new Map(names);
      for (const { id, init } of statement.declarations) {
        if (statement.kind !== 'const' || init === null || init === undefined) {
          throw new Inexpressible('a variable that changes');
        }
        for (const [name, value] of bound(id, rewriteExpression(init, inner))) inner.set(name, value);
      }
      return ofStatements(rest, inner);
    }
    default:
      throw new Inexpressible(`our expressions have no ${statement.type}`);
  }
}

/** A constant is put in the place of its name; `const [a, b] = list` takes elements of the list. */
function bound(pattern: JavaScriptPattern, value: Written): readonly (readonly [name: string, Written])[] {
  if (pattern.type === 'Identifier') return [[pattern.name, value]];
  if (pattern.type !== 'ArrayPattern') throw new Inexpressible('a pattern of fields');
  return pattern.elements.flatMap((element, index) => {
    if (element === null) return [];
    if (element.type !== 'Identifier') throw new Inexpressible('a pattern within a pattern');
    const type = value.type === 'texts' ? 'string' : 'unknown';
    return [[element.name, atom(`${textFor(value, binding.atom)}.at(${index})`, type)] as const];
  });
}

function ofExpression(expression: JavaScriptExpression, names: Names): Outcome<Unwritten> {
  const inner = unparenthesised(expression);
  if (inner.type !== 'ConditionalExpression') return { is: 'result', result: { expression: inner, names } };
  return {
    is: 'choice',
    test: rewriteExpression(inner.test, names),
    whenTrue: ofExpression(inner.consequent, names),
    whenFalse: ofExpression(inner.alternate, names),
  };
}

/** `throw new Error(message)`. */
function failureOf(thrown: JavaScriptExpression, names: Names): Written {
  const inner = unparenthesised(thrown);
  if (inner.type !== 'NewExpression') throw new Inexpressible('something is thrown that is no new error');
  const [message] = inner.arguments;
  if (message === undefined) return atom("fail('an error')", 'null');
  if (message.type === 'SpreadElement') throw new Inexpressible('arguments that are spread');
  return atom(`fail(${rewriteExpression(message, names).text})`, 'null');
}

function written<Result>(outcome: Outcome<Result>, write: (result: Result) => Written): Written {
  switch (outcome.is) {
    case 'result':
      return write(outcome.result);
    case 'failure':
      return outcome.failure;
    case 'choice':
      return conditional(outcome.test, written(outcome.whenTrue, write), written(outcome.whenFalse, write));
  }
}

function resultsOf<Result>(outcome: Outcome<Result>): readonly Result[] {
  if (outcome.is === 'result') return [outcome.result];
  return outcome.is === 'failure' ? [] : [...resultsOf(outcome.whenTrue), ...resultsOf(outcome.whenFalse)];
}

/** `[key, value]`; null for null. */
function pairOf({ expression, names }: Unwritten): Pair | null {
  const inner = expression === null ? null : unparenthesised(expression);
  if (inner === null || (inner.type === 'Literal' && inner.value === null)) return null;
  const [key, value, ...more] = inner.type === 'ArrayExpression' ? inner.elements : [];
  if (
    key === null ||
    key === undefined ||
    key.type === 'SpreadElement' ||
    value === null ||
    value === undefined ||
    value.type === 'SpreadElement' ||
    more.length > 0
  ) {
    throw new Inexpressible('a pair of key and value is written [key, value]');
  }
  return { key: rewriteExpression(key, names), value: rewriteExpression(value, names) };
}

/** Of a row that exists neither the value nor the key is null, and texts never are. */
function isNeverNull({ text, type }: Written): boolean {
  return text === 'value' || text === 'key' || (type === 'string' && /^[`']/.test(text));
}

function unparenthesised(expression: JavaScriptExpression): JavaScriptExpression {
  return expression.type === 'ParenthesizedExpression' ? unparenthesised(expression.expression) : expression;
}
