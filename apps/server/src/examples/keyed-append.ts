import { type Append, encodeBatch, type ProducedRecord, partitionFor } from '@millrace/engine';

/** The records as appends to the partitions of their keys, in order within each. */
export function keyedAppends(topic: string, partitions: number, records: readonly ProducedRecord[]): readonly Append[] {
  const byPartition = new Map<number, ProducedRecord[]>();
  for (const record of records) {
    const partition = record.key === null ? 0 : partitionFor(record.key, partitions);
    const batch = byPartition.get(partition);
    if (batch === undefined) byPartition.set(partition, [record]);
    else batch.push(record);
  }
  return [...byPartition].map(([partition, batch]) => ({ topic, partition, batch: encodeBatch(batch) }));
}
