import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** More workers of one deployment than this on one machine is a mistake. */
const maxSlots = 256;

/**
 * A directory for the tables of this process alone, below `root`: several workers of one deployment may run on a machine, and each keeps
 * its own copy of a store. The first one is taken whose last owner has ended, so that a worker that starts again finds what it left.
 */
export async function claimStateDirectory(root: string): Promise<string> {
  for (let slot = 0; slot < maxSlots; slot++) {
    const directory = join(root, `worker-${slot}`);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (await claim(join(directory, 'owner'))) return directory;
  }
  throw new Error(`All ${maxSlots} state directories below ${root} are in use. Stop workers that are not needed.`);
}

async function claim(file: string): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    // A process has its own number again when it starts in a fresh container.
    if (owner !== process.pid && isAlive(owner)) return false;
    await rm(file, { force: true });
  }
  return false;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}
