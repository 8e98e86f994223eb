import { changesOf, type Log, type StoreSpec, type SubTopology, type Topology } from '@millrace/engine';
import { LmdbTaskStores, StoreError } from '@millrace/store-lmdb';

export interface RestoreProgress {
  /** Changelog records replayed so far, and how many there are. */
  readonly restoredRecords: number;
  readonly restoreTotal: number;
}

const maxBytesPerRead = 1024 * 1024;

/**
 * Opens a task's stores and replays what their changelogs have beyond them. Afterwards each store reflects the end of its changelog, which
 * is the last commit. A store that does not fit its changelog any more, or is damaged, is rebuilt from the changelog's start.
 */
export async function restoreTask(
  log: Log,
  topology: Topology,
  subTopology: SubTopology,
  partition: number,
  directory: string,
  onProgress: (progress: RestoreProgress) => void,
): Promise<LmdbTaskStores> {
  const specs = topology.stores.filter((store) => subTopology.stores.includes(store.name));
  const stores = await openStores(directory);
  const tails = [];
  for (const spec of specs) tails.push(await findTail(log, stores, spec, partition));
  const restoreTotal = tails.reduce((sum, tail) => sum + tail.end - tail.from, 0);
  let restoredRecords = 0;
  onProgress({ restoredRecords, restoreTotal });
  for (const { spec, from, end } of tails) {
    for (let at = from; at < end; ) {
      const next = await replay(log, stores, spec, partition, at);
      if (next === at) break;
      restoredRecords += next - at;
      at = next;
      onProgress({ restoredRecords, restoreTotal });
    }
  }
  return stores;
}

async function openStores(directory: string): Promise<LmdbTaskStores> {
  try {
    return await LmdbTaskStores.open({ directory });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'corrupt') throw error;
    await LmdbTaskStores.destroy(directory);
    return LmdbTaskStores.open({ directory });
  }
}

/** From where to where a store's changelog must be replayed. Empties the store when its position is none that the changelog still knows. */
async function findTail(
  log: Log,
  stores: LmdbTaskStores,
  spec: StoreSpec,
  partition: number,
): Promise<{ readonly spec: StoreSpec; readonly from: number; readonly end: number }> {
  stores.table(spec.name);
  const position = stores.position(spec.name);
  const { startOffset, endOffset } = await readChangelog(log, spec, partition, position, 1);
  const isKnown = position === 0 || (position >= startOffset && position <= endOffset);
  if (!isKnown) await stores.clear([spec.name]);
  return { spec, from: isKnown ? Math.max(position, startOffset) : startOffset, end: endOffset };
}

/** Replays one read's worth of changelog; gives the offset to go on from. */
async function replay(
  log: Log,
  stores: LmdbTaskStores,
  spec: StoreSpec,
  partition: number,
  offset: number,
): Promise<number> {
  const { batches, endOffset } = await readChangelog(log, spec, partition, offset, maxBytesPerRead);
  if (batches.length === 0) return endOffset;
  const position = Math.max(offset, ...batches.map((batch) => batch.nextOffset));
  await stores.write([
    {
      store: spec.name,
      changes: batches.flatMap((batch) => changesOf(spec, batch, offset)),
      droppedSegments: [],
      position,
    },
  ]);
  return position;
}

async function readChangelog(log: Log, spec: StoreSpec, partition: number, offset: number, maxBytes: number) {
  const [result] = await log.read([{ topic: spec.changelogTopic, partition, offset }], {
    maxBytesPerPartition: maxBytes,
    maxWaitMs: 0,
  });
  if (result === undefined) throw new Error(`The log did not answer for ${spec.changelogTopic}-${partition}.`);
  return result;
}
