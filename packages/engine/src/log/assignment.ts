import type { TaskId } from './log.ts';

/**
 * A task this worker may run until it is revoked or lost. The epoch is the one under which the worker was given the task; it stays the same
 * for as long as the task stays here, whatever happens to other tasks meanwhile.
 */
export interface AssignedTask {
  readonly taskId: TaskId;
  readonly epoch: number;
}

/**
 * Which tasks this worker runs. Revocation is awaited: a task goes to another worker only after `revoked` has settled, or after this
 * worker is known to be gone.
 */
export interface Assignment {
  /** Begins to take part. One listener only. */
  subscribe(listener: AssignmentListener): void;

  /** The worker has found out by itself that its tasks were taken over (a commit was refused): all are lost, and it takes part anew. */
  forfeit(): void;

  /** Takes part no longer: what is still owned goes to others at once. The listener is not called any more. */
  close(): Promise<void>;
}

/** Calls come one after the other, but for `lost`, which may come while another has not settled. */
export interface AssignmentListener {
  /** These come to the tasks that the worker has already, which go on undisturbed. Settles once they are noted, not once they run. */
  assigned(tasks: readonly AssignedTask[]): Promise<void>;

  /** Settles when the tasks' work is committed and they are closed. */
  revoked(taskIds: readonly TaskId[]): Promise<void>;

  /** All tasks are somebody else's already: what is not committed never happened. Settles when nothing of them is left. */
  lost(): Promise<void>;

  /** Replaces the tasks of which this worker keeps a copy of the stores up to date, without running them. */
  standbys(taskIds: readonly TaskId[]): Promise<void>;

  /** The worker cannot take part (no permission, a group of another kind); its tasks are lost. */
  failed(error: unknown): void;
}
