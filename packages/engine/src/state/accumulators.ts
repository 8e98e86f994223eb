/**
 * The functions of an aggregate. An accumulator is what is stored for one of them: JSON data, replaced and never changed in place, so
 * that a store may keep it and a commit that fails may forget it. Null arguments are passed over, except by `count` without an argument.
 */
export const aggregateFunctions = ['count', 'sum', 'avg', 'min', 'max', 'first', 'last'] as const;
export type AggregateFunction = (typeof aggregateFunctions)[number];

/** Which functions work without an argument. */
export const takesNoArgument: ReadonlySet<AggregateFunction> = new Set(['count']);
/** Which functions take numbers only. */
export const takesNumbers: ReadonlySet<AggregateFunction> = new Set(['sum', 'avg']);

interface Accumulate {
  readonly initial: unknown;
  /** @throws TypeError with a sentence when the argument does not fit. */
  add(accumulator: unknown, argument: unknown): unknown;
  result(accumulator: unknown): unknown;
}

const identity = (accumulator: unknown): unknown => accumulator;

const functions: { readonly [Name in AggregateFunction]: Accumulate } = {
  count: { initial: 0, add: (count) => (count as number) + 1, result: identity },
  /** The sum of nothing is 0. */
  sum: { initial: 0, add: (sum, argument) => finite((sum as number) + number(argument)), result: identity },
  /** Kept as [sum, count]; the average of nothing is null. */
  avg: {
    initial: [0, 0],
    add: (accumulator, argument) => {
      const [sum, count] = accumulator as readonly [number, number];
      return [finite(sum + number(argument)), count + 1];
    },
    result: (accumulator) => {
      const [sum, count] = accumulator as readonly [number, number];
      return count === 0 ? null : sum / count;
    },
  },
  min: {
    initial: null,
    add: (least, argument) => (isFirst(least, argument) || isLess(argument, least) ? argument : least),
    result: identity,
  },
  max: {
    initial: null,
    add: (greatest, argument) => (isFirst(greatest, argument) || isLess(greatest, argument) ? argument : greatest),
    result: identity,
  },
  /** In order of arrival, not of event time. Kept in a list, so that a first null can be told from none. */
  first: {
    initial: [],
    add: (kept, argument) => ((kept as unknown[]).length === 0 ? [argument] : kept),
    result: (kept) => (kept as unknown[])[0] ?? null,
  },
  last: { initial: [], add: (_kept, argument) => [argument], result: (kept) => (kept as unknown[])[0] ?? null },
};

export function initialAccumulator(name: AggregateFunction): unknown {
  return functions[name].initial;
}

/** @throws TypeError with a sentence when the argument does not fit the function. */
export function accumulate(name: AggregateFunction, accumulator: unknown, argument: unknown): unknown {
  return functions[name].add(accumulator, argument);
}

export function accumulatorResult(name: AggregateFunction, accumulator: unknown): unknown {
  return functions[name].result(accumulator);
}

function number(argument: unknown): number {
  if (typeof argument !== 'number') throw new TypeError(`takes numbers, and got ${typeName(argument)}`);
  return argument;
}

function finite(result: number): number {
  if (!Number.isFinite(result)) throw new TypeError('went beyond the range of numbers');
  return result;
}

/** Whether there is nothing yet to compare with; the argument must then be one that later ones can be compared with. */
function isFirst(kept: unknown, argument: unknown): boolean {
  return kept === null && !isLess(argument, argument);
}

function isLess(left: unknown, right: unknown): boolean {
  if (typeof left === 'number' && typeof right === 'number') return left < right;
  if (typeof left === 'string' && typeof right === 'string') return left < right;
  throw new TypeError(
    `compares numbers with numbers and strings with strings, and got ${typeName(left)} and ${typeName(right)}`,
  );
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
