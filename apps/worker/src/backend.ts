import type { Assignment, Log, RecordLimits, Topology } from '@millrace/engine';
import type { LayoutProblem } from './partition-layout.ts';
import type { StandbyTasks } from './standby-tasks.ts';

/** What a worker gets with its tasks. */
export interface Part {
  readonly assignment: Assignment;
  readonly standbys: StandbyTasks;
  /** Who keeps the log, for messages: `Kafka at localhost:9092`. */
  readonly keeper: string;
  /** What each topic takes of a record, by topic. */
  recordLimits(): Promise<ReadonlyMap<string, RecordLimits>>;
  /** Whether topics have the partitions that the topology was planned with. */
  layoutProblem(): Promise<LayoutProblem | null>;
}

/** Where a worker's records are, and where its tasks come from. */
export interface Backend {
  readonly log: Log;
  /** The tables of each task lie in a directory of its own below this. */
  readonly stateDirectory: string;
  /** Whether the worker's server gives it its tasks. Otherwise {@link Backend.takePart} does. */
  readonly givesTasksByServer: boolean;

  /** Joins those that share the topology's tasks; null where the server gives them. */
  takePart(topology: Topology): Promise<Part> | null;

  /** Others may have appended: look now rather than at the next poll. */
  wake(): void;
}
