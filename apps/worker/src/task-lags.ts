import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, subTopologyOf, type TaskId, type Topology, taskIds } from '@millrace/engine';
import { StoreCopy } from './restore-task.ts';
import type { StandbyTasks } from './standby-tasks.ts';

/** By task: how many records its changelogs hold, all stores together. */
export async function changelogRecords(log: Log, topology: Topology): Promise<ReadonlyMap<TaskId, number>> {
  const topics = await changelogs(log, topology);
  return new Map(
    taskIds(topology).map((taskId) => {
      const ends = changelogsOf(topology, taskId);
      const { partition } = subTopologyOf(topology, taskId);
      const counts = ends.map((name) => {
        const topic = topics.get(name);
        return (topic?.endOffsets[partition] ?? 0) - (topic?.startOffsets[partition] ?? 0);
      });
      return [taskId, sum(counts)];
    }),
  );
}

/** By task of which this machine has a copy: how many changelog records that copy is behind. */
export async function copyLags(
  log: Log,
  topology: Topology,
  standbys: StandbyTasks,
): Promise<ReadonlyMap<TaskId, number>> {
  const topics = await changelogs(log, topology);
  const lags = new Map<TaskId, number>();
  for (const [taskId, positions] of standbys.positions()) {
    const { partition } = subTopologyOf(topology, taskId);
    const behind = changelogsOf(topology, taskId).map((name) => {
      const topic = topics.get(name);
      const from = Math.max(positions.get(name) ?? 0, topic?.startOffsets[partition] ?? 0);
      return Math.max(0, (topic?.endOffsets[partition] ?? 0) - from);
    });
    if (behind.length > 0) lags.set(taskId, sum(behind));
  }
  return lags;
}

/** Notes how far the stores are that an earlier worker has left here. What cannot be read counts as not there. */
export async function noteLeftCopies(options: {
  readonly log: Log;
  readonly topology: Topology;
  readonly stateDirectory: string;
  readonly standbys: StandbyTasks;
}): Promise<void> {
  const present = new Set(await readdir(options.stateDirectory).catch(() => []));
  for (const taskId of taskIds(options.topology)) {
    if (!present.has(taskId) || changelogsOf(options.topology, taskId).length === 0) continue;
    const copy = await StoreCopy.open({ ...options, taskId, directory: join(options.stateDirectory, taskId) });
    try {
      options.standbys.note(taskId, copy.positions());
    } finally {
      await copy.stores.close();
    }
  }
}

async function changelogs(log: Log, topology: Topology) {
  const names = new Set(topology.stores.map((store) => store.changelogTopic));
  if (names.size === 0) return new Map<string, never>();
  const topics = await log.topics();
  return new Map(topics.filter(({ name }) => names.has(name)).map((topic) => [topic.name, topic]));
}

function changelogsOf(topology: Topology, taskId: TaskId): string[] {
  const { subTopology } = subTopologyOf(topology, taskId);
  return topology.stores.filter(({ name }) => subTopology.stores.includes(name)).map((store) => store.changelogTopic);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
