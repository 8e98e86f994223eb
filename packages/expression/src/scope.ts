import type { ValueType } from './value-type.ts';

/** The names through which an expression reaches its record. Which of them exist depends on the node. */
export type RootName = 'key' | 'value' | 'timestamp' | 'headers' | 'window' | 'left' | 'right' | 'aggregate';

export const rootNames: readonly RootName[] = [
  'key',
  'value',
  'timestamp',
  'headers',
  'window',
  'left',
  'right',
  'aggregate',
];

/** The roots that an expression may name, with their types. A root that is absent here is an error to name. */
export type RootTypes = { readonly [Name in RootName]?: ValueType | undefined };

/**
 * The values of the roots for one evaluation. One scope serves any number of records and expressions: set the roots that the expression
 * may name, then evaluate. The values must be plain JSON data (as JSON.parse makes it), so that fields are own properties and reading
 * them runs no code, or a {@link LazyValue} of such. Expressions never change them, but a result may share parts with them.
 */
export class Scope {
  key: unknown = null;
  value: unknown = null;
  /** Milliseconds since 1970 in UTC. */
  timestamp: unknown = 0;
  headers: unknown = null;
  window: unknown = null;
  left: unknown = null;
  right: unknown = null;
  aggregate: unknown = null;
  /** Steps of the evaluation that runs. Kept by the evaluation itself. */
  steps = 0;
}

/** What an expression reads of a root: `value.delay` is `{root: 'value', path: ['delay']}`; an empty path is the whole root. */
export interface FieldPath {
  readonly root: RootName;
  readonly path: readonly string[];
}

export function isRootName(name: string): name is RootName {
  return (rootNames as readonly string[]).includes(name);
}

/** What a root is called in messages, where people know it by another name: `value` as the node that it comes from. */
export type RootNames = { readonly [Name in RootName]?: string | undefined };
