import type { Range } from './problem.ts';
import type { RootName } from './scope.ts';

/**
 * The tree of an expression: our own, closed form. What is not in this file cannot be said in the language. Every node carries its range
 * in the source.
 */
export type Expression =
  | Literal
  | Template
  | Root
  | ParameterReference
  | Member
  | Index
  | Chain
  | Unary
  | Binary
  | Logical
  | Conditional
  | ArrayLiteral
  | ObjectLiteral
  | FunctionCall
  | MethodCall
  | Invalid;

export interface Literal extends Range {
  readonly kind: 'literal';
  readonly value: null | boolean | number | string;
}

/** `text ${value} text`: one text more than values. */
export interface Template extends Range {
  readonly kind: 'template';
  readonly texts: readonly string[];
  readonly values: readonly Expression[];
}

export interface Root extends Range {
  readonly kind: 'root';
  readonly name: RootName;
}

export interface ParameterReference extends Range {
  readonly kind: 'parameter';
  readonly parameter: Parameter;
}

/** A parameter of an arrow function. References to it hold this very object. */
export interface Parameter extends Range {
  readonly name: string;
}

/** `.name` and `['name']`. */
export interface Member extends Range {
  readonly kind: 'member';
  readonly object: Expression;
  readonly name: string;
  /** Where the name stands, quotes included. */
  readonly nameRange: Range;
  readonly optional: boolean;
}

/** `[index]` with an index that is not a constant name. */
export interface Index extends Range {
  readonly kind: 'index';
  readonly object: Expression;
  readonly index: Expression;
  readonly optional: boolean;
}

/** The whole of an access chain that has a `?.` in it: when that finds null, the chain is null. */
export interface Chain extends Range {
  readonly kind: 'chain';
  readonly body: Expression;
}

export type UnaryOperator = '-' | '+' | '!';

export interface Unary extends Range {
  readonly kind: 'unary';
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}

export type ArithmeticOperator = '-' | '*' | '/' | '%' | '**';
export type OrderOperator = '<' | '<=' | '>' | '>=';
export type EqualityOperator = '==' | '!=';
export type BinaryOperator = '+' | ArithmeticOperator | OrderOperator | EqualityOperator;

/** `===` and `!==` are read as `==` and `!=`: the language knows only the strict ones. */
export interface Binary extends Range {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export interface Logical extends Range {
  readonly kind: 'logical';
  readonly operator: '&&' | '||' | '??';
  readonly left: Expression;
  readonly right: Expression;
}

export interface Conditional extends Range {
  readonly kind: 'conditional';
  readonly test: Expression;
  readonly then: Expression;
  readonly otherwise: Expression;
}

export interface ArrayLiteral extends Range {
  readonly kind: 'array';
  readonly elements: readonly ArrayElement[];
}

export interface ArrayElement {
  readonly spread: boolean;
  readonly value: Expression;
}

export interface ObjectLiteral extends Range {
  readonly kind: 'object';
  readonly entries: readonly ObjectEntry[];
}

export type ObjectEntry =
  | { readonly kind: 'field'; readonly name: string; readonly nameRange: Range; readonly value: Expression }
  | { readonly kind: 'computed'; readonly name: Expression; readonly value: Expression }
  | { readonly kind: 'spread'; readonly value: Expression };

export interface FunctionCall extends Range {
  readonly kind: 'call';
  readonly name: string;
  readonly nameRange: Range;
  readonly args: readonly Argument[];
}

export interface MethodCall extends Range {
  readonly kind: 'method';
  readonly object: Expression;
  readonly name: string;
  readonly nameRange: Range;
  readonly optional: boolean;
  readonly args: readonly Argument[];
}

export type Argument = Expression | Lambda;

/** An arrow function. It exists only as an argument. */
export interface Lambda extends Range {
  readonly kind: 'lambda';
  readonly parameters: readonly Parameter[];
  readonly body: Expression;
  /** How many nodes the body has: what one call costs. */
  readonly nodes: number;
}

/** Stands where the source was refused, so that checking goes on around it. A tree that contains one is never compiled. */
export interface Invalid extends Range {
  readonly kind: 'invalid';
}

/** Whether this link of an access chain ends with null when a `?.` before it found null. */
export function endsEarly(node: Expression): boolean {
  if (node.kind !== 'member' && node.kind !== 'index' && node.kind !== 'method') return false;
  return node.optional || endsEarly(node.object);
}
