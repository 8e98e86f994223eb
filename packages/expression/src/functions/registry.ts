import { arrayMethods } from './array-methods.ts';
import type { FunctionKind } from './function-kind.ts';
import { numberFunctions } from './number-functions.ts';
import { objectFunctions } from './object-functions.ts';
import { textMethods } from './text-methods.ts';
import { timeFunctions } from './time-functions.ts';

/** The two sorts of value that have methods. */
export type ReceiverKind = 'string' | 'array';

/** Every function and method there is. Look-ups go through the maps below, never through an object that has a prototype. */
export const functionKinds: readonly FunctionKind[] = [
  ...numberFunctions,
  ...timeFunctions,
  ...objectFunctions,
  ...textMethods,
  ...arrayMethods,
];

function byName(kinds: readonly FunctionKind[]): ReadonlyMap<string, FunctionKind> {
  return new Map(kinds.map((kind) => [kind.doc.name, kind]));
}

export const functions = byName([...numberFunctions, ...timeFunctions, ...objectFunctions]);

export const methods: { readonly [Kind in ReceiverKind]: ReadonlyMap<string, FunctionKind> } = {
  string: byName(textMethods),
  array: byName(arrayMethods),
};

/** The names of all methods, whatever they are called on. */
export const methodNames: readonly string[] = [...new Set([...methods.string.keys(), ...methods.array.keys()])];
