import { z } from 'zod';
import { nodeKinds } from '../nodes/node-kinds.ts';
import { pipelineSchema } from './document.ts';

/** The document format as JSON Schema (draft 2020-12), with the config of each node kind; for editors and reviews. */
export function pipelineJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(pipelineSchema, { io: 'input' });
  const schema = { $schema, ...(withoutMeta(rest) as { properties: { nodes: { items: Record<string, unknown> } } }) };
  const kinds = Object.values(nodeKinds).map((kind) => ({
    if: { properties: { kind: { const: kind.name } } },
    // The meta of a field is for forms.
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
    then: { properties: { config: withoutMeta(z.toJSONSchema(kind.config, { io: 'input' })) } },
  }));
  schema.properties.nodes.items = { ...schema.properties.nodes.items, allOf: kinds };
  return { ...schema, title: 'Millrace pipeline' };
}

function withoutMeta(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutMeta);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([name]) => name !== '$schema');
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (name !== 'field') return [name, withoutMeta(value)];
      const meta = value as { readonly help?: string };
      return ['description', meta.help ?? ''];
    }),
  );
}
