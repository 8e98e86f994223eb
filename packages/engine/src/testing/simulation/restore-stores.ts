import { assert } from '../../assert.ts';
import type { Log, TaskId } from '../../log/log.ts';
import { changesOf } from '../../state/changelog.ts';
import type { TaskStores } from '../../state/store-table.ts';
import { subTopologyOf, type Topology } from '../../topology/topology.ts';

/**
 * Replays what the changelogs of a task's stores have beyond its tables, a read at a time. `between` is awaited after each: whoever dies
 * there leaves tables that are restored in part.
 */
export async function restoreStores(
  log: Log,
  topology: Topology,
  taskId: TaskId,
  stores: TaskStores,
  between: () => Promise<void>,
): Promise<void> {
  const { subTopology, partition } = subTopologyOf(topology, taskId);
  for (const name of subTopology.stores) {
    const spec = topology.stores.find((candidate) => candidate.name === name);
    assert(spec !== undefined, `there is no store ${name}`);
    stores.table(name);
    for (;;) {
      const from = stores.position(name);
      const [tail] = await log.read([{ topic: spec.changelogTopic, partition, offset: from }], {
        maxBytesPerPartition: 1_000_000,
        maxWaitMs: 0,
      });
      assert(tail !== undefined, `the changelog of ${name} did not answer`);
      if (tail.batches.length === 0) break;
      const position = Math.max(from, tail.nextOffset);
      const changes = tail.batches.flatMap((batch) => changesOf(spec, batch, from));
      await stores.write([{ store: name, changes, droppedSegments: [], position }]);
      await between();
    }
  }
}
