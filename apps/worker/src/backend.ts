import type { Assignment, Log, Topology } from '@millrace/engine';
import type { StandbyTasks } from './standby-tasks.ts';

/** Where a worker's records are, and where its tasks come from. */
export interface Backend {
  readonly log: Log;
  /** The tables of each task lie in a directory of its own below this. */
  readonly stateDirectory: string;
  /** Whether the worker's server gives it its tasks. Otherwise {@link Backend.takePart} does. */
  readonly givesTasksByServer: boolean;

  /** Joins those that share the topology's tasks; null where the server gives them. */
  takePart(topology: Topology): Promise<{ readonly assignment: Assignment; readonly standbys: StandbyTasks }> | null;

  /** Others may have appended: look now rather than at the next poll. */
  wake(): void;
}
