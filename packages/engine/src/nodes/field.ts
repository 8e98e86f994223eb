import type { FieldMeta } from './node-kind.ts';

/** The meta of a config field: `schema.meta(field({...}))`. */
export function field(meta: FieldMeta): { readonly field: FieldMeta } {
  return { field: meta };
}
