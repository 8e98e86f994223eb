import type { SourcePosition, TopicPartition } from '@millrace/engine';
import type { GroupIdentity } from '../../group/group-identity.ts';
import { byTopic } from '../by-topic.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

/** The requests of which a transaction is made. */
export const initProducerIdVersion = 4;
export const addPartitionsToTxnVersion = 2;
export const addOffsetsToTxnVersion = 2;
export const endTxnVersion = 2;
export const txnOffsetCommitVersion = 3;

export interface ProducerIdentity {
  readonly id: bigint;
  readonly epoch: number;
}

export interface PartitionOutcome extends TopicPartition {
  readonly error: number;
}

/** `transactionalId` null: an idempotent producer without transactions. */
export function encodeInitProducerId(
  transactionalId: string | null,
  timeoutMs: number,
  previous: ProducerIdentity | null,
): Uint8Array {
  return new Writer()
    .compactString(transactionalId)
    .int32(timeoutMs)
    .int64(previous?.id ?? -1n)
    .int16(previous?.epoch ?? -1)
    .noTags()
    .finish();
}

export function decodeInitProducerId(body: Uint8Array): ProducerIdentity & { readonly error: number } {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  return { error: reader.int16(), id: reader.bigInt64(), epoch: reader.int16() };
}

export function encodeAddPartitionsToTxn(
  transactionalId: string,
  producer: ProducerIdentity,
  partitions: readonly TopicPartition[],
): Uint8Array {
  const writer = new Writer();
  return writer
    .string(transactionalId)
    .int64(producer.id)
    .int16(producer.epoch)
    .array(byTopic(partitions), ([topic, ofTopic]) => {
      writer.string(topic).array(ofTopic, ({ partition }) => writer.int32(partition));
    })
    .finish();
}

/** The answer of AddPartitionsToTxn and of OffsetCommit. */
export function decodePartitionOutcomes(body: Uint8Array): PartitionOutcome[] {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => ({ topic, partition: reader.int32(), error: reader.int16() }));
    })
    .flat();
}

export function encodeAddOffsetsToTxn(transactionalId: string, producer: ProducerIdentity, group: string): Uint8Array {
  return new Writer().string(transactionalId).int64(producer.id).int16(producer.epoch).string(group).finish();
}

export function encodeEndTxn(transactionalId: string, producer: ProducerIdentity, isCommit: boolean): Uint8Array {
  return new Writer().string(transactionalId).int64(producer.id).int16(producer.epoch).boolean(isCommit).finish();
}

/** The answer of AddOffsetsToTxn and EndTxn: an error code. */
export function decodeTxnError(body: Uint8Array): number {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  return reader.int16();
}

export function encodeTxnOffsetCommit(
  transactionalId: string,
  group: string,
  producer: ProducerIdentity,
  member: GroupIdentity,
  positions: readonly SourcePosition[],
): Uint8Array {
  const writer = new Writer();
  return writer
    .compactString(transactionalId)
    .compactString(group)
    .int64(producer.id)
    .int16(producer.epoch)
    .int32(member.generation)
    .compactString(member.memberId)
    .compactString(member.groupInstanceId)
    .compactArray(byTopic(positions), ([topic, ofTopic]) => {
      writer
        .compactString(topic)
        .compactArray(ofTopic, ({ partition, offset }) => {
          writer.int32(partition).int64(offset).int32(-1).compactString(null).noTags();
        })
        .noTags();
    })
    .noTags()
    .finish();
}

export function decodeTxnOffsetCommit(body: Uint8Array): PartitionOutcome[] {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  return reader
    .compactArray(() => {
      const topic = reader.compactString();
      const partitions = reader.compactArray(() => {
        const outcome = { topic, partition: reader.int32(), error: reader.int16() };
        reader.tags();
        return outcome;
      });
      reader.tags();
      return partitions;
    })
    .flat();
}
