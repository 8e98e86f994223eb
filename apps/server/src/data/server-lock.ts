import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { identityOf, isAlive, processIdentitySchema } from './process-identity.ts';

/** Another server works on the data directory. The message says which and what to do. */
export class DirectoryInUseError extends Error {
  readonly code = 'directory-in-use';
}

const lockSchema = processIdentitySchema.extend({ startedAt: z.string() });
type LockContent = z.infer<typeof lockSchema>;

/**
 * Holds `<data>/server.lock` while a server works on the directory. A lock whose process is gone, or whose process id now belongs to
 * another program, is taken over.
 */
export class ServerLock {
  readonly #path: string;
  readonly #content: LockContent;

  private constructor(path: string, content: LockContent) {
    this.#path = path;
    this.#content = content;
  }

  /** @throws DirectoryInUseError */
  static take(dataDirectory: string): ServerLock {
    const path = join(dataDirectory, 'server.lock');
    const content: LockContent = { ...identityOf(process.pid), startedAt: new Date().toISOString() };
    for (let attempt = 0; attempt < 3; attempt++) {
      if (createExclusively(path, content)) return new ServerLock(path, content);
      const holder = read(path);
      if (holder !== null && isAlive(holder)) {
        throw new DirectoryInUseError(
          `A Millrace server (process ${holder.pid}, since ${holder.startedAt}) works on ${dataDirectory} already. ` +
            'Stop it, or start this one on another directory: npm start -- --data OTHER-DIRECTORY --port 4817',
        );
      }
      removeStale(path);
    }
    throw new DirectoryInUseError(
      `Another server takes ${path} again and again. Stop it, then start this one once more.`,
    );
  }

  release(): void {
    const held = read(this.#path);
    if (held?.pid === this.#content.pid && held.start === this.#content.start) rmSync(this.#path, { force: true });
  }
}

/** The lock appears with its whole content or not at all: a link to a finished file fails where there is one already. */
function createExclusively(path: string, content: LockContent): boolean {
  const draft = `${path}.${process.pid}.new`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(content)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves the stale lock aside and looks again: of two servers that found it, one may have put its own in place meanwhile. */
function removeStale(path: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  const moved = read(aside);
  if (moved !== null && isAlive(moved)) renameSync(aside, path);
  else rmSync(aside, { force: true });
}

/** Null when there is no lock or it was cut short by a crash. */
function read(path: string): LockContent | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    return null; // Not a lock that we wrote; nobody holds it.
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
