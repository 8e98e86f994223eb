import { type Topology, topologySchema } from '@millrace/engine';
import { z } from 'zod';

/** What must be remembered of a deployment, kept in the control log. */
export const deploymentRecordSchema = z.object({
  /** What the user wants; what was running is started again with the server. */
  desired: z.enum(['running', 'stopped']),
  /** Why it cannot go on until the user acts. */
  failure: z.object({ message: z.string(), node: z.string().nullable() }).nullable(),
  topology: topologySchema,
  revision: z.number().int(),
  /** Signature of everything that was ever stored, by store name; emptied by a reset. */
  signatures: z.array(z.tuple([z.string(), z.string()])),
  /** Every task that ever had a position, so that a reset forgets all of them. */
  tasks: z.array(z.string()),
  /** Which state the tasks have: another one after each reset, so that copies of the old one are known wherever they are found. */
  stateId: z.string().default(''),
  /** A reset began and must be finished before anything else. */
  resetting: z.boolean(),
});

export type DeploymentRecord = Omit<z.infer<typeof deploymentRecordSchema>, 'topology'> & {
  readonly topology: Topology;
};

export const deploymentKeyPrefix = 'deployment/';
