import { Reader } from '../reader.ts';
import { Writer } from '../writer.ts';

export const createTopicsVersion = 4;
export const deleteTopicsVersion = 3;
export const createPartitionsVersion = 1;
export const createPartitionsKey = 37;

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** -1: what the brokers have set. */
  readonly replicationFactor: number;
  readonly configs: readonly (readonly [name: string, value: string])[];
}

export interface NamedOutcome {
  readonly name: string;
  readonly error: number;
  readonly message: string | null;
}

export function encodeCreateTopics(topics: readonly NewTopic[], timeoutMs: number): Uint8Array {
  const writer = new Writer();
  return writer
    .array(topics, ({ name, partitions, replicationFactor, configs }) => {
      writer
        .string(name)
        .int32(partitions)
        .int16(replicationFactor)
        .int32(0) // No assignment of our own.
        .array(configs, ([config, value]) => writer.string(config).string(value));
    })
    .int32(timeoutMs)
    .boolean(false)
    .finish();
}

export function decodeCreateTopics(body: Uint8Array): NamedOutcome[] {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  return reader.array(() => ({ name: reader.string(), error: reader.int16(), message: reader.nullableString() }));
}

export function encodeDeleteTopics(names: readonly string[], timeoutMs: number): Uint8Array {
  const writer = new Writer();
  return writer
    .array(names, (name) => writer.string(name))
    .int32(timeoutMs)
    .finish();
}

export function decodeDeleteTopics(body: Uint8Array): NamedOutcome[] {
  const reader = new Reader(body);
  reader.int32(); // Throttle time.
  return reader.array(() => ({ name: reader.string(), error: reader.int16(), message: null }));
}

/** Grows a topic to a number of partitions. */
export function encodeCreatePartitions(name: string, partitions: number, timeoutMs: number): Uint8Array {
  const writer = new Writer();
  return writer
    .array([name], (topic) => writer.string(topic).int32(partitions).int32(-1))
    .int32(timeoutMs)
    .boolean(false)
    .finish();
}

export function decodeCreatePartitions(body: Uint8Array): NamedOutcome[] {
  return decodeCreateTopics(body);
}
