import { measure } from '../evaluation.ts';
import { stringLengthMax } from '../limits.ts';
import {
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

function fieldTypes({ args: [type = unknownType] }: CallTypes): ValueType {
  const known = memberOfKind(type, 'object');
  if (known === undefined || known.open) return arrayOf(unknownType);
  return arrayOf(unionOf(...known.fields.map((field) => field.type)));
}

/** Refuses numbers that JSON can spell and we cannot hold: beyond the range, or whole numbers that lost digits. */
function checkNumbers(call: Call, value: unknown): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
      call.fail('range', 'This JSON has a number beyond ±(2^53−1)');
    }
  } else if (Array.isArray(value)) {
    for (const element of value) checkNumbers(call, element);
  } else if (typeof value === 'object' && value !== null) {
    for (const element of Object.values(value)) checkNumbers(call, element);
  }
}

function readJson(call: Call, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return call.fail('type', 'This text is not JSON');
    throw error;
  }
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
      name: 'toJson',
      signature: 'toJson(x)',
      summary: 'The JSON text of any value.',
      example: 'toJson([1, null]) → "[1,null]"',
    },
    [{ name: 'x', kind: 'any' }],
    stringType,
    (call, value) => {
      const size = measure(value, call);
      if (size > stringLengthMax) call.admitText(size);
      const text = JSON.stringify(value);
      call.charge(Math.floor(size / 16));
      call.admitText(text.length);
      return text;
    },
  ),
  defineFunction(
    {
      name: 'parseJson',
      signature: 'parseJson(text)',
      summary: 'The value that a JSON text spells. Fails when it is not JSON.',
      example: 'parseJson(\'{"a":[1]}\') → {"a":[1]}',
    },
    [{ name: 'text', kind: 'string' }],
    unknownType,
    (call, text) => {
      call.admitText(text.length);
      call.charge(Math.floor(text.length / 16));
      const value = readJson(call, text);
      measure(value, call);
      checkNumbers(call, value);
      return value;
    },
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
