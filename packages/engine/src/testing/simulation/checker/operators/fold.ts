import { evaluate, evaluateFor, ModelFailure, rootsOf } from '../model-expression.ts';
import type { ModelRecord } from '../model-record.ts';
import { amount, type Config, text } from '../operator.ts';

/** How records become an aggregate. Aggregates are never changed in place; null is none. */
export interface Fold {
  /** `before` is null for the first record. */
  add(before: unknown, record: ModelRecord): unknown;
  subtract(before: unknown, record: ModelRecord): unknown;
  merge(key: unknown, left: unknown, right: unknown): unknown;
  /** What is seen of an aggregate. */
  result(aggregate: unknown): unknown;
  /** Before any record: what a session begins with. */
  readonly initial: unknown;
}

export function foldOf(config: Config): Fold {
  return config.compute === 'custom' ? customFold(config, text(config, 'add')) : functionsFold(config);
}

interface Aggregation {
  readonly name: string;
  readonly function: string;
  readonly value: string;
  readonly n: number;
}

/** The aggregate is the arguments of every record so far, for each function; results are made of them from scratch each time. */
function functionsFold(config: Config): Fold {
  const aggregations = (config.aggregations as readonly Config[]).map(
    (item): Aggregation => ({
      name: String(item.name),
      function: String(item.function),
      value: text(item, 'value'),
      n: amount(item, 'n', 10),
    }),
  );
  const argumentsOf = (record: ModelRecord): readonly unknown[] =>
    aggregations.map((item) => {
      const argument = item.value === '' ? true : evaluateFor(item.value, record);
      assertFits(item.function, argument);
      return argument;
    });
  /** Least and greatest are found among numbers or among texts. */
  const assertComparable = (before: readonly (readonly unknown[])[], given: readonly unknown[]): void => {
    for (const [index, argument] of given.entries()) {
      const name = aggregations[index]?.function ?? '';
      if (!['min', 'max', 'top-n'].includes(name) || argument === null) continue;
      const kinds = new Set([...(before[index] ?? []), argument].map((item) => typeof item));
      if (kinds.size > 1 || kinds.has('object') || kinds.has('boolean')) throw new ModelFailure('not comparable');
    }
  };
  const initial = aggregations.map(() => []);
  return {
    initial,
    add: (before, record) => {
      const given = argumentsOf(record);
      assertComparable((before ?? initial) as readonly (readonly unknown[])[], given);
      return ((before ?? initial) as readonly (readonly unknown[])[]).map((list, index) =>
        given[index] === null ? list : [...list, given[index]],
      );
    },
    subtract: (before, record) => {
      const given = argumentsOf(record);
      return (before as readonly (readonly unknown[])[]).map((list, index) => without(list, given[index]));
    },
    merge: (_key, left, right) => {
      const [lefts, rights] = [left, right] as readonly (readonly (readonly unknown[])[])[];
      return (lefts ?? initial).map((list, index) => [...list, ...(rights?.[index] ?? [])]);
    },
    result: (aggregate) =>
      Object.fromEntries(
        aggregations.map((item, index) => [
          item.name,
          resultOf(item, (aggregate as readonly (readonly unknown[])[])[index] ?? []),
        ]),
      ),
  };
}

function assertFits(name: string, argument: unknown): void {
  if (argument === null) return;
  if ((name === 'sum' || name === 'avg') && typeof argument !== 'number') throw new ModelFailure('not a number');
}

function without(list: readonly unknown[], argument: unknown): readonly unknown[] {
  const at = list.findIndex((item) => JSON.stringify(item) === JSON.stringify(argument));
  return at < 0 ? list : list.toSpliced(at, 1);
}

function resultOf({ function: name, n }: Aggregation, list: readonly unknown[]): unknown {
  const numbers = list as readonly number[];
  const sorted = (list as readonly (number | string)[]).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const sum = numbers.reduce((total, number) => total + number, 0);
  switch (name) {
    case 'count':
      return list.length;
    case 'sum':
      return sum;
    case 'avg':
      return list.length === 0 ? null : sum / list.length;
    case 'min':
      return sorted[0] ?? null;
    case 'max':
      return sorted.at(-1) ?? null;
    case 'first':
      return list[0] ?? null;
    case 'last':
      return list.at(-1) ?? null;
    case 'collect':
      return list;
    case 'top-n':
      return sorted.toReversed().slice(0, n);
    case 'distinct':
      return new Set(list.map((item) => JSON.stringify(item))).size;
    default:
      throw new Error(`The checker knows no function ${name}.`);
  }
}

export function customFold(config: Config, addSource: string): Fold {
  const [initialSource, subtractSource, mergeSource] = [
    text(config, 'initial'),
    text(config, 'subtract'),
    text(config, 'merge'),
  ];
  const isReduce = initialSource === '';
  const initial = isReduce ? null : evaluate(initialSource, {});
  return {
    initial,
    add: (before, record) => {
      if (before === null && isReduce) return record.value;
      return evaluate(addSource, { ...rootsOf(record), aggregate: before ?? initial });
    },
    subtract: (before, record) => evaluate(subtractSource, { ...rootsOf(record), aggregate: before }),
    merge: (key, left, right) => {
      if (isReduce && left === null) return right;
      if (mergeSource !== '') return evaluate(mergeSource, { key, left, right });
      return evaluate(addSource, { key, aggregate: left, value: right });
    },
    result: (aggregate) => aggregate,
  };
}
