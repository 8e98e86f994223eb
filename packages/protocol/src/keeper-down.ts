import { storeQuerySchema, topologySchema } from '@millrace/engine';
import { z } from 'zod';

/** Which topology a deployment runs, and on which state. A run that is told again goes on; another one takes its place. */
export const runNameSchema = z.strictObject({ pipelineId: z.string().max(63), runId: z.string().max(64) });
export type RunName = z.infer<typeof runNameSchema>;

/** What the server says to a keeper: the program that keeps worker processes on a machine, and lets them run on when the server is gone. */
export const keeperDownSchema = z.discriminatedUnion('type', [
  /** First message: these runs go on. All others are to end. */
  z.strictObject({ type: z.literal('keep'), runs: z.array(runNameSchema) }),
  /** In the place of `keep`: why this keeper is not taken, as sentences. The connection ends. */
  z.strictObject({ type: z.literal('refused'), message: z.string() }),
  /** Keep workers for the deployment. Stores that were written under another `stateId` belong to what was reset, and are removed before. */
  z.strictObject({
    type: z.literal('run'),
    ...runNameSchema.shape,
    stateId: z.string().max(64),
    topology: topologySchema,
  }),
  /** End the deployment's workers in order, by force after that time, then answer `halted`. */
  z.strictObject({ type: z.literal('halt'), pipelineId: z.string().max(63), withinMs: z.number().int().min(0) }),
  /** A question for the stores of one worker process. */
  z.strictObject({
    type: z.literal('ask'),
    pipelineId: z.string().max(63),
    pid: z.number().int(),
    requestId: z.number().int(),
    query: storeQuerySchema,
  }),
  /** The server ends in order, and the keepers of its machine with it: end all workers, then yourself. */
  z.strictObject({ type: z.literal('end'), withinMs: z.number().int().min(0) }),
]);
export type KeeperDown = z.infer<typeof keeperDownSchema>;
