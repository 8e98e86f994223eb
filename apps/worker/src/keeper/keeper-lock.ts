import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Holder {
  readonly pid: number;
  /** When it started, in the system's own terms; null where the system does not tell. */
  readonly start: string | null;
}

/** Another keeper works on the data directory. */
export class KeeperLockedError extends Error {}

/**
 * `<data>/keeper/process.json` names the process that keeps workers on the directory. A server finds its keeper by it; a keeper whose note
 * is gone, or names another, has lost its directory.
 */
export class KeeperLock {
  readonly #path: string;
  readonly #holder: Holder;

  private constructor(path: string, holder: Holder) {
    this.#path = path;
    this.#holder = holder;
  }

  /** @throws KeeperLockedError */
  static take(dataDirectory: string): KeeperLock {
    const directory = join(dataDirectory, 'keeper');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, 'process.json');
    const holder: Holder = { pid: process.pid, start: processStart(process.pid) };
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        writeFileSync(path, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
        return new KeeperLock(path, holder);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
      const other = read(path);
      if (other !== null && isAlive(other)) {
        throw new KeeperLockedError(
          `Workers are kept on ${dataDirectory} already, by process ${other.pid}. Stop it, or use another directory: --data DIRECTORY.`,
        );
      }
      rmSync(path, { force: true });
    }
    throw new KeeperLockedError(`Another process takes ${path} again and again. Stop it, then start this one again.`);
  }

  /** Whether the directory is still there, and ours. */
  get isHeld(): boolean {
    const held = read(this.#path);
    return held?.pid === this.#holder.pid && held.start === this.#holder.start;
  }

  release(): void {
    if (this.isHeld) rmSync(this.#path, { force: true });
  }
}

function read(path: string): Holder | null {
  try {
    const { pid, start } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>;
    return typeof pid === 'number' ? { pid, start: start ?? null } : null;
  } catch {
    return null; // There is none, or it was cut short by a crash.
  }
}

function isAlive({ pid, start }: Holder): boolean {
  // A process has its own number again when it starts in a fresh container.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const now = processStart(pid);
  return now === null || start === null || now === start;
}

/** The same words as a server uses, which compares them: clock ticks from boot to the start, with the boot's id. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return ticks === undefined ? null : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`;
  } catch {
    return null; // There is no /proc here, or no such process.
  }
}
