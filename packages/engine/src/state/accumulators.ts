import { sortedJson } from '../log/key-format.ts';

/**
 * The functions of an aggregate. An accumulator is what is stored for one of them: JSON data, replaced and never changed in place, so
 * that a store may keep it and a commit that fails may forget it. Null arguments are passed over, except by `count` without an argument.
 */
export const aggregateFunctions = [
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'first',
  'last',
  'collect',
  'top-n',
  'distinct',
] as const;
export type AggregateFunction = (typeof aggregateFunctions)[number];

/** Which functions work without an argument. */
export const takesNoArgument: ReadonlySet<AggregateFunction> = new Set(['count']);
/** Which functions take numbers only. */
export const takesNumbers: ReadonlySet<AggregateFunction> = new Set(['sum', 'avg']);
/** Which functions give as many values as they are told to. */
export const takesLength: ReadonlySet<AggregateFunction> = new Set(['collect', 'top-n']);
/** Which functions cannot take a value back, since what came before it is forgotten. */
export const cannotSubtract: ReadonlySet<AggregateFunction> = new Set(['first', 'last']);

/** How many values a list has at most; how many different values are told apart. */
export const accumulatedMax = 10_000;
/** How many values `collect` gives unless it is told. */
export const collectedByDefault = 1000;
/** How many values `top-n` gives unless it is told. */
export const topByDefault = 10;

/**
 * What is stored. Of a table's rows some functions must keep every value, since any of them may be taken back: that is `-of-rows`, and its
 * accumulator a list of them all.
 */
const rowFunctions = ['min-of-rows', 'max-of-rows', 'top-n-of-rows', 'collect-of-rows'] as const;
export type AccumulatorName = AggregateFunction | (typeof rowFunctions)[number];

export interface Accumulator {
  readonly initial: unknown;
  /** @throws TypeError with a sentence when the argument does not fit. */
  add(accumulator: unknown, argument: unknown): unknown;
  /** Takes back an argument that was added; null where that cannot be. */
  readonly subtract: ((accumulator: unknown, argument: unknown) => unknown) | null;
  /** Of two spans of time, the earlier on the left. */
  merge(left: unknown, right: unknown): unknown;
  result(accumulator: unknown): unknown;
}

/** The accumulator of a function over records, or over the rows of a table, whose values may be taken back. */
export function accumulatorName(name: AggregateFunction, over: 'stream' | 'table'): AccumulatorName {
  if (over === 'stream') return name;
  return name === 'min' || name === 'max' || name === 'top-n' || name === 'collect' ? `${name}-of-rows` : name;
}

/** `length`: how many values the function gives, where that can be told. */
export function accumulatorFor(name: AccumulatorName, length?: number | undefined): Accumulator {
  switch (name) {
    case 'collect':
      return collected(length ?? collectedByDefault);
    case 'collect-of-rows':
      return collectedOfRows(length ?? collectedByDefault);
    case 'top-n':
      return greatest(length ?? topByDefault);
    case 'top-n-of-rows':
      return ranked((descending) => descending.slice(0, length ?? topByDefault));
    default:
      return plain[name];
  }
}

type List = readonly unknown[];

const identity = (accumulator: unknown): unknown => accumulator;

const plain: {
  readonly [Name in Exclude<AccumulatorName, 'collect' | 'top-n' | 'collect-of-rows' | 'top-n-of-rows'>]: Accumulator;
} = {
  count: {
    initial: 0,
    add: (count) => (count as number) + 1,
    subtract: (count) => (count as number) - 1,
    merge: (left, right) => (left as number) + (right as number),
    result: identity,
  },
  /** The sum of nothing is 0. */
  sum: {
    initial: 0,
    add: (sum, argument) => finite((sum as number) + number(argument)),
    subtract: (sum, argument) => finite((sum as number) - number(argument)),
    merge: (left, right) => finite((left as number) + (right as number)),
    result: identity,
  },
  /** Kept as [sum, count]; the average of nothing is null. */
  avg: {
    initial: [0, 0],
    add: (accumulator, argument) => {
      const [sum, count] = accumulator as readonly [number, number];
      return [finite(sum + number(argument)), count + 1];
    },
    subtract: (accumulator, argument) => {
      const [sum, count] = accumulator as readonly [number, number];
      // Without this, what rounding left over would show in the next average.
      return count <= 1 ? [0, 0] : [finite(sum - number(argument)), count - 1];
    },
    merge: (left, right) => {
      const [leftSum, leftCount] = left as readonly [number, number];
      const [rightSum, rightCount] = right as readonly [number, number];
      return [finite(leftSum + rightSum), leftCount + rightCount];
    },
    result: (accumulator) => {
      const [sum, count] = accumulator as readonly [number, number];
      return count === 0 ? null : sum / count;
    },
  },
  min: extreme((argument, least) => isLess(argument, least)),
  max: extreme((argument, most) => isLess(most, argument)),
  /** In order of arrival, not of event time. Kept in a list, so that a first null can be told from none. */
  first: {
    initial: [],
    add: (kept, argument) => ((kept as List).length === 0 ? [argument] : kept),
    subtract: null,
    merge: (left, right) => ((left as List).length === 0 ? right : left),
    result: (kept) => (kept as List)[0] ?? null,
  },
  last: {
    initial: [],
    add: (_kept, argument) => [argument],
    subtract: null,
    merge: (left, right) => ((right as List).length === 0 ? left : right),
    result: (kept) => (kept as List)[0] ?? null,
  },
  /** Kept as the JSON text of each value with how often it came. */
  distinct: {
    initial: {},
    add: (tally, argument) => tallied(tally, { [sortedJson(argument)]: 1 }),
    subtract: (tally, argument) => tallied(tally, { [sortedJson(argument)]: -1 }),
    merge: (left, right) => tallied(left, right as Tally),
    result: (tally) => Object.keys(tally as Tally).length,
  },
  'min-of-rows': ranked((descending) => descending.at(-1) ?? null),
  'max-of-rows': ranked((descending) => descending[0] ?? null),
};

/** The one value that `isBetter` than all others; null of nothing. */
function extreme(isBetter: (argument: unknown, kept: unknown) => boolean): Accumulator {
  const add = (kept: unknown, argument: unknown): unknown => {
    // The first must be one that later ones can be compared with.
    if (kept === null) return isBetter(argument, argument) ? kept : argument;
    return isBetter(argument, kept) ? argument : kept;
  };
  return {
    initial: null,
    add,
    subtract: null,
    merge: (left, right) => (right === null ? left : add(left, right)),
    result: identity,
  };
}

/** The last values in order of arrival. */
function collected(length: number): Accumulator {
  const lastOf = (list: List): List => (list.length > length ? list.slice(list.length - length) : list);
  return {
    initial: [],
    add: (list, argument) => lastOf([...(list as List), argument]),
    subtract: null,
    merge: (left, right) => lastOf([...(left as List), ...(right as List)]),
    result: identity,
  };
}

/** All values in order of arrival, of which the last are shown. */
function collectedOfRows(length: number): Accumulator {
  return {
    initial: [],
    add: (list, argument) => bounded([...(list as List), argument]),
    subtract: (list, argument) => without(list as List, argument),
    merge: (left, right) => bounded([...(left as List), ...(right as List)]),
    result: (list) => (list as List).slice(-length),
  };
}

/** The greatest values, the greatest first. */
function greatest(length: number): Accumulator {
  return {
    initial: [],
    add: (list, argument) => inserted(list as List, argument).slice(0, length),
    subtract: null,
    merge: (left, right) => (right as List).reduce<List>(inserted, left as List).slice(0, length),
    result: identity,
  };
}

/** All values, the greatest first. */
function ranked(result: (descending: List) => unknown): Accumulator {
  return {
    initial: [],
    add: (list, argument) => bounded(inserted(list as List, argument)),
    subtract: (list, argument) => without(list as List, argument),
    merge: (left, right) => bounded((right as List).reduce<List>(inserted, left as List)),
    result: (list) => result(list as List),
  };
}

/** A list from great to small with one more value, behind those that equal it. */
function inserted(descending: List, value: unknown): List {
  let low = 0;
  let high = descending.length;
  // Compared even with nothing, so that a value that cannot be compared is refused from the first on.
  isLess(value, value);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isLess(descending[middle], value)) high = middle;
    else low = middle + 1;
  }
  return [...descending.slice(0, low), value, ...descending.slice(low)];
}

/** The list without the first value that equals the given one. */
function without(list: List, value: unknown): List {
  const text = sortedJson(value);
  const at = list.findIndex((kept) => sortedJson(kept) === text);
  return at < 0 ? list : [...list.slice(0, at), ...list.slice(at + 1)];
}

function bounded(list: List): List {
  if (list.length > accumulatedMax) throw new TypeError(`keeps at most ${accumulatedMax} values of a key`);
  return list;
}

/** Names are JSON texts, none of which is `__proto__`, so plain objects do. */
type Tally = { readonly [text: string]: number };

function tallied(tally: unknown, more: Tally): Tally {
  const sum: { [text: string]: number } = { ...(tally as Tally) };
  for (const [text, times] of Object.entries(more)) {
    const total = (sum[text] ?? 0) + times;
    if (total > 0) sum[text] = total;
    else delete sum[text];
  }
  if (Object.keys(sum).length > accumulatedMax) {
    throw new TypeError(`tells at most ${accumulatedMax} different values of a key apart`);
  }
  return sum;
}

function number(argument: unknown): number {
  if (typeof argument !== 'number') throw new TypeError(`takes numbers, and got ${typeName(argument)}`);
  return argument;
}

function finite(result: number): number {
  if (!Number.isFinite(result)) throw new TypeError('went beyond the range of numbers');
  return result;
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
