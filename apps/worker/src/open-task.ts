import { join } from 'node:path';
import {
  type AssignedTask,
  type CommittedTask,
  type Log,
  LogError,
  subTopologyOf,
  type TaskGroup,
  type TaskId,
  type Topology,
} from '@millrace/engine';
import type { LmdbTaskStores } from '@millrace/store-lmdb';
import { type RestoreProgress, recordsToRestore, restoreTask } from './restore-task.ts';

interface TaskPlace {
  readonly topology: Topology;
  readonly log: Log;
  /** The tables of each task lie in a directory of its own below this. */
  readonly stateDirectory: string;
  readonly taskId: TaskId;
}

export interface OpenTaskOptions extends TaskPlace, AssignedTask {
  readonly onProgress: (progress: RestoreProgress) => void;
  /** Ends the work; nothing is open then. */
  readonly signal?: AbortSignal | undefined;
}

/** A task as its last commit left it, ready to run. Its stores are open: whoever has it closes them. */
export interface OpenedTask extends AssignedTask {
  readonly stores: LmdbTaskStores;
  readonly committed: CommittedTask | null;
}

/** How many changelog records {@link openTask} would replay now. */
export function recordsToOpen({ topology, log, stateDirectory, taskId }: TaskPlace): Promise<number> {
  return recordsToRestore({ log, topology, taskId, directory: join(stateDirectory, taskId) });
}

/**
 * Restores a task.
 * @throws LogError `fenced` when a newer owner has committed meanwhile: each store may then reflect another commit. A task with epoch 0
 * belongs to nobody, and is only read.
 */
export async function openTask(options: OpenTaskOptions): Promise<OpenedTask> {
  const { topology, log, stateDirectory, taskId, epoch, onProgress, signal } = options;
  const directory = join(stateDirectory, taskId);
  const stores = await restoreTask({ log, topology, taskId, directory }, onProgress, signal);
  try {
    const committed = await log.committed(topology.pipeline, taskId);
    if (epoch > 0 && committed !== null && committed.epoch > epoch) {
      throw new LogError(
        'fenced',
        `Task ${taskId} of ${topology.pipeline} was opened with epoch ${epoch}, but was committed with epoch ${committed.epoch} meanwhile: another worker has taken it over. Stop the task.`,
      );
    }
    return { taskId, epoch, stores, committed };
  } catch (error) {
    await stores.close();
    throw error;
  }
}

/** From now on the group runs the task. */
export function addOpenedTask(group: TaskGroup, topology: Topology, task: OpenedTask): void {
  const { subTopology } = subTopologyOf(topology, task.taskId);
  group.addTask({
    taskId: task.taskId,
    epoch: task.epoch,
    tables: new Map(subTopology.stores.map((name) => [name, task.stores.table(name)])),
    changelogPositions: new Map(subTopology.stores.map((name) => [name, task.stores.position(name)])),
    committed: task.committed,
  });
}
