import {
  type CatalogueRecord,
  decodeKey,
  type Header,
  type KeyFormat,
  type Log,
  type TopicDescription,
} from '@millrace/engine';
import { decodedKey, guessKeyFormat } from './key-guess.ts';

const bytesPerPartition = 1024 * 1024;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** The newest records of a topic, decoded as far as they can be. */
export interface TopicSample {
  readonly keyFormat: KeyFormat;
  /** Newest first; at most as many as asked for, spread over the partitions. */
  readonly records: readonly SampledRecord[];
}

export interface SampledRecord extends CatalogueRecord {
  /** Whether `value` is what the record says in JSON; otherwise it stands for bytes that are not JSON. */
  readonly isJson: boolean;
}

export async function sampleTopic(log: Log, topic: TopicDescription, limit: number): Promise<TopicSample> {
  const perPartition = Math.ceil(limit / topic.partitions);
  const results = await log.read(
    topic.endOffsets.map((end, partition) => ({
      topic: topic.name,
      partition,
      offset: Math.max(topic.startOffsets[partition] ?? 0, end - perPartition),
    })),
    { maxBytesPerPartition: bytesPerPartition, maxWaitMs: 0 },
  );
  const raw = results.flatMap(({ batches, partition }) =>
    batches
      .flatMap((batch) =>
        Array.from({ length: batch.count }, (_, index) => ({
          key: batch.keyByteString(index),
          value: batch.value(index),
          timestamp: batch.timestamps[index] ?? 0,
          partition,
          offset: batch.offset(index),
          headers: batch.headers(index),
        })),
      )
      .slice(-perPartition),
  );
  const newest = raw
    .sort(
      (left, right) =>
        right.timestamp - left.timestamp || right.offset - left.offset || left.partition - right.partition,
    )
    .slice(0, limit);
  const keyFormat = guessKeyFormat(newest.map(({ key }) => key));
  const records = newest.map(({ key, value, timestamp, partition, offset, headers }) => ({
    key: key === null ? null : (decodedKey(keyFormat, key) ?? decodeKey('bytes', key)),
    ...decodedValue(value),
    timestamp,
    partition,
    offset,
    ...(headers.length === 0 ? {} : { headers: headerTexts(headers) }),
  }));
  return { keyFormat, records };
}

const lenientUtf8 = new TextDecoder();

function headerTexts(headers: readonly Header[]): { readonly [name: string]: string } {
  const texts: { [name: string]: string } = Object.create(null);
  for (const { name, value } of headers) if (value !== null) texts[name] = lenientUtf8.decode(value);
  return texts;
}

function decodedValue(bytes: Uint8Array | null): { readonly value: unknown; readonly isJson: boolean } {
  if (bytes === null) return { value: null, isJson: true };
  let text: string;
  try {
    text = strictUtf8.decode(bytes);
  } catch {
    return { value: Buffer.from(bytes).toString('base64'), isJson: false }; // Bytes are shown as base64.
  }
  try {
    return { value: JSON.parse(text), isJson: true };
  } catch {
    return { value: text, isJson: false };
  }
}
