import { NumberedHeader } from '../log/header.ts';
import type { TopicPartition } from '../log/log.ts';
import type { RecordBatch } from '../log/record-batch.ts';
import type { StoreSpec } from '../topology/topology.ts';
import { decodeSegment, segmentBytes, writeSegment } from './store-address.ts';
import type { StoreChange } from './store-table.ts';

/**
 * A changelog record: its key is the store's key, in window stores with the window start in front (see store-address.ts); its value the
 * JSON text of what is stored, null for a delete; its timestamp that of the stored entry; one header, `cause`, names the input that made
 * the change as `topic-partition@offset`.
 */
export const causeHeader = 'cause';

/** Makes what stands before a store's key in its changelog: the same view each time. Segments come in runs, so the last one's form is kept. */
export function changelogPrefixes(spec: StoreSpec): (segment: number) => DataView {
  const prefix = new DataView(new ArrayBuffer(spec.kind === 'window' ? segmentBytes : 0));
  if (spec.kind !== 'window') return () => prefix;
  let last = Number.NaN;
  return (segment) => {
    if (segment !== last) {
      writeSegment(segment, prefix);
      last = segment;
    }
    return prefix;
  };
}

/** Names one record of a partition after the other as the cause: set its number to the offset. */
export function causeFrom({ topic, partition }: TopicPartition): NumberedHeader {
  return new NumberedHeader(causeHeader, `${topic}-${partition}@`, 0);
}

/** The changes that a batch of a store's changelog stands for, in order, from `fromOffset` on. */
export function changesOf(spec: StoreSpec, batch: RecordBatch, fromOffset: number): readonly StoreChange[] {
  const changes: StoreChange[] = [];
  for (let index = 0; index < batch.count; index++) {
    if (batch.offset(index) < fromOffset) continue;
    const key = batch.keyByteString(index) ?? '';
    const end = batch.valueEnds[index] ?? -1;
    changes.push({
      segment: spec.kind === 'window' ? decodeSegment(key) : 0,
      key: spec.kind === 'window' ? key.slice(segmentBytes) : key,
      timestamp: batch.timestamps[index] ?? 0,
      value: end < 0 ? null : batch.text(batch.valueStarts[index] ?? 0, end),
    });
  }
  return changes;
}
