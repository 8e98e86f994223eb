import { type Log, processors, type StoreQuery, TaskGroup, type TaskId, type Topology } from '@millrace/engine';
import type { Up } from '@millrace/protocol';
import { addOpenedTask, openTask } from './open-task.ts';
import type { StoreAnswers } from './store-query-handler.ts';
import { TaskStates } from './task-states.ts';

export interface StoppedStoresOptions {
  readonly topology: Topology;
  readonly log: Log;
  /** The tables of each task lie in a directory of its own below this. */
  readonly stateDirectory: string;
  readonly say: (message: Up) => void;
}

/**
 * The stores of a deployment that does not run, as of its last commit. Their tasks are restored as for a start, but they get no records
 * and no epoch, and nothing is committed: the next worker finds all as it was.
 */
export class StoppedStores {
  readonly #options: StoppedStoresOptions;
  readonly #group: TaskGroup;
  readonly #states: TaskStates;

  constructor(options: StoppedStoresOptions) {
    this.#options = options;
    this.#group = new TaskGroup(options.topology, processors);
    this.#states = new TaskStates(options.topology, options.say);
  }

  /** Restores the tasks one after another; each can be asked as soon as it is there. */
  async open(taskIds: readonly TaskId[]): Promise<void> {
    this.#states.starting(taskIds);
    for (const taskId of taskIds) {
      const task = await openTask({
        ...this.#options,
        taskId,
        // It commits nothing, so none was taken for it.
        epoch: 0,
        onProgress: (progress) => this.#states.restoring(taskId, progress),
      });
      addOpenedTask(this.#group, this.#options.topology, task);
      this.#states.running(taskId);
    }
  }

  query(query: StoreQuery): StoreAnswers {
    const { answers, refusals } = this.#group.query(query);
    return { answers, refusals: [...refusals, ...this.#states.refusals(query.store)] };
  }
}
