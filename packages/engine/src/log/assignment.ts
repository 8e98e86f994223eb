import type { TaskId } from './log.ts';

/** A task this worker may run, under this epoch, until it is revoked. */
export interface AssignedTask {
  readonly taskId: TaskId;
  readonly epoch: number;
}

/**
 * Which tasks this worker runs. Revocation is awaited: a task goes to another worker only after `revoked` has settled, or after this
 * worker is known to be gone.
 */
export interface Assignment {
  subscribe(listener: AssignmentListener): void;
}

export interface AssignmentListener {
  assigned(tasks: readonly AssignedTask[]): Promise<void>;
  revoked(taskIds: readonly TaskId[]): Promise<void>;
}
