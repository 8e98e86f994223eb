import { arrayMethods } from './array-methods.ts';
import { bitFunctions } from './bit-functions.ts';
import { calendarFunctions } from './calendar-functions.ts';
import { encodingFunctions } from './encoding-functions.ts';
import type { FunctionKind } from './function-kind.ts';
import { groupingMethods } from './grouping-methods.ts';
import { hashFunctions } from './hash-functions.ts';
import { jsonFunctions } from './json-functions.ts';
import { numberFunctions } from './number-functions.ts';
import { objectFunctions } from './object-functions.ts';
import { patternMethods } from './pattern-methods.ts';
import { textMethods } from './text-methods.ts';
import { timeFunctions } from './time-functions.ts';
import { typeFunctions } from './type-functions.ts';

/** The two sorts of value that have methods. */
export type ReceiverKind = 'string' | 'array';

/** Functions and methods that belong together, under the heading that the documentation has for them. */
export interface FunctionFamily {
  readonly title: string;
  readonly kinds: readonly FunctionKind[];
}

/** Every function and method there is. Look-ups go through the maps below, never through an object that has a prototype. */
export const functionFamilies: readonly FunctionFamily[] = [
  { title: 'Numbers and texts', kinds: numberFunctions },
  { title: 'Times', kinds: timeFunctions },
  { title: 'Parts of a time', kinds: calendarFunctions },
  { title: 'Objects', kinds: objectFunctions },
  { title: 'JSON', kinds: jsonFunctions },
  { title: 'Kinds of values', kinds: typeFunctions },
  { title: 'Methods of texts', kinds: textMethods },
  { title: 'Patterns', kinds: patternMethods },
  { title: 'Methods of lists', kinds: arrayMethods },
  { title: 'Bringing a list together', kinds: groupingMethods },
  { title: 'Encodings', kinds: encodingFunctions },
  { title: 'Hashes', kinds: hashFunctions },
  { title: 'Bits', kinds: bitFunctions },
];

export const functionKinds: readonly FunctionKind[] = functionFamilies.flatMap(({ kinds }) => kinds);

function byName(kinds: readonly FunctionKind[]): ReadonlyMap<string, FunctionKind> {
  return new Map(kinds.map((kind) => [kind.doc.name, kind]));
}

const ownedBy = (owner: ReceiverKind | undefined): readonly FunctionKind[] =>
  functionKinds.filter(({ doc }) => doc.on === owner);

export const functions = byName(ownedBy(undefined));

export const methods: { readonly [Kind in ReceiverKind]: ReadonlyMap<string, FunctionKind> } = {
  string: byName(ownedBy('string')),
  array: byName(ownedBy('array')),
};

/** The names of all methods, whatever they are called on. */
export const methodNames: readonly string[] = [...new Set([...methods.string.keys(), ...methods.array.keys()])];
