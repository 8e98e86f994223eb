import type { FieldMeta } from '@millrace/engine';

/** A field of a node's config as its form shows it, read from the kind's schema. */
export interface ConfigField {
  readonly name: string;
  readonly meta: FieldMeta;
  /** The values that the schema lists, where it does. */
  readonly options: readonly string[];
  readonly min: number | null;
  readonly max: number | null;
}

/** What of a schema is read here: zod's own public shape, by structure, so that the form needs no schema library of its own. */
interface SchemaShape {
  readonly shape?: { readonly [name: string]: SchemaShape } | undefined;
  readonly options?: readonly unknown[] | undefined;
  readonly element?: SchemaShape | undefined;
  readonly minValue?: number | null | undefined;
  readonly maxValue?: number | null | undefined;
  readonly def?: { readonly innerType?: SchemaShape | undefined } | undefined;
  meta?(): Record<string, unknown> | undefined;
}

/** The fields of a config schema in its order. A field without a description of how it is edited is none. */
export function configFields(schema: unknown): readonly ConfigField[] {
  const { shape } = schema as SchemaShape;
  if (shape === undefined) return [];
  return Object.entries(shape).flatMap(([name, field]) => {
    const meta = fieldMeta(field);
    if (meta === null) return [];
    const inner = unwrapped(field);
    return [
      {
        name,
        meta,
        options: (inner.options ?? []).filter((option): option is string => typeof option === 'string'),
        min: finite(inner.minValue),
        max: finite(inner.maxValue),
      },
    ];
  });
}

/** The description stands on the outermost schema that has one: defaults and optionals wrap. */
function fieldMeta(schema: SchemaShape): FieldMeta | null {
  for (let at: SchemaShape | undefined = schema; at !== undefined; at = at.def?.innerType) {
    const found = at.meta?.()?.field;
    if (typeof found === 'object' && found !== null) return found as FieldMeta;
  }
  return null;
}

function unwrapped(schema: SchemaShape): SchemaShape {
  let at = schema;
  while (at.def?.innerType !== undefined) at = at.def.innerType;
  return at;
}

/** Integers are bounded by what a number can hold; that is no bound worth telling. */
function finite(value: number | null | undefined): number | null {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : null;
}

/** Whether the field matters as the config stands. */
export function isShown(field: ConfigField, config: { readonly [name: string]: unknown }): boolean {
  const { when } = field.meta;
  if (when === undefined) return true;
  const value = Object.hasOwn(config, when.field) ? config[when.field] : undefined;
  return typeof value === 'string' && when.is.includes(value);
}
