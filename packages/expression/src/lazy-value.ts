/**
 * A JSON object that is decoded when it is looked into. A root may be one: a field of it is asked for by name, and everything else that an
 * expression does with it sees it plain. What cannot be read, such as a number that would lose digits, is an `ExpressionFailure` of whoever
 * is asked for it; the expression puts its own place in.
 */
export abstract class LazyValue {
  /** The decoded own field; null when there is none. */
  abstract field(name: string): unknown;
  /** The field for an object that an {@link ObjectMaker} makes: decoded, or in a form that the maker knows, where that is quicker to pass on. */
  part(name: string): unknown {
    return this.field(name);
  }
  /** The field `inner` of the object in the field `name`; undefined when it must be looked up by {@link LazyValue.field}. */
  abstract nested(name: string, inner: string): unknown;
  /** All of it, decoded; the same object each time. */
  abstract plain(): object;
  /** The same with other values for some fields, of distinct names; lazy or plain, and so may the values be. */
  abstract with(names: readonly string[], values: readonly unknown[]): object;
}

/** The value as plain JSON data. */
export function plainValue(value: unknown): unknown {
  return value instanceof LazyValue ? value.plain() : value;
}

/** Given the distinct names of an object's fields, a function that makes such objects of their values: plain JSON data, or {@link LazyValue.part}s. */
export type ObjectMaker = (names: readonly string[]) => (values: readonly unknown[]) => LazyValue;
