import { storeQuerySchema, topologySchema } from '@millrace/engine';
import { z } from 'zod';

/** What the server says to a worker. */
export const downSchema = z.discriminatedUnion('type', [
  /** First message of a session: what to run. Tasks follow with `assign`. */
  z.strictObject({ type: z.literal('deploy'), topology: topologySchema }),
  /** In the place of `deploy`: restore these tasks and answer store queries about them. They run nowhere; nothing is processed or committed. */
  z.strictObject({ type: z.literal('read'), topology: topologySchema, taskIds: z.array(z.string()) }),
  /** Run these tasks under these epochs. */
  z.strictObject({
    type: z.literal('assign'),
    tasks: z.array(z.strictObject({ taskId: z.string(), epoch: z.number().int() })),
  }),
  /** Commit, let go of the tasks, then answer `revoked`. */
  z.strictObject({ type: z.literal('revoke'), requestId: z.number().int(), taskIds: z.array(z.string()) }),
  /** Commit, close, exit with code 0. */
  z.strictObject({ type: z.literal('stop') }),
  /** Somebody else appended to these topics: look now rather than at the next poll. */
  z.strictObject({ type: z.literal('appended'), topics: z.array(z.string()) }),
  z.strictObject({ type: z.literal('storeQuery'), requestId: z.number().int(), query: storeQuerySchema }),
]);
export type Down = z.infer<typeof downSchema>;
