import { placeWithin, textOf } from '../evaluation.ts';
import { stringLengthMax } from '../limits.ts';
import {
  arrayOf,
  booleanType,
  isWithinType,
  kindOf,
  memberOfKind,
  neverType,
  nullType,
  numberType,
  stringType,
  unionOf,
  unknownType,
  type ValueType,
} from '../value-type.ts';
import { type Call, type CallTypes, defineArrayMethod, type FunctionKind, type LambdaSpec } from './function-kind.ts';

const index = { name: 'index', kind: 'integer' } as const;

/** What is known of the elements of a list. */
export function elementOf(type: ValueType): ValueType {
  if (type.kind === 'unknown') return unknownType;
  const element = memberOfKind(type, 'array')?.element ?? unknownType;
  return element.kind === 'never' ? unknownType : element;
}

export const sameList = ({ receiver }: CallTypes): ValueType => arrayOf(elementOf(receiver));
export const elementAndIndex = ({ receiver }: CallTypes): readonly ValueType[] => [elementOf(receiver), numberType];

function callback<const Returns extends LambdaSpec['returns']>(returns: Returns) {
  return { name: 'each', kind: 'lambda', lambda: { parameters: elementAndIndex, returns } } as const;
}

/**
 * The type that the running value of a reduce can have, as far as its start tells. What a start leaves open (an empty list, null, fields
 * added later) is unknown rather than wrong.
 */
function loosened(type: ValueType): ValueType {
  switch (type.kind) {
    case 'boolean':
    case 'number':
    case 'string':
      return type;
    case 'array':
      return arrayOf(unknownType);
    case 'object':
      return {
        kind: 'object',
        fields: type.fields.map((field) => ({ ...field, type: loosened(field.type) })),
        open: true,
      };
    default:
      return unknownType;
  }
}

/**
 * The type of what a reduce ends with. The function was checked with a running result that is like its start; where what it gives is not,
 * nothing is known from the second round on.
 */
function reduced({ args: [result = unknownType, start = unknownType] }: CallTypes): ValueType {
  const running = loosened(start);
  return isWithinType(result, running) ? unionOf(running, result) : unknownType;
}

/** Orders numbers by size and texts by their characters' codes. All must be of one kind. */
export function compareKeys(call: Call, a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') {
    call.chargeText(Math.min(a.length, b.length));
    return a < b ? -1 : a > b ? 1 : 0;
  }
  const other = typeof a === 'number' || typeof a === 'string' ? b : a;
  if (typeof other === 'number' || typeof other === 'string')
    return call.fail('type', 'cannot order numbers and texts');
  return call.fail('type', `cannot order by ${kindOf(other)}, only by numbers or texts`);
}

/** Sorts a copy by keys. Stable. */
function sorted(call: Call, list: readonly unknown[], keyOf: (element: unknown, index: number) => unknown): unknown[] {
  call.limitArray(list.length);
  call.charge(list.length * Math.ceil(Math.log2(list.length + 1) / 4));
  const keyed = list.map((element, place) => ({ element, key: keyOf(element, place) }));
  // A list of one is never compared, but its key must be right all the same.
  if (keyed.length === 1) compareKeys(call, keyed[0]?.key, keyed[0]?.key);
  return keyed.sort((a, b) => compareKeys(call, a.key, b.key)).map((item) => item.element);
}

function indexIn(call: Call, list: readonly unknown[], wanted: unknown): number {
  call.charge(list.length);
  if (typeof wanted === 'string') call.chargeText(list.length * Math.max(0, wanted.length - 64));
  return list.indexOf(wanted);
}

export const arrayMethods: readonly FunctionKind[] = [
  defineArrayMethod(
    {
      name: 'map',
      signature: 'list.map((x, index) => …)',
      summary: 'A list with the result for each element.',
      example: '[1, 2].map(x => x * 10) → [10,20]',
    },
    [callback('any')],
    ({ args }) => arrayOf(args[0] ?? unknownType),
    (call, list, each) => {
      call.limitArray(list.length);
      return list.map((element, place) => each(element, place));
    },
  ),
  defineArrayMethod(
    {
      name: 'filter',
      signature: 'list.filter((x, index) => …)',
      summary: 'A list of the elements for which the condition is true.',
      example: '[1, 2, 3].filter(x => x > 1) → [2,3]',
    },
    [callback('boolean')],
    sameList,
    (call, list, each) => {
      call.limitArray(list.length);
      return list.filter((element, place) => each(element, place));
    },
  ),
  defineArrayMethod(
    {
      name: 'find',
      signature: 'list.find((x, index) => …)',
      summary: 'The first element for which the condition is true, or null.',
      example: '[1, 2, 3].find(x => x > 1) → 2',
    },
    [callback('boolean')],
    ({ receiver }) => unionOf(elementOf(receiver), nullType),
    (_call, list, each) => list.find((element, place) => each(element, place)) ?? null,
  ),
  defineArrayMethod(
    {
      name: 'findIndex',
      signature: 'list.findIndex((x, index) => …)',
      summary: 'The place of the first element for which the condition is true, or -1.',
      example: '[1, 2, 3].findIndex(x => x > 1) → 1',
    },
    [callback('boolean')],
    numberType,
    (_call, list, each) => list.findIndex((element, place) => each(element, place)),
  ),
  defineArrayMethod(
    {
      name: 'findLast',
      signature: 'list.findLast((x, index) => …)',
      summary: 'The last element for which the condition is true, or null.',
      example: '[1, 2, 3].findLast(x => x > 1) → 3',
    },
    [callback('boolean')],
    ({ receiver }) => unionOf(elementOf(receiver), nullType),
    (_call, list, each) => list.findLast((element, place) => each(element, place)) ?? null,
  ),
  defineArrayMethod(
    {
      name: 'some',
      signature: 'list.some((x, index) => …)',
      summary: 'Whether the condition is true for at least one element.',
      example: '[1, 2].some(x => x > 1) → true',
    },
    [callback('boolean')],
    booleanType,
    (_call, list, each) => list.some((element, place) => each(element, place)),
  ),
  defineArrayMethod(
    {
      name: 'every',
      signature: 'list.every((x, index) => …)',
      summary: 'Whether the condition is true for all elements.',
      example: '[1, 2].every(x => x > 1) → false',
    },
    [callback('boolean')],
    booleanType,
    (_call, list, each) => list.every((element, place) => each(element, place)),
  ),
  defineArrayMethod(
    {
      name: 'reduce',
      signature: 'list.reduce((result, x, index) => …, start)',
      summary: 'Goes through the list with a running result, which begins as start.',
      example: '[1, 2, 3].reduce((total, x) => total + x, 0) → 6',
    },
    [
      {
        name: 'each',
        kind: 'lambda',
        lambda: {
          parameters: (call) => [loosened(call.args[1] ?? unknownType), ...elementAndIndex(call)],
          returns: 'any',
        },
      },
      { name: 'start', kind: 'any' },
    ],
    reduced,
    (_call, list, each, start) => list.reduce((result, element, place) => each(result, element, place), start),
  ),
  defineArrayMethod(
    {
      name: 'flatMap',
      signature: 'list.flatMap((x, index) => …)',
      summary: 'Like map, and results that are lists are joined into one list.',
      example: '[1, 2].flatMap(x => [x, x]) → [1,1,2,2]',
    },
    [callback('any')],
    ({ args: [result = unknownType] }) => {
      if (result.kind === 'unknown') return arrayOf(unknownType);
      const inner = memberOfKind(result, 'array')?.element ?? neverType;
      const others = result.kind === 'union' ? result.members.filter((member) => member.kind !== 'array') : [];
      return arrayOf(
        result.kind === 'array' ? inner : unionOf(inner, ...(result.kind === 'union' ? others : [result])),
      );
    },
    (call, list, each) => {
      const result: unknown[] = [];
      for (const [place, element] of list.entries()) {
        const part = each(element, place);
        const length = Array.isArray(part) ? part.length : 1;
        call.charge(length);
        call.limitArray(result.length + length);
        if (Array.isArray(part)) for (const item of part) result.push(item);
        else result.push(part);
      }
      return result;
    },
  ),
  defineArrayMethod(
    {
      name: 'sortBy',
      signature: 'list.sortBy((x, index) => …)',
      summary: 'A copy in the order of the results, all numbers or all texts. Equal ones keep their order.',
      example: '[{ n: 2 }, { n: 1 }].sortBy(x => x.n) → [{"n":1},{"n":2}]',
    },
    [callback('any')],
    sameList,
    (call, list, each) => sorted(call, list, each),
  ),
  defineArrayMethod(
    {
      name: 'sort',
      signature: 'list.sort()',
      summary: 'A copy in order. All elements are numbers, or all are texts.',
      example: '[10, 9, 1].sort() → [1,9,10]',
    },
    [],
    sameList,
    (call, list) => sorted(call, list, (element) => element),
  ),
  defineArrayMethod(
    {
      name: 'reverse',
      signature: 'list.reverse()',
      summary: 'A copy in the opposite order.',
      example: '[1, 2, 3].reverse() → [3,2,1]',
    },
    [],
    sameList,
    (call, list) => {
      call.admitArray(list.length);
      return list.toReversed();
    },
  ),
  defineArrayMethod(
    {
      name: 'slice',
      signature: 'list.slice(start, end?)',
      summary: 'The elements from start up to, without, end. Negative places count from the end.',
      example: '[1, 2, 3].slice(1) → [2,3]',
    },
    [
      { name: 'start', kind: 'integer' },
      { name: 'end', kind: 'integer', optional: true },
    ],
    sameList,
    (call, list, from, to) => {
      const end = placeWithin(list.length, to ?? list.length);
      call.admitArray(Math.max(0, end - placeWithin(list.length, from)));
      return list.slice(from, to);
    },
  ),
  defineArrayMethod(
    {
      name: 'concat',
      signature: 'list.concat(other, …)',
      summary: 'One list of the elements of all the lists.',
      example: '[1].concat([2, 3]) → [1,2,3]',
    },
    [
      { name: 'other', kind: 'array' },
      { name: 'others', kind: 'array', rest: true },
    ],
    ({ receiver, args }) => arrayOf(unionOf(...[receiver, ...args].map(elementOf))),
    (call, list, ...others) => {
      call.admitArray(others.reduce((length, other) => length + other.length, list.length));
      return list.concat(...others);
    },
  ),
  defineArrayMethod(
    {
      name: 'at',
      signature: 'list.at(index)',
      summary: 'The element at that place, or null. Negative places count from the end.',
      example: '[1, 2, 3].at(-1) → 3',
    },
    [index],
    ({ receiver }) => unionOf(elementOf(receiver), nullType),
    (_call, list, at) => list.at(at) ?? null,
  ),
  defineArrayMethod(
    {
      name: 'includes',
      signature: 'list.includes(x)',
      summary: 'Whether a number, text, boolean or null is in the list.',
      example: "['SFO', 'LAX'].includes('LAX') → true",
    },
    [{ name: 'x', kind: 'primitive' }],
    booleanType,
    (call, list, wanted) => indexIn(call, list, wanted) !== -1,
  ),
  defineArrayMethod(
    {
      name: 'indexOf',
      signature: 'list.indexOf(x)',
      summary: 'Where a number, text, boolean or null first stands, from 0, or -1.',
      example: "['SFO', 'LAX'].indexOf('LAX') → 1",
    },
    [{ name: 'x', kind: 'primitive' }],
    numberType,
    indexIn,
  ),
  defineArrayMethod(
    {
      name: 'join',
      signature: 'list.join(separator?)',
      summary:
        'One text of all elements, with the separator (a comma unless given) between them. Not for lists of lists or objects.',
      example: "[1, 'a', null].join('-') → \"1-a-null\"",
    },
    [{ name: 'separator', kind: 'string', optional: true }],
    stringType,
    (call, list, separator = ',') => {
      call.charge(list.length);
      let length = Math.max(0, list.length - 1) * separator.length;
      const texts: string[] = [];
      for (const element of list) {
        const text = textOf(element);
        if (text === undefined) return call.fail('type', `cannot join ${kindOf(element)}; use map to make texts first`);
        length += text.length;
        if (length > stringLengthMax) call.admitText(length);
        texts.push(text);
      }
      call.admitText(length);
      return texts.join(separator);
    },
  ),
  defineArrayMethod(
    {
      name: 'sum',
      signature: 'list.sum()',
      summary: 'The sum of the numbers, 0 for an empty list.',
      example: '[1, 2, 3].sum() → 6',
    },
    [],
    numberType,
    (call, list) => {
      call.charge(list.length);
      let total = 0;
      for (const element of list) {
        if (typeof element !== 'number') return call.fail('type', `cannot sum ${kindOf(element)}`);
        total += element;
      }
      return call.finite(total);
    },
  ),
];
