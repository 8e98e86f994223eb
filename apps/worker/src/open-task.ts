import { join } from 'node:path';
import { type Log, subTopologyOf, type TaskGroup, type TaskId, type Topology } from '@millrace/engine';
import type { LmdbTaskStores } from '@millrace/store-lmdb';
import { type RestoreProgress, restoreTask } from './restore-task.ts';

export interface OpenTaskOptions {
  readonly topology: Topology;
  readonly log: Log;
  readonly group: TaskGroup;
  /** The tables of each task lie in a directory of its own below this. */
  readonly stateDirectory: string;
  readonly taskId: TaskId;
  readonly epoch: number;
  readonly onProgress: (progress: RestoreProgress) => void;
}

/** Restores a task and adds it to the group as its last commit left it. @returns its stores, open: the caller's to close */
export async function openTask(options: OpenTaskOptions): Promise<LmdbTaskStores> {
  const { topology, log, group, stateDirectory, taskId, epoch, onProgress } = options;
  const { subTopology, partition } = subTopologyOf(topology, taskId);
  const stores = await restoreTask(log, topology, subTopology, partition, join(stateDirectory, taskId), onProgress);
  group.addTask({
    taskId,
    epoch,
    tables: new Map(subTopology.stores.map((name) => [name, stores.table(name)])),
    changelogPositions: new Map(subTopology.stores.map((name) => [name, stores.position(name)])),
    committed: await log.committed(topology.pipeline, taskId),
  });
  return stores;
}
