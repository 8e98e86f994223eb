import type { TopicPartition } from '@millrace/engine';
import { Reader } from '../codec/reader.ts';
import { Writer } from '../codec/writer.ts';

/**
 * The forms of Kafka's own consumers (ConsumerProtocolSubscription and ConsumerProtocolAssignment), so that Kafka's tools show our
 * groups; what is ours travels in `userData`.
 */
const subscriptionVersion = 1;
const assignmentVersion = 0;

export interface Subscription {
  readonly topics: readonly string[];
  readonly userData: Uint8Array | null;
  readonly ownedPartitions: readonly TopicPartition[];
}

export interface PartitionAssignment {
  readonly partitions: readonly TopicPartition[];
  readonly userData: Uint8Array | null;
}

export function encodeSubscription({ topics, userData, ownedPartitions }: Subscription): Uint8Array {
  const writer = new Writer();
  writer
    .int16(subscriptionVersion)
    .array(topics, (topic) => writer.string(topic))
    .bytes(userData);
  writePartitions(writer, ownedPartitions);
  return writer.finish();
}

/** Reads what is common to this version and all later ones. */
export function decodeSubscription(bytes: Uint8Array): Subscription {
  const reader = new Reader(bytes);
  const version = reader.int16();
  return {
    topics: reader.array(() => reader.string()),
    userData: reader.nullableBytes(),
    ownedPartitions: version >= 1 ? readPartitions(reader) : [],
  };
}

export function encodeAssignment({ partitions, userData }: PartitionAssignment): Uint8Array {
  const writer = new Writer();
  writer.int16(assignmentVersion);
  writePartitions(writer, partitions);
  return writer.bytes(userData).finish();
}

export function decodeAssignment(bytes: Uint8Array): PartitionAssignment {
  const reader = new Reader(bytes);
  reader.int16();
  return { partitions: readPartitions(reader), userData: reader.nullableBytes() };
}

function writePartitions(writer: Writer, partitions: readonly TopicPartition[]): void {
  const byTopic = new Map<string, number[]>();
  for (const { topic, partition } of partitions) {
    const known = byTopic.get(topic);
    if (known === undefined) byTopic.set(topic, [partition]);
    else known.push(partition);
  }
  writer.array([...byTopic], ([topic, numbers]) => {
    writer.string(topic).array(numbers, (partition) => writer.int32(partition));
  });
}

function readPartitions(reader: Reader): TopicPartition[] {
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => reader.int32()).map((partition) => ({ topic, partition }));
    })
    .flat();
}
