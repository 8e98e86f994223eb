import { booleanType, kindOf, stringType } from '../value-type.ts';
import { defineFunction, type FunctionKind } from './function-kind.ts';

const x = { name: 'x', kind: 'any' } as const;

function is(name: string, what: string, example: string, test: (value: unknown) => boolean): FunctionKind {
  const doc = { name, signature: `${name}(x)`, summary: `Whether the value is ${what}.`, example };
  return defineFunction(doc, [x], booleanType, (_call, value) => test(value));
}

/** What a value is. Null is none of these but null: compare it with null. */
export const typeFunctions: readonly FunctionKind[] = [
  defineFunction(
    {
      name: 'typeOf',
      signature: 'typeOf(x)',
      summary: "'string', 'number', 'boolean', 'null', 'array' or 'object'.",
      example: 'typeOf([1]) → "array"',
    },
    [x],
    stringType,
    (_call, value) => kindOf(value),
  ),
  is('isString', 'a text', "isString('a') → true", (value) => typeof value === 'string'),
  is('isNumber', 'a number', "isNumber('1') → false", (value) => typeof value === 'number'),
  is('isInteger', 'a whole number', 'isInteger(1.5) → false', Number.isSafeInteger),
  is('isBoolean', 'true or false', 'isBoolean(false) → true', (value) => typeof value === 'boolean'),
  is('isArray', 'a list', 'isArray([1]) → true', Array.isArray),
  is('isObject', 'an object', 'isObject({ a: 1 }) → true', (value) => kindOf(value) === 'object'),
];
