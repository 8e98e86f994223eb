import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, isAlive, type ProcessIdentity, processIdentitySchema } from '../data/process-identity.ts';

const goneWithinMs = 5_000;
const lookMs = 10;

/**
 * Remembers on the disk which process works for a pipeline. A worker ends by itself when its server is gone, but not at once, and two
 * workers must never write to the same stores: before a new one starts, an old one that still runs is ended.
 */
export class StrayWorkers {
  readonly #directory: string;

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, 'workers');
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  remember(pipelineId: string, pid: number): void {
    writeFileSync(this.#path(pipelineId), JSON.stringify(identityOf(pid)), { mode: 0o600 });
  }

  forget(pipelineId: string): void {
    rmSync(this.#path(pipelineId), { force: true });
  }

  /** Ends what an earlier server left running for the pipeline, and waits until it is gone. */
  async end(pipelineId: string): Promise<void> {
    const worker = this.#read(pipelineId);
    if (worker !== null && isAlive(worker)) {
      process.kill(worker.pid, 'SIGKILL');
      const deadline = performance.now() + goneWithinMs;
      while (isAlive(worker)) {
        if (performance.now() > deadline) throw new Error(`The earlier worker (process ${worker.pid}) does not end.`);
        await new Promise((resolve) => setTimeout(resolve, lookMs));
      }
    }
    this.forget(pipelineId);
  }

  #read(pipelineId: string): ProcessIdentity | null {
    try {
      return processIdentitySchema.parse(JSON.parse(readFileSync(this.#path(pipelineId), 'utf8')));
    } catch {
      return null; // No worker was left, or the note was cut short before the worker was told anything.
    }
  }

  #path(pipelineId: string): string {
    return join(this.#directory, `${pipelineId}.json`);
  }
}
