import { assert } from '../assert.ts';
import type { Log, TaskId } from '../log/log.ts';
import { processors } from '../nodes/processors.ts';
import { type PendingCommit, TaskGroup } from '../runtime/task-group.ts';
import { changesOf } from '../state/changelog.ts';
import { MemoryTaskStores } from '../state/memory-stores.ts';
import { subTopologyOf, type Topology, taskIds } from '../topology/topology.ts';

/** The stores of every task, as they would lie on a disk: they outlive the workers. */
export type Disk = Map<TaskId, MemoryTaskStores>;

/**
 * A worker without a process, a clock or a disk, for tests: it takes every task of a topology over, restores the stores, and does one step
 * at a time as it is told. Letting go of it without a word is a crash.
 */
export class MemoryWorker {
  readonly group: TaskGroup;
  readonly #log: Log;
  readonly #disk: Disk;

  private constructor(log: Log, disk: Disk, group: TaskGroup) {
    this.#log = log;
    this.#disk = disk;
    this.group = group;
  }

  static async start(log: Log, topology: Topology, disk: Disk, clock?: () => number): Promise<MemoryWorker> {
    await log.ensureTopics(topology.topics);
    const ids = taskIds(topology);
    const epochs = await log.fence(topology.pipeline, ids);
    const group = new TaskGroup(topology, processors, clock);
    for (const [index, taskId] of ids.entries()) {
      const { subTopology } = subTopologyOf(topology, taskId);
      const stores = disk.get(taskId) ?? new MemoryTaskStores();
      disk.set(taskId, stores);
      for (const name of subTopology.stores) await restore(log, topology, taskId, name, stores);
      const epoch = epochs[index];
      assert(epoch !== undefined, `task ${taskId} was given no epoch`);
      group.addTask({
        taskId,
        epoch,
        tables: new Map(subTopology.stores.map((name) => [name, stores.table(name)])),
        changelogPositions: new Map(subTopology.stores.map((name) => [name, stores.position(name)])),
        committed: await log.committed(topology.pipeline, taskId),
      });
    }
    return new MemoryWorker(log, disk, group);
  }

  /** Reads what there is, at most about `maxBytes` of each partition. */
  async read(maxBytes = 1_000_000): Promise<void> {
    const requests = this.group.readRequests();
    this.group.accept(await this.#log.read(requests, { maxBytesPerPartition: maxBytes, maxWaitMs: 0 }));
  }

  /** Commits what was processed; false when there was nothing. */
  async commit(): Promise<boolean> {
    const pending = this.group.beginCommit();
    if (pending === null) return false;
    await this.finish(pending);
    return true;
  }

  async finish(pending: PendingCommit): Promise<void> {
    this.group.endCommit(await this.#log.commit(pending.commit));
  }

  async flush(): Promise<void> {
    for (const { taskId, slices, done } of this.group.beginFlush()) {
      await this.#disk.get(taskId)?.write(slices);
      done();
    }
  }

  /** Reads, processes and commits until nothing is left to do. */
  async drain(maxBytes?: number): Promise<void> {
    for (;;) {
      await this.read(maxBytes);
      const processed = this.group.process(Number.POSITIVE_INFINITY);
      const committed = await this.commit();
      const isCaughtUp = this.group.tasks.every((task) => task.queues.every((queue) => queue.isCaughtUp));
      if (processed === 0 && !committed && isCaughtUp) return;
    }
  }
}

/** Replays what a store's changelog has beyond its table. */
async function restore(
  log: Log,
  topology: Topology,
  taskId: TaskId,
  name: string,
  stores: MemoryTaskStores,
): Promise<void> {
  const spec = topology.stores.find((store) => store.name === name);
  assert(spec !== undefined, `there is no store ${name}`);
  const { partition } = subTopologyOf(topology, taskId);
  stores.table(name);
  const from = stores.position(name);
  const [tail] = await log.read([{ topic: spec.changelogTopic, partition, offset: from }], {
    maxBytesPerPartition: Number.MAX_SAFE_INTEGER,
    maxWaitMs: 0,
  });
  assert(tail !== undefined, `the changelog of ${name} did not answer`);
  const changes = tail.batches.flatMap((batch) => changesOf(spec, batch, from));
  await stores.write([{ store: name, changes, droppedSegments: [], position: tail.nextOffset }]);
}
