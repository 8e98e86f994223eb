import { z } from 'zod';

/** The newest version of the document format this code writes; older ones are migrated on reading. */
export const formatVersion = 1;

/** Node and pipeline ids; stores and internal topics are named after them, so they never change. */
export const idPattern = /^[a-z0-9-]{1,63}$/;
const id = z.string().regex(idPattern, 'An id has 1 to 63 of the characters a–z, 0–9 and -.');

/** `node.port`. */
const endpoint = z.string().regex(/^[a-z0-9-]{1,63}\.[a-z0-9-]{1,63}$/, 'An end of an edge is written node.port.');

const errorPolicies = ['dead-letter', 'skip', 'fail'] as const;
export type ErrorPolicy = (typeof errorPolicies)[number];

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

const settingsSchema = z.strictObject({
  guarantee: z.literal('exactly-once').default('exactly-once'),
  commitIntervalMs: z.number().int().min(10).max(60_000).default(100),
  errorPolicy: z.enum(errorPolicies).default('dead-letter'),
  /** With caching, tables pass on only the last change of a row at each commit; 0 is no caching. */
  cacheBytes: z.number().int().min(0).max(1_073_741_824).default(0),
  /** How long a task waits for a partition that has nothing at the moment, milliseconds; -1 never waits. */
  maxIdleMs: z.number().int().min(-1).max(86_400_000).default(0),
  /** The least time between two emissions of closed windows and unmatched rows, milliseconds of the wall clock. */
  emitIntervalMs: z.number().int().min(0).max(86_400_000).default(0),
});

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
  settings: settingsSchema.prefault({}),
  layout: layoutSchema.prefault({}),
});

export type Pipeline = z.infer<typeof pipelineSchema>;
export type PipelineNode = Pipeline['nodes'][number];
export type PipelineEdge = Pipeline['edges'][number];
export type PipelineSettings = Pipeline['settings'];

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
