import type { TopicPartition } from '@millrace/engine';
import { byTopic } from '../by-topic.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const offsetFetchVersion = 7;

export interface FetchedOffset extends TopicPartition {
  /** -1 when none is committed. */
  readonly offset: number;
  readonly error: number;
}

/** `null` asks for all. An offset that a transaction is about to change is answered with UNSTABLE_OFFSET_COMMIT. */
export function encodeOffsetFetch(group: string, partitions: readonly TopicPartition[] | null): Uint8Array {
  const writer = new Writer();
  return writer
    .compactString(group)
    .compactArray(partitions === null ? null : byTopic(partitions), ([topic, ofTopic]) => {
      writer
        .compactString(topic)
        .compactArray(ofTopic, ({ partition }) => writer.int32(partition))
        .noTags();
    })
    .boolean(true)
    .noTags()
    .finish();
}

export function decodeOffsetFetch(body: Uint8Array): { readonly error: number; readonly offsets: FetchedOffset[] } {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  const offsets = reader
    .compactArray(() => {
      const topic = reader.compactString();
      const partitions = reader.compactArray(() => {
        const partition = reader.int32();
        const offset = reader.int64();
        reader.int32(); // Leader epoch.
        reader.compactNullableString();
        const error = reader.int16();
        reader.tags();
        return { topic, partition, offset, error };
      });
      reader.tags();
      return partitions;
    })
    .flat();
  return { error: reader.int16(), offsets };
}
