import { checkExpression } from './check.ts';
import { compileTree } from './compile-tree.ts';
import { type Evaluate, measure } from './evaluation.ts';
import { ExpressionFailure } from './failure.ts';
import type { ObjectMaker } from './lazy-value.ts';
import { parseExpression } from './parse.ts';
import { type ExpressionProblem, ProblemList } from './problem.ts';
import type { FieldPath, RootNames, RootTypes, Scope } from './scope.ts';
import { kindOf, membersOf, type ValueType } from './value-type.ts';

/** An expression that is ready to run. It holds no state between evaluations and is not to be entered again while it evaluates. */
export interface CompiledExpression {
  readonly source: string;
  /** What the result is, as far as the types of the roots tell. */
  readonly type: ValueType;
  /** The fewest paths that cover all that it may read. */
  readonly fieldsRead: readonly FieldPath[];
  /**
   * The result for one record: plain JSON data, never undefined. It may share parts with the roots, which it never changes.
   * @throws ExpressionFailure and nothing else
   */
  evaluate(scope: Scope): unknown;
  /** The same, but the result may be a {@link LazyValue}: for those who pass it on. */
  evaluateLazily(scope: Scope): unknown;
}

export type CompileResult =
  | { readonly ok: true; readonly expression: CompiledExpression; readonly problems: readonly ExpressionProblem[] }
  | { readonly ok: false; readonly problems: readonly ExpressionProblem[] };

export interface CompileOptions {
  /** What the result must be, for example boolean for a filter. Another type is a problem `not-<kind>`. */
  readonly expect?: ValueType | undefined;
  readonly rootNames?: RootNames | undefined;
  /** Makes the objects that {@link CompiledExpression.evaluateLazily} gives; without it they are plain. */
  readonly objects?: ObjectMaker | undefined;
}

/**
 * Reads, checks and compiles an expression. Never throws: what is wrong with the source comes back as problems, in its order.
 * @param roots the names that the expression may use, with their types
 */
export function compileExpression(source: string, roots: RootTypes, options: CompileOptions = {}): CompileResult {
  const problems = new ProblemList();
  const tree = parseExpression(source, roots, problems);
  if (tree === undefined) return { ok: false, problems: problems.sorted() };
  const { expect, rootNames } = options;
  const { type, fieldsRead } = checkExpression(tree, source, roots, problems, { expect, rootNames });
  if (problems.hasErrors) return { ok: false, problems: problems.sorted() };
  const compiled = compileTree(tree, source, options.objects);
  const guarded = (body: Evaluate): Evaluate => {
    const wanted = expect && !isWithin(type, expect) ? expectResult(body, expect, tree) : body;
    const measured = compiled.repeats ? measureResult(wanted, tree) : wanted;
    return compiled.charges ? withFreshBudget(measured) : measured;
  };
  const evaluate = guarded(compiled.evaluate);
  const mayBeLazy = expect === undefined && !compiled.repeats;
  const evaluateLazily = mayBeLazy ? guarded(compiled.evaluateLazily) : evaluate;
  return { ok: true, expression: { source, type, fieldsRead, evaluate, evaluateLazily }, problems: problems.sorted() };
}

/** Whether every value of the type is of a kind that is wanted. Fields are not compared. */
function isWithin(type: ValueType, wanted: ValueType): boolean {
  if (wanted.kind === 'unknown') return true;
  const kinds = membersOf(wanted).map((member) => member.kind);
  return membersOf(type).every((member) => member.kind === 'never' || kinds.includes(member.kind));
}

type SourceRange = { readonly start: number; readonly end: number };

function expectResult(evaluate: Evaluate, wanted: ValueType, range: SourceRange): Evaluate {
  const kinds: readonly string[] = membersOf(wanted).map((member) => member.kind);
  return (scope) => {
    const result = evaluate(scope);
    if (kinds.includes(kindOf(result))) return result;
    throw new ExpressionFailure('type', `the result is ${kindOf(result)}, not ${kinds.join(' or ')}`, range);
  };
}

function measureResult(evaluate: Evaluate, range: SourceRange): Evaluate {
  return (scope) => {
    const result = evaluate(scope);
    if (typeof result === 'object' && result !== null) measure(result, range);
    return result;
  };
}

function withFreshBudget(evaluate: Evaluate): Evaluate {
  return (scope) => {
    scope.steps = 0;
    return evaluate(scope);
  };
}
