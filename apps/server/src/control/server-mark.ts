import { z } from 'zod';

/** Which server has a cluster: its last record counts. */
export const serverMarkSchema = z.object({
  /** Made anew at every start. */
  id: z.string(),
  host: z.string(),
  startedAtMs: z.number(),
});

export type ServerMark = z.infer<typeof serverMarkSchema>;

/** Why nothing can be changed here, and what to do. @param mark who took over; null when that is not known */
export function overtakenBy(mark: ServerMark | null): string {
  const who =
    mark === null ? '' : ` on ${mark.host}, started at ${new Date(mark.startedAtMs).toISOString().slice(0, 19)}Z,`;
  return (
    `Another Millrace server${who} has taken over this Kafka cluster. Use that one: what is shown here is as it was then. ` +
    'To take over again, start this server anew.'
  );
}
