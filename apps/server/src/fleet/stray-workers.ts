import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { identityOf, isAlive, type ProcessIdentity, processIdentitySchema } from '../data/process-identity.ts';
import type { WorkerProcess } from './worker-process.ts';

const goneWithinMs = 5_000;
const lookMs = 10;
const noteEnding = '.json';

/**
 * Remembers on the disk which process of this server works for a pipeline, running it or reading its stores. It ends by itself when its
 * server is gone, but not at once, and two processes must never have the same stores open: before a new one starts, an old one that still
 * runs is ended. Workers on Kafka are none of these: keepers have them, and they go on.
 */
export class StrayWorkers {
  readonly #directory: string;

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, 'workers');
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  /** A worker that is not remembered could outlive us unseen, so it does not get to work. */
  remember(pipelineId: string, worker: WorkerProcess): void {
    try {
      writeFileSync(this.#path(pipelineId), JSON.stringify(identityOf(worker.pid)), { mode: 0o600 });
    } catch (error) {
      worker.kill(`could not be noted on the disk (${error instanceof Error ? error.message : String(error)})`);
    }
  }

  forget(pipelineId: string): void {
    rmSync(this.#path(pipelineId), { force: true });
  }

  /** Ends what an earlier server left running for the pipeline, and waits until it is gone. */
  async end(pipelineId: string): Promise<void> {
    await this.#end(pipelineId);
  }

  async #end(note: string): Promise<void> {
    const worker = this.#read(note);
    if (worker !== null && isAlive(worker)) {
      kill(worker);
      const deadline = performance.now() + goneWithinMs;
      while (isAlive(worker)) {
        if (performance.now() > deadline) throw new Error(`The earlier worker (process ${worker.pid}) does not end.`);
        await new Promise((resolve) => setTimeout(resolve, lookMs));
      }
    }
    rmSync(this.#path(note), { force: true });
  }

  /** The same for all pipelines. A worker that is stuck may hold the log's lock, so this comes before the log is opened. */
  async endAll(): Promise<void> {
    await Promise.all(this.#notes().map((note) => this.#end(note)));
  }

  #notes(): readonly string[] {
    return readdirSync(this.#directory)
      .filter((name) => name.endsWith(noteEnding))
      .map((name) => basename(name, noteEnding));
  }

  #read(note: string): ProcessIdentity | null {
    try {
      return processIdentitySchema.parse(JSON.parse(readFileSync(this.#path(note), 'utf8')));
    } catch {
      return null; // No worker was left, or the note was cut short before the worker was told anything.
    }
  }

  #path(note: string): string {
    return join(this.#directory, `${note}${noteEnding}`);
  }
}

function kill({ pid }: ProcessIdentity): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It may have ended by itself just now.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
