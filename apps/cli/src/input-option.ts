import type { Pipeline } from '@millrace/engine';
import { InvalidArgumentError } from 'commander';
import { CommandFailure } from './command-failure.ts';
import { RecordedTopic } from './recorded-topic.ts';
import { sourceTopics } from './source-topics.ts';

export type InputFiles = ReadonlyMap<string, string>;

/** Takes one more `TOPIC=FILE`. @throws InvalidArgumentError */
export function collectInput(text: string, before: InputFiles = new Map()): InputFiles {
  const equals = text.indexOf('=');
  const topic = text.slice(0, equals);
  const file = text.slice(equals + 1);
  if (equals <= 0 || file === '')
    throw new InvalidArgumentError('Write TOPIC=FILE, for example flights=flights.ndjson.');
  if (before.has(topic)) throw new InvalidArgumentError(`The topic ${topic} is given twice.`);
  return new Map([...before, [topic, file]]);
}

const partitionsMax = 10_000;

/** @throws InvalidArgumentError */
export function parsePartitions(text: string): number {
  const partitions = Number(text);
  if (!/^\d+$/.test(text) || partitions < 1 || partitions > partitionsMax) {
    throw new InvalidArgumentError(`Use a whole number from 1 to ${partitionsMax}.`);
  }
  return partitions;
}

/** @throws InvalidArgumentError */
export function parseRecords(text: string): number {
  const records = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(records))
    throw new InvalidArgumentError('Use a whole number from 0.');
  return records;
}

/**
 * Reads the recorded topics.
 * @throws CommandFailure when an input feeds no source, or a file is not a recorded topic
 */
export async function readInputs(pipeline: Pipeline, inputs: InputFiles): Promise<ReadonlyMap<string, RecordedTopic>> {
  const sources = sourceTopics(pipeline);
  const unread = [...inputs.keys()].filter((topic) => !sources.has(topic));
  if (unread.length > 0) {
    const read = sources.size === 0 ? 'It has no sources.' : `Its sources read ${[...sources.keys()].join(', ')}.`;
    throw new CommandFailure(
      unread.map((topic) => `--input ${topic}: No source of the pipeline reads the topic ${topic}. ${read}`),
    );
  }
  const topics = new Map<string, RecordedTopic>();
  for (const [topic, file] of inputs) {
    const { keyFormat = 'string', valueFormat = 'json' } = sources.get(topic) ?? {};
    topics.set(topic, await RecordedTopic.read(file, keyFormat, valueFormat));
  }
  return topics;
}
