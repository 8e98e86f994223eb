import { z } from 'zod';
import { runNameSchema } from './keeper-down.ts';
import { upSchema } from './up.ts';

const pipelineId = z.string().max(63);
const name = z.string().min(1).max(200);

/** What a keeper says to the server. */
export const keeperUpSchema = z.discriminatedUnion('type', [
  /** First message of a session. What is known of each worker follows, once the server has said which runs go on. */
  z.strictObject({
    type: z.literal('hello'),
    /** Stays the same when the keeper is started again; no two have the same. */
    keeperId: name,
    pid: z.number().int(),
    /** What it was started with; only for those that a server starts itself. */
    fingerprint: z.string().max(100).nullable(),
    runs: z.array(runNameSchema),
  }),
  /** A worker process runs. `name` is for people, `member` is what it is called in the consumer group. */
  z.strictObject({
    type: z.literal('started'),
    pipelineId,
    index: z.number().int().min(0),
    pid: z.number().int(),
    name,
    member: name,
  }),
  z.strictObject({ type: z.literal('said'), pipelineId, index: z.number().int().min(0), message: upSchema }),
  /**
   * There is no process in that place. It starts again after a pause; not at all when `startsInMs` is null. `message` says why, as a
   * sentence. With a `failure`, no start would help until the user acts: the whole deployment has failed.
   */
  z.strictObject({
    type: z.literal('ended'),
    pipelineId,
    index: z.number().int().min(0),
    name,
    message: z.string().max(10_000),
    startsInMs: z.number().min(0).nullable(),
    failure: z.strictObject({ message: z.string(), node: z.string().nullable() }).nullable(),
  }),
  /** No process of the deployment is left here. */
  z.strictObject({ type: z.literal('halted'), pipelineId }),
  /** The keeper has been told to end by whoever runs its machine: its workers end now and do not come back. */
  z.strictObject({ type: z.literal('leaving') }),
]);
export type KeeperUp = z.infer<typeof keeperUpSchema>;
