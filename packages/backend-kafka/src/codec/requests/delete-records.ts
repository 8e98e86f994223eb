import { byTopic } from '../by-topic.ts';
import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const deleteRecordsVersion = 1;

export interface DeletedRecords {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
}

/** Removes what lies before the offsets. */
export function encodeDeleteRecords(
  positions: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[],
  timeoutMs: number,
): Uint8Array {
  const writer = new Writer();
  return writer
    .array(byTopic(positions), ([topic, ofTopic]) => {
      writer.string(topic).array(ofTopic, ({ partition, offset }) => writer.int32(partition).int64(offset));
    })
    .int32(timeoutMs)
    .finish();
}

export function decodeDeleteRecords(body: Uint8Array): DeletedRecords[] {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  return reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => {
        const partition = reader.int32();
        reader.int64(); // The first offset that is kept now.
        return { topic, partition, error: reader.int16() };
      });
    })
    .flat();
}
