import { byTopic } from '../by-topic.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const fetchVersion = 11;

export interface FetchPartition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
}

export interface FetchOptions {
  /** How long the broker waits for the first byte. */
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  /** Only what is committed, up to the first transaction that is not decided. */
  readonly readCommitted: boolean;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches, the last perhaps cut short; a view of the answer. */
  readonly records: Uint8Array;
}

export function encodeFetch(partitions: readonly FetchPartition[], options: FetchOptions): Uint8Array {
  const writer = new Writer();
  return writer
    .int32(-1) // Not a replica.
    .int32(options.maxWaitMs)
    .int32(1)
    .int32(options.maxBytes)
    .int8(options.readCommitted ? 1 : 0)
    .int32(0) // No session.
    .int32(-1)
    .array(byTopic(partitions), ([topic, ofTopic]) => {
      writer.string(topic).array(ofTopic, ({ partition, offset, maxBytes }) => {
        writer.int32(partition).int32(-1).int64(offset).int64(-1).int32(maxBytes);
      });
    })
    .array([], noItem)
    .string('')
    .finish();
}

export function decodeFetch(body: Uint8Array): { readonly error: number; readonly partitions: FetchedPartition[] } {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  const error = reader.int16();
  reader.int32(); // Session.
  const partitions = reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => readPartition(reader, topic));
    })
    .flat();
  return { error, partitions };
}

const noBytes = new Uint8Array();

function readPartition(reader: Reader, topic: string): FetchedPartition {
  const partition = reader.int32();
  const error = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  const aborted = reader.array(() => ({ producerId: reader.bigInt64(), firstOffset: reader.int64() }));
  reader.int32(); // Preferred replica.
  const records = reader.nullableBytes() ?? noBytes;
  return { topic, partition, error, highWatermark, lastStableOffset, logStartOffset, aborted, records };
}

function noItem(): void {
  // There are no partitions to forget without a session.
}
