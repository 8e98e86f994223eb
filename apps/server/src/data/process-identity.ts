import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A process, told from a later one that got the same id. */
export const processIdentitySchema = z.object({
  pid: z.number().int().positive(),
  /** When it started, in the system's own terms; null where the system does not tell. */
  start: z.string().nullable(),
});
export type ProcessIdentity = z.infer<typeof processIdentitySchema>;

export function identityOf(pid: number): ProcessIdentity {
  return { pid, start: processStart(pid) };
}

/** Whether that very process still runs. Where the system does not tell starts, any process with the id counts. */
export function isAlive(identity: ProcessIdentity): boolean {
  try {
    process.kill(identity.pid, 0);
  } catch (error) {
    const notOurs = error instanceof Error && 'code' in error && error.code === 'EPERM';
    if (!notOurs) return false;
  }
  const start = processStart(identity.pid);
  return start === null || identity.start === null || start === identity.start;
}

/**
 * Clock ticks from boot to the process's start, with the boot's id. In `stat` it is the 20th field after the program's name, which stands
 * in parentheses and may hold anything.
 */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? null : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
  } catch {
    return null; // There is no /proc here, or no such process; the signal decides alone.
  }
}
