import { LazyValue, plainValue } from '../lazy-value.ts';

/** An object that is handed out field by field. Says whether anybody wanted all of it. */
export class LazyData extends LazyValue {
  readonly #data: Readonly<Record<string, unknown>>;
  wasWanted = false;
  /** The fields that somebody wanted. */
  readonly fieldsRead = new Set<string>();

  constructor(data: object) {
    super();
    this.#data = data as Readonly<Record<string, unknown>>;
  }

  override field(name: string): unknown {
    this.fieldsRead.add(name);
    return Object.hasOwn(this.#data, name) ? this.#data[name] : null;
  }

  override nested(name: string, inner: string): unknown {
    const outer = this.field(name);
    if (typeof outer !== 'object' || outer === null || Array.isArray(outer)) return undefined;
    return new LazyData(outer).field(inner);
  }

  override plain(): object {
    this.wasWanted = true;
    return this.#data;
  }

  override with(names: readonly string[], values: readonly unknown[]): LazyData {
    const changed: Record<string, unknown> = { ...this.#data };
    for (const [place, name] of names.entries()) changed[name] = plainValue(values[place]);
    return new LazyData(changed);
  }

  toJSON(): object {
    return this.#data;
  }
}
