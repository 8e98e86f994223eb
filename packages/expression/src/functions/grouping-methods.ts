import { setField, textOf } from '../evaluation.ts';
import {
  anyObjectType,
  arrayOf,
  kindOf,
  nullType,
  numberType,
  unionOf,
  unknownType,
  type ValueType,
} from '../value-type.ts';
import { compareKeys, elementAndIndex, elementOf, sameList } from './array-methods.ts';
import { type Call, type CallTypes, defineArrayMethod, type FunctionKind, type LambdaValue } from './function-kind.ts';

const each = { name: 'each', kind: 'lambda', lambda: { parameters: elementAndIndex, returns: 'any' } } as const;

const elementOrNull = ({ receiver }: CallTypes): ValueType => unionOf(elementOf(receiver), nullType);

/** A value by which elements are told apart: a text, number, boolean or null. */
function identity(call: Call, value: unknown): unknown {
  if (typeof value === 'string') call.chargeText(value.length);
  else if (typeof value === 'object' && value !== null) {
    call.fail('type', `cannot tell ${kindOf(value)} apart, only texts, numbers, booleans and null`);
  }
  return value ?? null;
}

function distinct(
  call: Call,
  list: readonly unknown[],
  keyOf: (element: unknown, index: number) => unknown,
): unknown[] {
  call.limitArray(list.length);
  const seen = new Set<unknown>();
  return list.filter((element, place) => {
    const key = identity(call, keyOf(element, place));
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The name of a field for a key; numbers and booleans as JSON writes them. */
function fieldName(call: Call, key: unknown): string {
  const name = key === null || key === undefined ? undefined : textOf(key);
  if (name === undefined)
    return call.fail('type', `cannot group by ${kindOf(key)}, only by texts, numbers or booleans`);
  call.chargeText(name.length);
  return name;
}

function groups(call: Call, list: readonly unknown[], keyOf: LambdaValue): ReadonlyMap<string, readonly unknown[]> {
  call.limitArray(list.length);
  const found = new Map<string, unknown[]>();
  for (const [place, element] of list.entries()) {
    const name = fieldName(call, keyOf(element, place));
    const group = found.get(name);
    if (group) group.push(element);
    else found.set(name, [element]);
  }
  return found;
}

function objectOf<Value>(fields: Iterable<readonly [string, Value]>): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [name, value] of fields) setField(object, name, value);
  return object;
}

/** The element with the smallest key by that order; the first of equal ones. */
function extreme(call: Call, list: readonly unknown[], sign: 1 | -1, keyOf: LambdaValue): unknown {
  let best: unknown = null;
  let bestKey: unknown;
  for (const [place, element] of list.entries()) {
    const key = keyOf(element, place);
    // The first is compared with itself, so that its key must be right too.
    const order = compareKeys(call, key, place === 0 ? key : bestKey);
    if (place > 0 && order * sign >= 0) continue;
    best = element;
    bestKey = key;
  }
  return best;
}

function numberIn(call: Call, value: unknown): number {
  return typeof value === 'number' ? value : call.fail('type', `${call.name} takes numbers, not ${kindOf(value)}`);
}

function extremeNumber(call: Call, list: readonly unknown[], pick: (a: number, b: number) => number): number | null {
  call.charge(list.length);
  let best: number | null = null;
  for (const value of list) {
    const number = numberIn(call, value);
    best = best === null ? number : pick(best, number);
  }
  return best;
}

const flattened = ({ receiver }: CallTypes): ValueType => {
  const element = elementOf(receiver);
  return element.kind === 'array' ? arrayOf(elementOf(element)) : arrayOf(unknownType);
};

/** Methods that bring the elements of a list together: by key, by place, by size. */
export const groupingMethods: readonly FunctionKind[] = [
  defineArrayMethod(
    {
      name: 'min',
      signature: 'list.min()',
      summary: 'The smallest of the numbers, null for an empty list.',
      example: '[3, 1, 2].min() → 1',
    },
    [],
    unionOf(numberType, nullType),
    (call, list) => extremeNumber(call, list, Math.min),
  ),
  defineArrayMethod(
    {
      name: 'max',
      signature: 'list.max()',
      summary: 'The greatest of the numbers, null for an empty list.',
      example: '[3, 1, 2].max() → 3',
    },
    [],
    unionOf(numberType, nullType),
    (call, list) => extremeNumber(call, list, Math.max),
  ),
  defineArrayMethod(
    {
      name: 'average',
      signature: 'list.average()',
      summary: 'The sum of the numbers divided by how many there are, null for an empty list.',
      example: '[1, 2, 6].average() → 3',
    },
    [],
    unionOf(numberType, nullType),
    (call, list) => {
      call.charge(list.length);
      const total = list.reduce((sum: number, value) => sum + numberIn(call, value), 0);
      return list.length === 0 ? null : call.finite(total / list.length);
    },
  ),
  defineArrayMethod(
    {
      name: 'minBy',
      signature: 'list.minBy((x, index) => …)',
      summary: 'The element with the smallest result, all numbers or all texts; null for an empty list.',
      example: '[{ n: 2 }, { n: 1 }].minBy(x => x.n) → {"n":1}',
    },
    [each],
    elementOrNull,
    (call, list, keyOf) => extreme(call, list, 1, keyOf),
  ),
  defineArrayMethod(
    {
      name: 'maxBy',
      signature: 'list.maxBy((x, index) => …)',
      summary: 'The element with the greatest result, all numbers or all texts; null for an empty list.',
      example: '[{ n: 2 }, { n: 1 }].maxBy(x => x.n) → {"n":2}',
    },
    [each],
    elementOrNull,
    (call, list, keyOf) => extreme(call, list, -1, keyOf),
  ),
  defineArrayMethod(
    {
      name: 'groupBy',
      signature: 'list.groupBy((x, index) => …)',
      summary: 'An object with a list of elements under each result: a text, number or boolean.',
      example: '[\'SFO\', \'LAX\', \'SAN\'].groupBy(x => x.charAt(0)) → {"S":["SFO","SAN"],"L":["LAX"]}',
    },
    [each],
    anyObjectType,
    (call, list, keyOf) => objectOf(groups(call, list, keyOf)),
  ),
  defineArrayMethod(
    {
      name: 'countBy',
      signature: 'list.countBy((x, index) => …)',
      summary: 'An object with the number of elements under each result: a text, number or boolean.',
      example: "['SFO', 'LAX', 'SAN'].countBy(x => x.charAt(0)) → {\"S\":2,\"L\":1}",
    },
    [each],
    anyObjectType,
    (call, list, keyOf) =>
      objectOf([...groups(call, list, keyOf)].map(([name, group]) => [name, group.length] as const)),
  ),
  defineArrayMethod(
    {
      name: 'keyBy',
      signature: 'list.keyBy((x, index) => …)',
      summary: 'An object with the last element for each result: a text, number or boolean.',
      example: '[{ id: \'a\', n: 1 }].keyBy(x => x.id) → {"a":{"id":"a","n":1}}',
    },
    [each],
    anyObjectType,
    (call, list, keyOf) =>
      objectOf([...groups(call, list, keyOf)].map(([name, group]) => [name, group.at(-1)] as const)),
  ),
  defineArrayMethod(
    {
      name: 'distinct',
      signature: 'list.distinct()',
      summary: 'Each text, number, boolean or null once, where it first stands.',
      example: "['SFO', 'LAX', 'SFO'].distinct() → [\"SFO\",\"LAX\"]",
    },
    [],
    sameList,
    (call, list) => {
      call.charge(list.length);
      return distinct(call, list, (element) => element);
    },
  ),
  defineArrayMethod(
    {
      name: 'distinctBy',
      signature: 'list.distinctBy((x, index) => …)',
      summary: 'The first element for each result: a text, number, boolean or null.',
      example: '[{ n: 1 }, { n: 1 }].distinctBy(x => x.n) → [{"n":1}]',
    },
    [each],
    sameList,
    distinct,
  ),
  defineArrayMethod(
    {
      name: 'zip',
      signature: 'list.zip(other)',
      summary: 'A list of [element, element of the other] by place, as long as the shorter of the two.',
      example: '[1, 2].zip([\'a\', \'b\']) → [[1,"a"],[2,"b"]]',
    },
    [{ name: 'other', kind: 'array' }],
    ({ receiver, args: [other = unknownType] }) => arrayOf(arrayOf(unionOf(elementOf(receiver), elementOf(other)))),
    (call, list, other) => {
      const length = Math.min(list.length, other.length);
      call.admitArray(length);
      call.charge(length);
      return Array.from({ length }, (_, place) => [list[place], other[place]]);
    },
  ),
  defineArrayMethod(
    {
      name: 'flat',
      signature: 'list.flat()',
      summary: 'One list of the elements of the lists in it; other elements stay.',
      example: '[[1, 2], [3], 4].flat() → [1,2,3,4]',
    },
    [],
    flattened,
    (call, list) => {
      call.charge(list.length);
      call.admitArray(list.reduce((length: number, part) => length + (Array.isArray(part) ? part.length : 1), 0));
      return list.flat();
    },
  ),
  defineArrayMethod(
    {
      name: 'chunk',
      signature: 'list.chunk(size)',
      summary: 'A list of lists of that many elements; the last may be shorter.',
      example: '[1, 2, 3].chunk(2) → [[1,2],[3]]',
    },
    [{ name: 'size', kind: 'integer' }],
    ({ receiver }) => arrayOf(arrayOf(elementOf(receiver))),
    (call, list, size) => {
      if (size < 1) return call.fail('range', 'chunk needs a size of 1 or more');
      call.admitArray(list.length);
      const length = Math.ceil(list.length / size);
      return Array.from({ length }, (_, place) => list.slice(place * size, (place + 1) * size));
    },
  ),
];
