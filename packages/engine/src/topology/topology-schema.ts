import { z } from 'zod';
import { guarantees } from '../pipeline/pipeline-settings.ts';
import type { Topology } from './topology.ts';

/**
 * Guards a topology that comes from another process. It was made by this code's own planner, so only its outline is checked; a different
 * outline means a different version.
 */
export const topologySchema = z.custom<Topology>((value) => outline.safeParse(value).success, {
  message: 'This is not a topology that this version can run.',
});

const part = z.looseObject({ id: z.string(), node: z.string(), role: z.enum(['main', 'before', 'after']) });

const outline = z.looseObject({
  pipeline: z.string(),
  guarantee: z.enum(guarantees).optional(),
  commitIntervalMs: z.number(),
  subTopologies: z.array(
    z.looseObject({
      id: z.number(),
      partitions: z.number(),
      sources: z.array(part),
      processors: z.array(part),
      sinks: z.array(part),
      stores: z.array(z.string()),
    }),
  ),
  stores: z.array(z.looseObject({ name: z.string(), changelogTopic: z.string(), signature: z.string() })),
  globalTables: z.array(z.looseObject({ name: z.string(), source: part })),
  topics: z.array(z.looseObject({ name: z.string(), partitions: z.number() })),
  deadLetterTopic: z.string(),
  commitsTopic: z.string(),
});
