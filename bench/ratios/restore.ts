import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changesOf, type EncodedBatch, RecordBatch, type StoreSpec } from '@millrace/engine';
import { LmdbTaskStores } from '@millrace/store-lmdb';

/** CPU nanoseconds a changelog record to rebuild a store on disk from its changelog, batch after batch as a worker does. */
export async function restoreNs(
  spec: StoreSpec,
  changelog: readonly EncodedBatch[],
): Promise<{ readonly cpuNs: number; readonly wallNs: number; readonly records: number }> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-restore-'));
  const stores = await LmdbTaskStores.open({ directory });
  try {
    const startedNs = process.hrtime.bigint();
    const before = process.cpuUsage();
    stores.table(spec.name);
    let position = 0;
    for (let at = 0; at < changelog.length; ) {
      // A read is about a mebibyte.
      const batches: RecordBatch[] = [];
      for (let bytes = 0; at < changelog.length && bytes < 1024 * 1024; at++) {
        const batch = changelog[at] as EncodedBatch;
        batches.push(new RecordBatch(batch.bytes, position));
        bytes += batch.bytes.byteLength;
        position += batch.count;
      }
      const changes = batches.flatMap((batch) => changesOf(spec, batch, 0));
      await stores.write([{ store: spec.name, changes, droppedSegments: [], position }]);
    }
    const { user, system } = process.cpuUsage(before);
    const wallNs = Number(process.hrtime.bigint() - startedNs);
    return { cpuNs: ((user + system) * 1000) / position, wallNs: wallNs / position, records: position };
  } finally {
    await stores.close();
    await rm(directory, { recursive: true, force: true });
  }
}
