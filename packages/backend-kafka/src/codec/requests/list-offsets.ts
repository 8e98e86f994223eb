import { byTopic } from '../by-topic.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const listOffsetsVersion = 5;

export interface ListedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
  /** -1 when there is none. */
  readonly offset: number;
}

/** `earliest`: the first offset that is kept. `latest`: behind the last decided record; `undecided`: behind the last record. */
export type OffsetOf = 'earliest' | 'latest' | 'undecided';

export function encodeListOffsets(
  partitions: readonly { readonly topic: string; readonly partition: number }[],
  of: OffsetOf,
): Uint8Array {
  const writer = new Writer();
  return writer
    .int32(-1)
    .int8(of === 'latest' ? 1 : 0)
    .array(byTopic(partitions), ([topic, ofTopic]) => {
      writer.string(topic).array(ofTopic, ({ partition }) => {
        writer
          .int32(partition)
          .int32(-1)
          .int64(of === 'earliest' ? -2 : -1);
      });
    })
    .finish();
}

export function decodeListOffsets(body: Uint8Array): ListedOffset[] {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => {
        const partition = reader.int32();
        const error = reader.int16();
        reader.int64(); // Timestamp.
        const offset = reader.int64();
        reader.int32(); // Leader epoch.
        return { topic, partition, error, offset };
      });
    })
    .flat();
}
