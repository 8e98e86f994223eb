import type { BrokerAddress, ClusterView, PartitionView, TopicView } from '../../transport/rpc-transport.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const metadataVersion = 7;

/** null asks for all topics. Topics are never created by being asked for. */
export function encodeMetadata(topics: readonly string[] | null): Uint8Array {
  const writer = new Writer();
  return writer
    .array(topics, (topic) => writer.string(topic))
    .boolean(false)
    .finish();
}

export function decodeMetadata(body: Uint8Array): ClusterView {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  const brokers = reader.array((): BrokerAddress => {
    const broker = { node: reader.int32(), host: reader.string(), port: reader.int32() };
    reader.nullableString(); // Rack.
    return broker;
  });
  const clusterId = reader.nullableString();
  const controller = reader.int32();
  const topics = reader.array((): TopicView => {
    const error = reader.int16();
    const name = reader.string();
    const internal = reader.boolean();
    const partitions = reader.array(() => readPartition(reader));
    partitions.sort((left, right) => left.partition - right.partition);
    return { name, error, internal, partitions };
  });
  return { clusterId, controller, brokers, topics: new Map(topics.map((topic) => [topic.name, topic])) };
}

function readPartition(reader: Reader): PartitionView {
  const error = reader.int16();
  const partition = reader.int32();
  const leader = reader.int32();
  const leaderEpoch = reader.int32();
  for (let list = 0; list < 3; list++) reader.array(() => reader.int32()); // Replicas: all, in sync, offline.
  return { partition, error, leader, leaderEpoch };
}
