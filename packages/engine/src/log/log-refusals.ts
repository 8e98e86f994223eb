import type { TaskId, TopicPartition, TopicSpec } from './log.ts';
import { LogError } from './log.ts';

/** What every Log refuses, in the same words whichever backend is asked. */

const topicName = /^[A-Za-z0-9._-]{1,249}$/;
const maxPartitions = 10_000;

/**
 * The specs whose topic does not exist yet, each name once.
 * @throws LogError `invalid-topic` or `topic-conflict`; then nothing may be created.
 */
export function missingTopics(
  specs: readonly TopicSpec[],
  existing: (name: string) => TopicSpec | undefined,
): TopicSpec[] {
  const missing = new Map<string, TopicSpec>();
  for (const spec of specs) {
    if (!topicName.test(spec.name) || spec.name === '.' || spec.name === '..') {
      throw new LogError(
        'invalid-topic',
        `The topic name ${JSON.stringify(spec.name.slice(0, 300))} cannot be used. Use 1 to 249 letters, digits, dots, hyphens and underscores.`,
      );
    }
    if (!Number.isInteger(spec.partitions) || spec.partitions < 1 || spec.partitions > maxPartitions) {
      throw new LogError(
        'invalid-topic',
        `Topic ${spec.name} asks for ${spec.partitions} partitions. Use a whole number from 1 to ${maxPartitions}.`,
      );
    }
    const present = existing(spec.name) ?? missing.get(spec.name);
    if (present === undefined) missing.set(spec.name, spec);
    else assertSameTopic(present, spec);
  }
  return [...missing.values()];
}

function assertSameTopic(present: TopicSpec, wanted: TopicSpec): void {
  if (wanted.owner !== null && present.owner === wanted.owner && present.partitions !== wanted.partitions) {
    throw new LogError(
      'topic-conflict',
      `Topic ${wanted.name} has ${present.partitions} partitions, and ${wanted.owner} needs ${wanted.partitions}: everything in it is laid out by those. Deploy a copy of the pipeline with another id, which makes topics of its own.`,
    );
  }
  for (const property of ['partitions', 'role', 'owner'] as const) {
    if (present[property] !== wanted[property]) {
      throw new LogError(
        'topic-conflict',
        `Topic ${wanted.name} exists with ${property} ${present[property] ?? 'none'}, wanted ${wanted[property] ?? 'none'}. Use another name, or delete the topic first.`,
      );
    }
  }
}

export function unknownTopic(name: string): LogError {
  return new LogError('unknown-topic', `There is no topic ${name}. Create it first.`);
}

export function unknownPartition(at: TopicPartition, partitions: number): LogError {
  return new LogError(
    'unknown-partition',
    `Topic ${at.topic} has no partition ${at.partition}; it has ${partitions}, counted from 0.`,
  );
}

/** @throws LogError unless `offset` is one that a reader of this partition can have reached. */
export function assertReachable(at: TopicPartition, offset: number, endOffset: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > endOffset) {
    throw new LogError(
      'offset-out-of-range',
      `Offset ${offset} of ${at.topic}-${at.partition} does not exist; the partition ends at ${endOffset}. Start again from the earliest records if the topic was created anew.`,
    );
  }
}

/** @throws LogError unless the commit's epoch is the one that the log knows (0 when the task was never fenced). */
export function assertEpoch(application: string, taskId: TaskId, epoch: number, known: number): void {
  if (epoch !== known) {
    throw new LogError(
      'fenced',
      `Task ${taskId} of ${application} committed with epoch ${epoch}, but the log knows epoch ${known}: another worker has taken it over. Stop the task.`,
    );
  }
}

export function closedLog(): LogError {
  return new LogError('closed', 'The log is closed. Open it again.');
}
