import type { Log, TaskId } from '@millrace/engine';
import type { SharedControlLog } from '../control/control-log.ts';
import type { Logger } from '../logger.ts';
import type { Settings } from '../settings.ts';
import { openEmbeddedBackend } from './embedded-backend.ts';
import { openKafkaBackend } from './kafka-backend.ts';

/** Where the records are, and what follows from that for those who run workers. The one place that knows which it is. */
export interface ServerBackend {
  readonly name: 'embedded' | 'kafka';
  readonly log: Log;
  readonly fleet: FleetBackend;
  /** Where other servers may have the same control log; null where there is but this one. */
  readonly sharedControl: Omit<SharedControlLog, 'mark'> | null;
  /** How old a description of all topics may be that is shown. */
  readonly topicsFreshMs: number;
  /** Whether one append to several partitions can be relied on to take no offsets but those of its records. */
  readonly hasDenseOffsets: boolean;
  /** Readers in this process may look: others have appended. */
  wakeReaders(): void;
  /** @returns what ends it */
  onAppended(listener: (topics: readonly string[]) => void): () => void;
  close(): Promise<void>;
}

/** How workers come to their tasks. */
export interface FleetBackend {
  /** Whether the server gives tasks with their epochs. Otherwise workers share them out among themselves. */
  readonly givesTasks: boolean;
  /** Worker processes of each deployment that a keeper on this machine has; null where the server starts one itself, which ends with it. */
  readonly keptWorkers: number | null;
  /** What the environment of a worker process says besides its data and its pipeline. */
  readonly workerEnvironment: { readonly [name: string]: string };
  /** Workers of the pipeline with these names have stopped, in order: nobody has to wait for them to be missed. */
  workersLeft(pipelineId: string, names: readonly string[]): Promise<void>;
  /** Runs work on what the tasks have stored, while no worker may commit any more. */
  whileOwning(pipelineId: string, taskIds: readonly TaskId[], work: () => Promise<void>): Promise<void>;
}

/**
 * @param directory the server's data directory, and the embedded log's in it
 * @throws LogError
 */
export function openBackend(
  settings: Settings,
  directory: { readonly path: string; readonly log: string },
  logger: Logger,
): Promise<ServerBackend> {
  if (settings.kafka === null) return openEmbeddedBackend(directory.log, logger);
  return openKafkaBackend(settings.kafka, settings.workers, directory.path, logger);
}
