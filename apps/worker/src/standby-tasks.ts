import { join } from 'node:path';
import type { Log, TaskId, Topology } from '@millrace/engine';
import { StoreCopy } from './restore-task.ts';

/** Between two looks for what is new in a changelog. */
const pauseMs = 500;

export interface StandbyTasksOptions {
  readonly topology: Topology;
  readonly log: Log;
  /** The tables of each task lie in a directory of its own below this. */
  readonly stateDirectory: string;
}

interface Standby {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** Copies of other workers' stores, kept up to date so that this worker can take a task over at once. */
export class StandbyTasks {
  readonly #options: StandbyTasksOptions;
  readonly #standbys = new Map<TaskId, Standby>();
  /** How far the copies are, those too that were left behind: by task, the offset reached of each changelog. */
  readonly #positions = new Map<TaskId, ReadonlyMap<string, number>>();

  constructor(options: StandbyTasksOptions) {
    this.#options = options;
  }

  /** Keeps copies of these tasks and of no others; those that go are closed when this settles. */
  async keep(taskIds: readonly TaskId[]): Promise<void> {
    const going = [...this.#standbys].filter(([taskId]) => !taskIds.includes(taskId));
    for (const [taskId, standby] of going) {
      standby.abort.abort();
      await standby.done;
      this.#standbys.delete(taskId);
    }
    for (const taskId of taskIds) {
      if (this.#standbys.has(taskId)) continue;
      const abort = new AbortController();
      this.#standbys.set(taskId, { abort, done: this.#follow(taskId, abort.signal) });
    }
  }

  /** Notes how far the stores of a task are that this worker had open. */
  note(taskId: TaskId, positions: ReadonlyMap<string, number>): void {
    this.#positions.set(taskId, positions);
  }

  positions(): ReadonlyMap<TaskId, ReadonlyMap<string, number>> {
    return this.#positions;
  }

  close(): Promise<void> {
    return this.keep([]);
  }

  /** A copy that cannot be kept up is no harm: it is tried again, and whoever takes the task over restores what is missing. */
  async #follow(taskId: TaskId, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#followOnce(taskId, signal);
      } catch (error) {
        if (!signal.aborted) console.error(`The copy of task ${taskId} could not be kept up to date:`, error);
      }
      await pause(signal);
    }
  }

  async #followOnce(taskId: TaskId, signal: AbortSignal): Promise<void> {
    const { log, topology, stateDirectory } = this.#options;
    const copy = await StoreCopy.open({ log, topology, taskId, directory: join(stateDirectory, taskId) });
    try {
      while (!signal.aborted) {
        await copy.catchUp(() => this.#positions.set(taskId, copy.positions()), signal);
        await pause(signal);
      }
    } finally {
      await copy.stores.close();
    }
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, pauseMs);
    signal.addEventListener('abort', end);
  });
}
