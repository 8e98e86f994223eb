import { chmodSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ServerLock } from './server-lock.ts';

/** The folder that holds everything durable, readable by its owner alone; held by one server at a time. */
export class DataDirectory {
  readonly path: string;
  /** The embedded log. */
  readonly log: string;
  readonly #lock: ServerLock;

  private constructor(path: string, lock: ServerLock) {
    this.path = path;
    this.log = join(path, 'log');
    this.#lock = lock;
  }

  /** @throws DirectoryInUseError */
  static open(path: string): DataDirectory {
    const absolute = resolve(path);
    mkdirSync(absolute, { recursive: true, mode: 0o700 });
    chmodSync(absolute, 0o700);
    const lock = ServerLock.take(absolute);
    const directory = new DataDirectory(absolute, lock);
    for (const folder of [directory.log, join(absolute, 'state')]) mkdirSync(folder, { recursive: true, mode: 0o700 });
    return directory;
  }

  /** Removes the stores of a pipeline. Its worker must be gone. */
  async removeState(pipelineId: string): Promise<void> {
    // Pipeline ids are checked when they enter: they have neither dots nor slashes.
    await rm(join(this.path, 'state', pipelineId), { recursive: true, force: true });
  }

  release(): void {
    this.#lock.release();
  }
}
