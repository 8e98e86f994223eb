import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const describeConfigsVersion = 1;

const topicResource = 2;

export interface TopicConfigs {
  readonly topic: string;
  readonly error: number;
  readonly message: string | null;
  readonly configs: ReadonlyMap<string, string | null>;
}

export function encodeDescribeTopicConfigs(topics: readonly string[], names: readonly string[]): Uint8Array {
  const writer = new Writer();
  return writer
    .array(topics, (topic) => {
      writer
        .int8(topicResource)
        .string(topic)
        .array(names, (name) => writer.string(name));
    })
    .boolean(false)
    .finish();
}

export function decodeDescribeConfigs(body: Uint8Array): TopicConfigs[] {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  return reader.array(() => {
    const error = reader.int16();
    const message = reader.nullableString();
    reader.int8(); // Topic.
    const topic = reader.string();
    const configs = reader.array(() => {
      const name = reader.string();
      const value = reader.nullableString();
      reader.skip(1 + 1 + 1); // Read-only, source, sensitive.
      reader.array(() => {
        reader.string();
        reader.nullableString();
        reader.int8();
      });
      return [name, value] as const;
    });
    return { topic, error, message, configs: new Map(configs) };
  });
}
