import { byTopic } from '../by-topic.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const produceVersion = 8;

export interface ProducedBatch {
  readonly topic: string;
  readonly partition: number;
  /** One record batch, stamped. */
  readonly bytes: Uint8Array;
}

export interface ProduceOutcome {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  readonly message: string | null;
  readonly baseOffset: number;
}

/**
 * One batch a partition; all in-sync replicas must have it before the answer comes.
 * @returns the parts of the request, among them the batches themselves, which are not copied
 */
export function encodeProduce(
  transactionalId: string | null,
  batches: readonly ProducedBatch[],
  timeoutMs: number,
): readonly Uint8Array[] {
  const writer = new Writer();
  return writer
    .string(transactionalId)
    .int16(-1)
    .int32(timeoutMs)
    .array(byTopic(batches), ([topic, ofTopic]) => {
      writer.string(topic).array(ofTopic, ({ partition, bytes }) => writer.int32(partition).bytesAside(bytes));
    })
    .parts();
}

export function decodeProduce(body: Uint8Array): ProduceOutcome[] {
  const reader = new Reader(body);
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => readPartition(reader, topic));
    })
    .flat();
}

function readPartition(reader: Reader, topic: string): ProduceOutcome {
  const partition = reader.int32();
  const error = reader.int16();
  const baseOffset = reader.int64();
  reader.int64(); // Append time.
  reader.int64(); // Log start.
  const perRecord = reader.array(() => {
    reader.int32();
    return reader.nullableString();
  });
  const message = reader.nullableString();
  return { topic, partition, error, baseOffset, message: message ?? perRecord.find((text) => text !== null) ?? null };
}
