import type { Log, RecordBatch } from '@millrace/engine';

const bytesPerRead = 4 * 1024 * 1024;

/** All batches of a partition from `offset` to its end as it stands when the last read is made. */
export async function* readToEnd(
  log: Log,
  topic: string,
  partition: number,
  offset: number,
): AsyncGenerator<RecordBatch> {
  let next = offset;
  for (;;) {
    const [result] = await log.read([{ topic, partition, offset: next }], {
      maxBytesPerPartition: bytesPerRead,
      maxWaitMs: 0,
    });
    if (result === undefined || result.batches.length === 0) return;
    for (const batch of result.batches) {
      yield batch;
      next = Math.max(next, batch.nextOffset);
    }
    if (next >= result.endOffset) return;
  }
}
