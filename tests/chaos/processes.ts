import { readFileSync } from 'node:fs';

const own = new Set<number>();
process.on('exit', () => {
  for (const pid of own) killIfThere(pid);
});

/** Whatever ends the campaign ends this process too, until {@link letGo}. */
export function hold(pid: number): void {
  own.add(pid);
}

export function letGo(pid: number): void {
  own.delete(pid);
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** It may have ended by itself meanwhile. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has.
  }
}

/** 0 where the system does not tell. */
export function parentOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return Number(fields[1]);
  } catch {
    return 0;
  }
}
