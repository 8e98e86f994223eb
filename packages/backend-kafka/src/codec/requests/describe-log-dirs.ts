import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const describeLogDirsVersion = 1;

export interface PartitionSize {
  readonly topic: string;
  readonly partition: number;
  readonly sizeBytes: number;
}

/** null asks for all topics. */
export function encodeDescribeLogDirs(
  topics: readonly { readonly name: string; readonly partitions: readonly number[] }[] | null,
): Uint8Array {
  const writer = new Writer();
  return writer
    .array(topics, ({ name, partitions }) => writer.string(name).array(partitions, (index) => writer.int32(index)))
    .finish();
}

/** What a broker holds of each partition, in all its directories; one that it may not tell of is left out. */
export function decodeDescribeLogDirs(body: Uint8Array): PartitionSize[] {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  return reader
    .array(() => {
      reader.int16(); // A failed disk holds nothing that counts.
      reader.string();
      return reader
        .array(() => {
          const topic = reader.string();
          return reader.array(() => {
            const partition = reader.int32();
            const sizeBytes = reader.int64();
            reader.int64(); // Lag of a replica that is moving here.
            return { topic, partition, sizeBytes, isMoving: reader.boolean() };
          });
        })
        .flat()
        .filter(({ isMoving }) => !isMoving);
    })
    .flat();
}
