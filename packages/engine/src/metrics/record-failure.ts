import { z } from 'zod';

/** A record on which a node failed, as shown on the node and kept in a dead letter. */
export const recordFailureSchema = z.strictObject({
  node: z.string(),
  port: z.string(),
  /** `decode`, `timestamp`, `key-format`, or the code of the expression's failure. */
  code: z.string(),
  message: z.string(),
  /** The place in the config at fault and the range of the expression that stands there, when an expression failed. */
  path: z.array(z.union([z.string(), z.number()])),
  span: z.strictObject({ start: z.number(), end: z.number() }).nullable(),
  /** Where the record that was being processed came from. */
  topic: z.string(),
  partition: z.number(),
  offset: z.number(),
  timestamp: z.number(),
  /** The node's input as JSON text, cut to 4,000 characters; null where it could not be decoded. */
  record: z.string().nullable(),
});
export type RecordFailure = z.infer<typeof recordFailureSchema>;
