import { type StoreRefusal, subTopologyOf, type TaskId, type Topology } from '@millrace/engine';
import type { TaskState, Up } from '@millrace/protocol';
import type { RestoreProgress } from './restore-task.ts';

/** How far the tasks of this worker are, for the server and for whoever asks a store that is not there yet. */
export class TaskStates {
  readonly #topology: Topology;
  readonly #say: (message: Up) => void;
  readonly #states = new Map<TaskId, TaskState>();

  constructor(topology: Topology, say: (message: Up) => void) {
    this.#topology = topology;
    this.#say = say;
  }

  /** `restoreTotal`: how many records of changelogs each will have to replay, as far as that is known. */
  starting(taskIds: readonly TaskId[], restoreTotal = 0): void {
    for (const taskId of taskIds) this.#set(taskId, 'starting', { restoredRecords: 0, restoreTotal });
    this.say();
  }

  restoring(taskId: TaskId, progress: RestoreProgress): void {
    this.#set(taskId, 'restoring', progress);
    this.say();
  }

  /** Its stores can be read; in a deployment that runs, it runs. */
  running(taskId: TaskId): void {
    this.#set(taskId, 'running', this.#states.get(taskId) ?? { restoredRecords: 0, restoreTotal: 0 });
    this.say();
  }

  remove(taskId: TaskId): void {
    this.#states.delete(taskId);
  }

  say(): void {
    this.#say({ type: 'taskStates', tasks: [...this.#states.values()] });
  }

  /** A refusal for each task that has the store and cannot be asked yet. */
  refusals(store: string): { readonly taskId: TaskId; readonly reason: StoreRefusal }[] {
    return [...this.#states.values()]
      .filter(({ taskId, state }) => state !== 'running' && this.#owns(taskId, store))
      .map(({ taskId }) => ({ taskId, reason: 'restoring' as const }));
  }

  #owns(taskId: TaskId, store: string): boolean {
    return subTopologyOf(this.#topology, taskId).subTopology.stores.includes(store);
  }

  #set(taskId: TaskId, state: TaskState['state'], { restoredRecords, restoreTotal }: RestoreProgress): void {
    this.#states.set(taskId, { taskId, state, restoredRecords, restoreTotal });
  }
}
