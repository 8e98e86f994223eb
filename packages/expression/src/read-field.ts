import type { Evaluate } from './evaluation.ts';
import { ExpressionFailure } from './failure.ts';
import { LazyValue } from './lazy-value.ts';
import type { Range } from './problem.ts';
import type { RootName, Scope } from './scope.ts';
import { kindOf } from './value-type.ts';

/**
 * Reading fields: own properties only. The values are JSON data, so a plain read is already a read of an own property unless the name
 * also stands on a prototype; those few names are looked up with care.
 */

type Data = Readonly<Record<string, unknown>>;

/** What a chain gives, on its way out, after a `?.` found null. Never leaves the evaluation. */
export const chainEnd = Symbol('chain end');

/** An access in the source: what it reads, and the text of what it reads from, for messages. */
export interface AccessSite {
  readonly name: string;
  readonly objectText: string;
  readonly objectRange: Range;
  /** The whole access. */
  readonly range: Range;
  readonly optional: boolean;
  /** The object may be the end of a chain. */
  readonly chained: boolean;
}

/** Whether no value that JSON can hold inherits something of that name, so that a plain read finds own fields only. */
export function isPlainName(name: string): boolean {
  return !(name in Array.prototype) && !/^\d+$/.test(name);
}

/** Reads a field with all checks. Missing fields are null. */
export function readField(object: unknown, site: AccessSite): unknown {
  const { name } = site;
  if (typeof object === 'object' && object !== null && !Array.isArray(object)) {
    const value: unknown = Object.hasOwn(object, name) ? (object as Data)[name] : null;
    return value === undefined ? null : value;
  }
  if (object === chainEnd && site.chained) return chainEnd;
  if (object === null || object === undefined) return nullAccess(site);
  if (name === 'length' && (typeof object === 'string' || Array.isArray(object))) return object.length;
  const message = `\`${site.objectText}\` is ${kindOf(object)} and has no field ${name}`;
  throw new ExpressionFailure('type', message, site.objectRange);
}

/** What an access to null gives. */
export function nullAccess(site: AccessSite): unknown {
  if (site.optional) return chainEnd;
  throw new ExpressionFailure('type', `\`${site.objectText}\` is null`, site.objectRange);
}

/** Reads a field of what the object evaluates to. */
export function compileField(object: Evaluate, site: AccessSite): Evaluate {
  if (!isPlainName(site.name)) return (scope) => readField(object(scope), site);
  const { name } = site;
  return (scope) => {
    const from = object(scope);
    if (typeof from === 'object' && from !== null) {
      const value = (from as Data)[name];
      if (value !== undefined) return value;
    }
    return readField(from, site);
  };
}

/**
 * A look into a lazy value fails for what cannot be read, such as a number that would lose digits. It knows nothing of the source: its
 * failure gets the place of the access.
 */
export function placed(error: unknown, range: Range): unknown {
  return error instanceof ExpressionFailure ? new ExpressionFailure(error.code, error.message, range) : error;
}

function plainOfLazy(from: LazyValue, range: Range): object {
  try {
    return from.plain();
  } catch (error) {
    throw placed(error, range);
  }
}

/** Reads a root, plain. */
export function compileRoot(name: RootName, range: Range): Evaluate {
  const read = rootReaders[name];
  return (scope) => {
    const value = read(scope);
    if (value instanceof LazyValue) return plainOfLazy(value, range);
    return value === undefined ? null : value;
  };
}

/** Reads a root as it is, lazy or plain. */
export function compileLazyRoot(name: RootName): Evaluate {
  return rootReaders[name];
}

/** One reader a root, so that the hot ones stay simple to the machine. */
const rootReaders: { readonly [Name in RootName]: (scope: Scope) => unknown } = {
  key: (scope) => scope.key,
  value: (scope) => scope.value,
  timestamp: (scope) => scope.timestamp,
  headers: (scope) => scope.headers,
  window: (scope) => scope.window,
  left: (scope) => scope.left,
  right: (scope) => scope.right,
  aggregate: (scope) => scope.aggregate,
};

function fieldOfLazy(from: LazyValue, name: string, range: Range): unknown {
  try {
    return from.field(name);
  } catch (error) {
    throw placed(error, range);
  }
}

function partOfLazy(from: LazyValue, name: string, range: Range): unknown {
  try {
    return from.part(name);
  } catch (error) {
    throw placed(error, range);
  }
}

function nestedOfLazy(from: LazyValue, name: string, inner: string, range: Range): unknown {
  try {
    return from.nested(name, inner);
  } catch (error) {
    throw placed(error, range);
  }
}

/** Reads a field of a root in one step, without decoding the rest of a lazy one: the commonest access there is. */
export function compileRootField(root: RootName, site: AccessSite): Evaluate {
  const { name } = site;
  const isPlain = isPlainName(name);
  const fieldOf = (from: unknown): unknown => {
    if (from instanceof LazyValue) return fieldOfLazy(from, name, site.range);
    if (isPlain && typeof from === 'object' && from !== null) {
      const value = (from as Data)[name];
      if (value !== undefined) return value;
    }
    return readField(from, site);
  };
  if (root === 'value') return (scope) => fieldOf(scope.value);
  const read = rootReaders[root];
  return (scope) => fieldOf(read(scope));
}

/** The same for an object that is made of it: of a lazy root, a part. `otherwise` reads the field plain. */
export function compileRootPart(root: RootName, { name, range }: AccessSite, otherwise: Evaluate): Evaluate {
  const read = rootReaders[root];
  return (scope) => {
    const from = read(scope);
    return from instanceof LazyValue ? partOfLazy(from, name, range) : otherwise(scope);
  };
}

/** Reads a field of a field of a root; of a lazy one without decoding what lies around it. `otherwise` reads it in two steps. */
export function compileNestedField(root: RootName, name: string, site: AccessSite, otherwise: Evaluate): Evaluate {
  const { name: inner, range } = site;
  const read = rootReaders[root];
  return (scope) => {
    const from = read(scope);
    if (from instanceof LazyValue) {
      const value = nestedOfLazy(from, name, inner, range);
      if (value !== undefined) return value;
    }
    return otherwise(scope);
  };
}

/** Reads an element of a list by place, or a field of an object by a computed name. Missing ones are null. */
export function readIndex(object: unknown, index: unknown, site: AccessSite, indexRange: Range): unknown {
  if (Array.isArray(object)) {
    if (typeof index !== 'number' || !Number.isInteger(index)) {
      const message = `the place in a list must be a whole number, not ${typeof index === 'number' ? index : kindOf(index)}`;
      throw new ExpressionFailure('type', message, indexRange);
    }
    const element: unknown = index >= 0 && index < object.length ? object[index] : null;
    return element === undefined ? null : element;
  }
  if (typeof object === 'object' && object !== null) {
    if (typeof index !== 'string') {
      throw new ExpressionFailure('type', `the name of a field must be a text, not ${kindOf(index)}`, indexRange);
    }
    const value: unknown = Object.hasOwn(object, index) ? (object as Data)[index] : null;
    return value === undefined ? null : value;
  }
  const message = `\`${site.objectText}\` is ${kindOf(object)} and has no elements`;
  throw new ExpressionFailure('type', message, site.objectRange);
}
