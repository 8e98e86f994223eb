import { z } from 'zod';
import { errorPolicies, pipelineSettingsSchema } from './pipeline-settings.ts';

/** The newest version of the document format this code writes; older ones are migrated on reading. */
export const formatVersion = 1;

/** Node and pipeline ids; stores and internal topics are named after them, so they never change. */
export const idPattern = /^[a-z0-9-]{1,63}$/;
const id = z.string().regex(idPattern, 'An id has 1 to 63 of the characters a–z, 0–9 and -.');

/** `node.port`. */
const endpoint = z.string().regex(/^[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}$/, 'An end of an edge is written node.port.');

const nodeSchema = z.strictObject({
  id,
  kind: z.string().min(1).max(63),
  name: z.string().min(1).max(120),
  /** Checked by the node's kind. */
  config: z.record(z.string(), z.json()),
  /** What happens to a record on which this node fails; absent: the pipeline's policy. */
  errorPolicy: z.enum(errorPolicies).optional(),
});

const edgeSchema = z.strictObject({ from: endpoint, to: endpoint });

const layoutSchema = z.strictObject({
  nodes: z.array(z.strictObject({ id, x: z.number(), y: z.number() })).default([]),
  notes: z.array(z.strictObject({ id, x: z.number(), y: z.number(), text: z.string().max(2000) })).default([]),
});

/** A pipeline as it is kept in a file: what matters first, the layout last. */
export const pipelineSchema = z.strictObject({
  formatVersion: z.literal(formatVersion),
  id,
  name: z.string().min(1).max(120),
  description: z.string().max(4000).default(''),
  nodes: z.array(nodeSchema).max(10_000),
  edges: z.array(edgeSchema).max(100_000),
  settings: pipelineSettingsSchema.prefault({}),
  layout: layoutSchema.prefault({}),
});

export type Pipeline = z.infer<typeof pipelineSchema>;
export type PipelineNode = Pipeline['nodes'][number];
export type PipelineEdge = Pipeline['edges'][number];

export function emptyPipeline(pipelineId: string, name: string): Pipeline {
  return pipelineSchema.parse({ formatVersion, id: pipelineId, name, nodes: [], edges: [] });
}

export interface Endpoint {
  readonly node: string;
  readonly port: string;
}

export function parseEndpoint(text: string): Endpoint {
  const dot = text.indexOf('.');
  return { node: text.slice(0, dot), port: text.slice(dot + 1) };
}

export function formatEndpoint(end: Endpoint): string {
  return `${end.node}.${end.port}`;
}
