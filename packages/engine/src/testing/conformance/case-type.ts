import type { KeyFormat } from '../../log/key-format.ts';
import { Inexpressible } from './inexpressible.ts';

/** What is known of a key or a value while a case is translated: the types that cases name, and what expressions make of them. */
export type CaseType = 'string' | 'int' | 'long' | 'double' | 'boolean' | 'bytes' | 'null' | 'texts' | 'unknown';

const namedTypes: { readonly [name: string]: CaseType } = {
  string: 'string',
  int: 'int',
  integer: 'int',
  long: 'long',
  double: 'double',
  float: 'double',
  bytes: 'bytes',
  json: 'unknown',
  object: 'unknown',
};

/** The type that a case names; absent means text, as in all cases that do not say. */
export function caseType(name: string | undefined): CaseType {
  if (name === undefined) return 'string';
  const type = namedTypes[name.toLowerCase()];
  if (type === undefined) throw new Inexpressible(`there is no key or value type ${name}`);
  return type;
}

const keyFormats: { readonly [Type in CaseType]?: KeyFormat } = {
  string: 'string',
  int: 'int32',
  long: 'int64',
  double: 'double',
  bytes: 'bytes',
};

/** The format whose bytes sort as Kafka's serialisers make them sort; what has no type of its own is JSON. */
export function keyFormatOf(type: CaseType): KeyFormat {
  return keyFormats[type] ?? 'json';
}

/** The type of what may be either: null beside a type leaves the type. */
export function eitherType(left: CaseType, right: CaseType): CaseType {
  if (left === right || right === 'null') return left;
  return left === 'null' ? right : 'unknown';
}
