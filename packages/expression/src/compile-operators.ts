import { admitText, chargeText, type Evaluate, textOf } from './evaluation.ts';
import { ExpressionFailure } from './failure.ts';
import type { Range } from './problem.ts';
import type { Scope } from './scope.ts';
import type { ArithmeticOperator, OrderOperator } from './syntax-tree.ts';
import { kindOf } from './value-type.ts';

/**
 * The operators, each as its own closure with the fast case in front: the machine then sees one kind of operand at one place. The slow
 * cases, which mostly fail, stand apart.
 */

/** An operand in the source: its place, and its text for messages. */
export interface Operand extends Range {
  readonly text: string;
  readonly evaluate: Evaluate;
  /** Set when the operand is a literal. */
  readonly constant?: null | boolean | number | string | undefined;
}

export interface OperatorSite extends Range {
  readonly operator: string;
  readonly left: Operand;
  readonly right: Operand;
}

function failNull(operand: Operand): never {
  throw new ExpressionFailure('type', `\`${operand.text}\` is null`, operand);
}

function failPair(site: OperatorSite, verb: 'add' | 'compare' | 'compute', left: unknown, right: unknown): never {
  if (left === null || left === undefined) failNull(site.left);
  if (right === null || right === undefined) failNull(site.right);
  throw new ExpressionFailure(
    'type',
    `cannot ${verb} ${kindOf(left)} ${verb === 'add' ? 'and' : 'with'} ${kindOf(right)}`,
    site,
  );
}

function failRange(site: OperatorSite, left: number, right: number): never {
  throw new ExpressionFailure('range', `${left} ${site.operator} ${right} has no finite result`, site);
}

function failArithmetic(site: OperatorSite, left: unknown, right: unknown): never {
  for (const [operand, value] of [[site.left, left] as const, [site.right, right] as const]) {
    if (value === null || value === undefined) failNull(operand);
    if (typeof value !== 'number') {
      const message = `\`${operand.text}\` is ${kindOf(value)}, and ${site.operator} needs numbers`;
      throw new ExpressionFailure('type', message, operand);
    }
  }
  return failPair(site, 'compute', left, right);
}

export function compileArithmetic(operator: ArithmeticOperator, site: OperatorSite): Evaluate {
  const left = site.left.evaluate;
  const right = site.right.evaluate;
  const numeric =
    (compute: (a: number, b: number) => number): Evaluate =>
    (scope) => {
      const a = left(scope);
      const b = right(scope);
      if (typeof a !== 'number' || typeof b !== 'number') return failArithmetic(site, a, b);
      const result = compute(a, b);
      return Number.isFinite(result) ? result : failRange(site, a, b);
    };
  switch (operator) {
    case '-':
      return numeric((a, b) => a - b);
    case '*':
      return numeric((a, b) => a * b);
    case '/':
      return numeric((a, b) => a / b);
    case '%':
      return numeric((a, b) => a % b);
    case '**':
      return numeric((a, b) => a ** b);
  }
}

export function compileAddition(site: OperatorSite): Evaluate {
  const left = site.left.evaluate;
  const right = site.right.evaluate;
  return (scope) => {
    const a = left(scope);
    const b = right(scope);
    if (typeof a !== 'number' || typeof b !== 'number') return join(scope, site, a, b);
    const result = a + b;
    return Number.isFinite(result) ? result : failRange(site, a, b);
  };
}

function join(scope: Scope, site: OperatorSite, left: unknown, right: unknown): string {
  if (typeof left !== 'string' && typeof right !== 'string') return failPair(site, 'add', left, right);
  const a = textOf(left);
  const b = textOf(right);
  if (a === undefined || b === undefined) return failPair(site, 'add', left, right);
  admitText(scope, a.length + b.length, site);
  return a + b;
}

export function compileOrder(operator: OrderOperator, site: OperatorSite): Evaluate {
  const constant = site.right.constant;
  return typeof constant === 'number' ? orderToConstant(operator, site, constant) : orderOf(operator, site);
}

function orderToConstant(operator: OrderOperator, site: OperatorSite, constant: number): Evaluate {
  const left = site.left.evaluate;
  switch (operator) {
    case '<':
      return (scope) => {
        const a = left(scope);
        return typeof a === 'number' ? a < constant : failPair(site, 'compare', a, constant);
      };
    case '<=':
      return (scope) => {
        const a = left(scope);
        return typeof a === 'number' ? a <= constant : failPair(site, 'compare', a, constant);
      };
    case '>':
      return (scope) => {
        const a = left(scope);
        return typeof a === 'number' ? a > constant : failPair(site, 'compare', a, constant);
      };
    case '>=':
      return (scope) => {
        const a = left(scope);
        return typeof a === 'number' ? a >= constant : failPair(site, 'compare', a, constant);
      };
  }
}

function orderOf(operator: OrderOperator, site: OperatorSite): Evaluate {
  const left = site.left.evaluate;
  const right = site.right.evaluate;
  switch (operator) {
    case '<':
      return (scope) => {
        const a = left(scope);
        const b = right(scope);
        return typeof a === 'number' && typeof b === 'number' ? a < b : compareTexts(scope, site, a, b) < 0;
      };
    case '<=':
      return (scope) => {
        const a = left(scope);
        const b = right(scope);
        return typeof a === 'number' && typeof b === 'number' ? a <= b : compareTexts(scope, site, a, b) <= 0;
      };
    case '>':
      return (scope) => {
        const a = left(scope);
        const b = right(scope);
        return typeof a === 'number' && typeof b === 'number' ? a > b : compareTexts(scope, site, a, b) > 0;
      };
    case '>=':
      return (scope) => {
        const a = left(scope);
        const b = right(scope);
        return typeof a === 'number' && typeof b === 'number' ? a >= b : compareTexts(scope, site, a, b) >= 0;
      };
  }
}

function compareTexts(scope: Scope, site: OperatorSite, left: unknown, right: unknown): number {
  if (typeof left !== 'string' || typeof right !== 'string') return failPair(site, 'compare', left, right);
  chargeText(scope, Math.min(left.length, right.length), site);
  return left < right ? -1 : left > right ? 1 : 0;
}

export function compileEquality(isEqual: boolean, site: OperatorSite): Evaluate {
  const constant = site.right.constant;
  const left = site.left.evaluate;
  if (constant !== undefined) {
    return isEqual ? (scope) => left(scope) === constant : (scope) => left(scope) !== constant;
  }
  const right = site.right.evaluate;
  return (scope) => {
    const a = left(scope);
    const b = right(scope);
    if (typeof a === 'string' && typeof b === 'string' && a.length === b.length) chargeText(scope, a.length, site);
    else if (isCompound(a) && isCompound(b)) failPair(site, 'compare', a, b);
    return (a === b) === isEqual;
  };
}

function isCompound(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** A value that must be true or false. */
export function requireBoolean(value: unknown, operand: Operand): boolean {
  if (typeof value === 'boolean') return value;
  if (value === null || value === undefined) failNull(operand);
  const message = `\`${operand.text}\` is ${kindOf(value)}, and a condition is true or false`;
  throw new ExpressionFailure('type', message, operand);
}

export function compileAnd(left: Operand, right: Operand): Evaluate {
  return (scope) => {
    const a = left.evaluate(scope);
    if (a === false) return false;
    if (a !== true) requireBoolean(a, left);
    const b = right.evaluate(scope);
    return typeof b === 'boolean' ? b : requireBoolean(b, right);
  };
}

export function compileOr(left: Operand, right: Operand): Evaluate {
  return (scope) => {
    const a = left.evaluate(scope);
    if (a === true) return true;
    if (a !== false) requireBoolean(a, left);
    const b = right.evaluate(scope);
    return typeof b === 'boolean' ? b : requireBoolean(b, right);
  };
}

export function compileSign(operator: '-' | '+', operand: Operand): Evaluate {
  const { evaluate } = operand;
  const sign = operator === '-' ? -1 : 1;
  return (scope) => {
    const value = evaluate(scope);
    if (typeof value === 'number') return sign * value;
    if (value === null || value === undefined) failNull(operand);
    const message = `\`${operand.text}\` is ${kindOf(value)}, and ${operator} needs a number`;
    throw new ExpressionFailure('type', message, operand);
  };
}
