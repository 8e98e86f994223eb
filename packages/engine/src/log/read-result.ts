import type { ReadResult, TopicPartition } from './log.ts';
import type { RecordBatch } from './record-batch.ts';

/** What a read gives in a log without transactions that are still undecided, and where offsets without a record hide nothing. */
export function decidedRead(
  { topic, partition }: TopicPartition,
  batches: readonly RecordBatch[],
  { startOffset, endOffset }: { readonly startOffset: number; readonly endOffset: number },
): ReadResult {
  const nextOffset = batches.at(-1)?.nextOffset ?? endOffset;
  return { topic, partition, batches, nextOffset, startOffset, endOffset, undecidedEndOffset: endOffset };
}
