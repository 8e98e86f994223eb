import { admitArray, admitText, charge, chargeSearch, chargeText, limitArray } from '../evaluation.ts';
import { ExpressionFailure, type FailureCode } from '../failure.ts';
import type { Pattern } from '../patterns/pattern.ts';
import type { Range } from '../problem.ts';
import { Scope } from '../scope.ts';
import {
  anyObjectType,
  arrayOf,
  booleanType,
  nullType,
  numberType,
  stringType,
  unionOf,
  unknownType,
  type ValueType,
} from '../value-type.ts';

/** How the language presents a function or method: for completion and for the documentation. */
export interface FunctionDoc {
  readonly name: string;
  /** As people read it: `round(x, digits?)`, `text.slice(start, end?)`. */
  readonly signature: string;
  /** One sentence, with what it gives in odd cases. */
  readonly summary: string;
  /** `expression → result as JSON`. A test evaluates it. */
  readonly example: string;
  /** What a method is called on; a function has none. */
  readonly on?: 'string' | 'array' | 'number' | 'object' | undefined;
}

/** The element callback of an array method, after compilation. It charges for itself. */
export type LambdaValue = (first: unknown, second?: unknown, third?: unknown) => unknown;

/** What a parameter takes, and what its implementation is then given. */
interface ParameterValues {
  any: unknown;
  primitive: string | number | boolean | null;
  string: string;
  number: number;
  /** A number without fraction. */
  integer: number;
  array: readonly unknown[];
  object: Readonly<Record<string, unknown>>;
  lambda: LambdaValue;
  /** A text, or null where it is left out before another argument. */
  textOrNull: string | null;
  /** A regular expression, written out as a text and compiled with the expression. */
  pattern: Pattern;
}

export type ParameterKind = keyof ParameterValues;

export interface ParameterSpec {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly optional?: boolean | undefined;
  /** Takes all further arguments too. Only the last parameter may. */
  readonly rest?: boolean | undefined;
  /** For a lambda: the types of its parameters, and what it must return. */
  readonly lambda?: LambdaSpec | undefined;
  /** A sentence that says what is wrong with a text that is written out; undefined when nothing is. */
  readonly flawOf?: ((text: string) => string | undefined) | undefined;
}

export interface LambdaSpec {
  readonly parameters: (call: CallTypes) => readonly ValueType[];
  readonly returns: 'boolean' | 'any';
}

/** What the checker knows about one call: the receiver of a method, the arguments so far (a lambda's type is that of its result). */
export interface CallTypes {
  readonly receiver: ValueType;
  readonly args: readonly ValueType[];
}

/** One function or method: documentation, types and implementation in one place. */
export interface FunctionKind {
  readonly doc: FunctionDoc;
  readonly parameters: readonly ParameterSpec[];
  readonly result: (call: CallTypes) => ValueType;
  readonly run: Implementation;
}

/**
 * An implementation as the compiler calls it: a method gets its receiver first. The compiler has then checked every argument against
 * the parameters, which is the obligation that lets `implementationOf` forget their types.
 */
export type Implementation = (call: Call, ...args: readonly unknown[]) => unknown;

function implementationOf<Args extends readonly unknown[]>(
  run: (call: Call, ...args: Args) => unknown,
): Implementation {
  return run as unknown as Implementation;
}

type ArgumentsOf<Specs extends readonly ParameterSpec[]> = {
  [Place in keyof Specs]:
    | ParameterValues[Specs[Place]['kind']]
    | (Specs[Place] extends { readonly optional: true } ? undefined : never);
};

type RestOf<Specs extends readonly ParameterSpec[]> = Specs extends readonly [
  ...infer Fixed extends readonly ParameterSpec[],
  infer Last extends ParameterSpec & { readonly rest: true },
]
  ? [...ArgumentsOf<Fixed>, ...ParameterValues[Last['kind']][]]
  : ArgumentsOf<Specs>;

/** Declares a function; `run` gets arguments that were checked against the parameters. */
export function defineFunction<const Specs extends readonly ParameterSpec[]>(
  doc: FunctionDoc,
  parameters: Specs,
  result: ValueType | ((call: CallTypes) => ValueType),
  run: (call: Call, ...args: RestOf<Specs>) => unknown,
): FunctionKind {
  return { doc, parameters, result: typeof result === 'function' ? result : () => result, run: implementationOf(run) };
}

/** Declares a method of texts; `run` gets the text first. */
export function defineTextMethod<const Specs extends readonly ParameterSpec[]>(
  doc: FunctionDoc,
  parameters: Specs,
  result: ValueType,
  run: (call: Call, text: string, ...args: RestOf<Specs>) => unknown,
): FunctionKind {
  return { doc: { ...doc, on: 'string' }, parameters, result: () => result, run: implementationOf(run) };
}

/** Declares a method of lists; `run` gets the list first. */
export function defineArrayMethod<const Specs extends readonly ParameterSpec[]>(
  doc: FunctionDoc,
  parameters: Specs,
  result: ValueType | ((call: CallTypes) => ValueType),
  run: (call: Call, list: readonly unknown[], ...args: RestOf<Specs>) => unknown,
): FunctionKind {
  const resultOf = typeof result === 'function' ? result : () => result;
  return { doc: { ...doc, on: 'array' }, parameters, result: resultOf, run: implementationOf(run) };
}

/** What a parameter takes, as messages say it. */
export const parameterNames: { readonly [Kind in ParameterKind]: string } = {
  any: 'any value',
  primitive: 'a text, number, boolean or null',
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  array: 'a list',
  object: 'an object',
  lambda: 'a function',
  textOrNull: 'a text or null',
  pattern: 'a pattern',
};

/** The type that a parameter takes. */
export function parameterType(kind: ParameterKind): ValueType {
  switch (kind) {
    case 'string':
    case 'pattern':
      return stringType;
    case 'textOrNull':
      return unionOf(stringType, nullType);
    case 'number':
    case 'integer':
      return numberType;
    case 'primitive':
      return unionOf(stringType, numberType, booleanType, nullType);
    case 'array':
      return arrayOf(unknownType);
    case 'object':
      return anyObjectType;
    default:
      return unknownType;
  }
}

/** One place in the source where a function is called: who pays, and who is at fault when it fails. */
export class Call implements Range {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** The scope of the evaluation that runs; set by the compiled call before the function is run. */
  scope: Scope = idleScope;

  constructor(name: string, range: Range) {
    this.name = name;
    this.start = range.start;
    this.end = range.end;
  }

  fail(code: FailureCode, message: string): never {
    throw new ExpressionFailure(code, message, this);
  }

  charge(steps: number): void {
    charge(this.scope, steps, this);
  }

  chargeText(length: number): void {
    chargeText(this.scope, length, this);
  }

  chargeSearch(text: string, wanted: string): void {
    chargeSearch(this.scope, text, wanted, this);
  }

  admitText(length: number): void {
    admitText(this.scope, length, this);
  }

  limitArray(length: number): void {
    limitArray(length, this);
  }

  admitArray(length: number): void {
    admitArray(this.scope, length, this);
  }

  /** A number result, which must be one. */
  finite(value: number): number {
    return Number.isFinite(value) ? value : this.fail('range', `\`${this.name}\` has no result for this number`);
  }
}

const idleScope = new Scope();
