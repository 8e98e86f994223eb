import type { FieldCondition, FieldMeta } from '@millrace/engine';
import { words } from '../words.ts';

/** A field of a node's config as its form shows it, read from the kind's schema. */
export interface ConfigField {
  readonly name: string;
  readonly meta: FieldMeta;
  /** The values that the schema lists, where it does. */
  readonly options: readonly string[];
  readonly min: number | null;
  readonly max: number | null;
  /** Of a list: the fields of each of its items. */
  readonly items: readonly ConfigField[];
  /** What the field is while the config says nothing of it; undefined where it has to be said. */
  readonly initial: unknown;
  /** Why a value cannot stand here, in words, or null where it can. */
  refusalOf(value: unknown): string | null;
}

/** What of a schema is read here: zod's own public shape, by structure, so that the form needs no schema library of its own. */
interface SchemaShape {
  readonly shape?: { readonly [name: string]: SchemaShape } | undefined;
  readonly options?: readonly unknown[] | undefined;
  readonly element?: SchemaShape | undefined;
  readonly minValue?: number | null | undefined;
  readonly maxValue?: number | null | undefined;
  readonly def?: { readonly innerType?: SchemaShape | undefined; readonly defaultValue?: unknown } | undefined;
  meta?(): Record<string, unknown> | undefined;
  safeParse?(value: unknown): {
    readonly error?: { readonly issues: readonly { readonly code: string; readonly message: string }[] } | undefined;
  };
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
        items: inner.element === undefined ? [] : configFields(unwrapped(inner.element)),
        initial: initialOf(field),
        refusalOf: (value: unknown) => {
          const [issue] = field.safeParse?.(value).error?.issues ?? [];
          if (issue === undefined) return null;
          // A format says in its own words what it takes.
          if (issue.code === 'invalid_format') return issue.message;
          return issue.code === 'too_big' ? words.inspector.tooLong : words.inspector.needed;
        },
      },
    ];
  });
}

function initialOf(schema: SchemaShape): unknown {
  for (let at: SchemaShape | undefined = schema; at !== undefined; at = at.def?.innerType) {
    if (at.def?.defaultValue !== undefined) return at.def.defaultValue;
  }
  return undefined;
}

/** The values beside each other as the engine takes them: what the config does not say is as the schema has it. */
export function withInitials(
  fields: readonly ConfigField[],
  config: { readonly [name: string]: unknown },
): { readonly [name: string]: unknown } {
  const initials = fields.map(({ name, initial }) => [name, initial] as const);
  return { ...Object.fromEntries(initials.filter(([, initial]) => initial !== undefined)), ...config };
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

/** Whether the field matters as the values beside it stand, which have their initials. */
export function isShown(field: ConfigField, config: { readonly [name: string]: unknown }): boolean {
  const { when } = field.meta;
  if (when === undefined) return true;
  const conditions: readonly FieldCondition[] = Array.isArray(when) ? when : [when];
  return conditions.every(({ field: other, is }) => {
    const value = Object.hasOwn(config, other) ? config[other] : undefined;
    return (typeof value === 'string' || typeof value === 'boolean') && is.includes(value);
  });
}

type ItemValue = string | number | boolean | string[];

/** What a new item of a list begins with: what its schema says, the first choice, nothing in a text, and a name that is free. */
export function newItem(
  fields: readonly ConfigField[],
  itemName: string,
  others: readonly unknown[],
): { [name: string]: ItemValue } {
  return Object.fromEntries(
    fields.map(({ name, meta, options, min, initial }) => {
      if (name === 'name') return [name, freeName(itemName, others)];
      if (initial !== undefined) return [name, initial as ItemValue];
      if (meta.widget === 'switch') return [name, false];
      if (meta.widget === 'texts') return [name, []];
      if (meta.widget === 'choice') return [name, meta.choices?.[0]?.value ?? options[0] ?? ''];
      return [name, meta.widget === 'number' || meta.widget === 'duration' ? Math.max(0, min ?? 0) : ''];
    }),
  );
}

function freeName(itemName: string, others: readonly unknown[]): string {
  const taken = new Set(
    others.map((other) => (typeof other === 'object' && other !== null && 'name' in other ? other.name : undefined)),
  );
  let number = others.length + 1;
  while (taken.has(`${itemName}${number}`)) number++;
  return `${itemName}${number}`;
}
