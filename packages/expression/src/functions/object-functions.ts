import { setField } from '../evaluation.ts';
import { resultDepthMax } from '../limits.ts';
import {
  anyObjectType,
  arrayOf,
  booleanType,
  kindOf,
  memberOfKind,
  neverType,
  numberType,
  stringType,
  unionOf,
  unknownType,
  type ValueType,
  withoutNull,
} from '../value-type.ts';
import { type Call, type CallTypes, defineFunction, type FunctionKind } from './function-kind.ts';

const object = { name: 'object', kind: 'object' } as const;
const names = { name: 'names', kind: 'array' } as const;

function fieldTypes({ args: [type = unknownType] }: CallTypes): ValueType {
  const known = memberOfKind(type, 'object');
  if (known === undefined || known.open) return arrayOf(unknownType);
  return arrayOf(unionOf(...known.fields.map((field) => field.type)));
}

type Data = Readonly<Record<string, unknown>>;

/** The texts of a list of names. */
function namesIn(call: Call, list: readonly unknown[]): Set<string> {
  call.charge(list.length);
  const found = new Set<string>();
  for (const name of list) {
    if (typeof name !== 'string')
      return call.fail('type', `${call.name} takes a list of names, not of ${kindOf(name)}`);
    found.add(name);
  }
  return found;
}

function isObject(value: unknown): value is Data {
  return kindOf(value) === 'object';
}

function merged(call: Call, first: Data, second: Data, depth: number): Data {
  if (depth >= resultDepthMax) return call.fail('size', `This is nested deeper than ${resultDepthMax} levels`);
  const result: Record<string, unknown> = {};
  const [before, after] = [Object.keys(first), Object.keys(second)];
  call.charge(1 + before.length + after.length);
  for (const name of before) setField(result, name, first[name]);
  for (const name of after) {
    const [old, next] = [Object.hasOwn(first, name) ? first[name] : null, second[name]];
    setField(result, name, isObject(old) && isObject(next) ? merged(call, old, next, depth + 1) : next);
  }
  return result;
}

export const objectFunctions: readonly FunctionKind[] = [
  defineFunction(
    {
      name: 'keys',
      signature: 'keys(object)',
      summary: 'The names of the fields.',
      example: 'keys({ a: 1, b: 2 }) → ["a","b"]',
    },
    [object],
    arrayOf(stringType),
    (call, value) => {
      const names = Object.keys(value);
      call.admitArray(names.length);
      return names;
    },
  ),
  defineFunction(
    {
      name: 'values',
      signature: 'values(object)',
      summary: 'The values of the fields.',
      example: 'values({ a: 1, b: 2 }) → [1,2]',
    },
    [object],
    fieldTypes,
    (call, value) => {
      const values = Object.values(value);
      call.admitArray(values.length);
      return values;
    },
  ),
  defineFunction(
    {
      name: 'has',
      signature: 'has(object, name)',
      summary: 'Whether the object has that field, even if it is null.',
      example: "has({ a: null }, 'a') → true",
    },
    [object, { name: 'name', kind: 'string' }],
    booleanType,
    (_call, value, name) => Object.hasOwn(value, name),
  ),
  defineFunction(
    {
      name: 'size',
      signature: 'size(object)',
      summary: 'How many fields an object, or elements a list, has.',
      example: 'size({ a: 1, b: 2 }) → 2',
    },
    [{ name: 'object', kind: 'any' }],
    numberType,
    (call, value) => {
      if (Array.isArray(value)) return value.length;
      if (typeof value !== 'object' || value === null) {
        return call.fail('type', `size needs an object or a list, not ${kindOf(value)}`);
      }
      const { length } = Object.keys(value);
      call.charge(length);
      return length;
    },
  ),
  defineFunction(
    {
      name: 'entries',
      signature: 'entries(object)',
      summary: 'A list of [name, value] for each field.',
      example: 'entries({ a: 1, b: 2 }) → [["a",1],["b",2]]',
    },
    [object],
    ({ args: [type = unknownType] }) =>
      arrayOf(
        arrayOf(
          unionOf(
            stringType,
            memberOfKind(fieldTypes({ receiver: type, args: [type] }), 'array')?.element ?? unknownType,
          ),
        ),
      ),
    (call, value) => {
      const entries = Object.entries(value);
      call.admitArray(entries.length * 2);
      return entries;
    },
  ),
  defineFunction(
    {
      name: 'fromEntries',
      signature: 'fromEntries(list)',
      summary: 'The object with a field for each [name, value] of the list. The last of equal names counts.',
      example: 'fromEntries([[\'a\', 1], [\'b\', 2]]) → {"a":1,"b":2}',
    },
    [{ name: 'list', kind: 'array' }],
    anyObjectType,
    (call, list) => {
      call.admitArray(list.length);
      const result: Record<string, unknown> = {};
      for (const entry of list) {
        if (!Array.isArray(entry) || typeof entry[0] !== 'string') {
          return call.fail('type', `fromEntries takes a list of [name, value], not of ${kindOf(entry)}`);
        }
        setField(result, entry[0], entry[1] ?? null);
      }
      return result;
    },
  ),
  defineFunction(
    {
      name: 'pick',
      signature: 'pick(object, names)',
      summary: 'An object with only the fields of those names, as far as there are any.',
      example: 'pick({ a: 1, b: 2, c: 3 }, [\'a\', \'c\']) → {"a":1,"c":3}',
    },
    [object, names],
    anyObjectType,
    (call, value, list) => {
      const result: Record<string, unknown> = {};
      for (const name of namesIn(call, list)) if (Object.hasOwn(value, name)) setField(result, name, value[name]);
      return result;
    },
  ),
  defineFunction(
    {
      name: 'omit',
      signature: 'omit(object, names)',
      summary: 'An object without the fields of those names.',
      example: "omit({ a: 1, b: 2, c: 3 }, ['a', 'c']) → {\"b\":2}",
    },
    [object, names],
    anyObjectType,
    (call, value, list) => {
      const left = namesIn(call, list);
      const result: Record<string, unknown> = {};
      const fields = Object.keys(value);
      call.charge(fields.length);
      for (const name of fields) if (!left.has(name)) setField(result, name, value[name]);
      return result;
    },
  ),
  defineFunction(
    {
      name: 'merge',
      signature: 'merge(a, b, …)',
      summary:
        'One object of all fields; where several have a field, objects are merged in turn, and of others the last counts.',
      example: 'merge({ a: { x: 1 }, b: 1 }, { a: { y: 2 }, b: 2 }) → {"a":{"x":1,"y":2},"b":2}',
    },
    [object, { name: 'others', kind: 'object', rest: true }],
    anyObjectType,
    (call, first, ...others) => others.reduce((result, other) => merged(call, result, other, 0), first),
  ),
  defineFunction(
    {
      name: 'coalesce',
      signature: 'coalesce(a, b, …)',
      summary: 'The first that is not null, or null. Later ones are not looked at, as with ??.',
      example: 'coalesce(null, 2, 3) → 2',
    },
    [
      { name: 'a', kind: 'any' },
      { name: 'others', kind: 'any', rest: true },
    ],
    ({ args }) => unionOf(...args.slice(0, -1).map(withoutNull), ...args.slice(-1)),
    // The compiler makes it lazy; this is what it means.
    (_call, ...values) => values.find((value) => value !== null) ?? null,
  ),
  defineFunction(
    {
      name: 'fail',
      signature: 'fail(message)',
      summary: 'Fails with that message: the record goes where failed records go.',
      example: "true ? 'kept' : fail('no airport') → \"kept\"",
    },
    [{ name: 'message', kind: 'string' }],
    neverType,
    (call, message) => call.fail('fail', message.length > 1000 ? `${message.slice(0, 1000)}…` : message),
  ),
];
