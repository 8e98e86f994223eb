import type { Log, RecordBatch } from '@millrace/engine';

const bytesPerRead = 4 * 1024 * 1024;

/** How long one read waits for transactions that are still undecided. */
const undecidedWaitMs = 1000;

/** All batches of a partition from `offset` to its end as it stands when the first read is made, or a later one. */
export async function* readToEnd(
  log: Log,
  topic: string,
  partition: number,
  offset: number,
): AsyncGenerator<RecordBatch> {
  let next = offset;
  let end: number | null = null;
  while (end === null || next < end) {
    const [result] = await log.read([{ topic, partition, offset: next }], {
      maxBytesPerPartition: bytesPerRead,
      maxWaitMs: end === null ? 0 : undecidedWaitMs,
    });
    if (result === undefined) return;
    yield* result.batches;
    next = Math.max(next, result.nextOffset);
    end ??= result.undecidedEndOffset;
  }
}
