import type { TopicCleanup, TopicRole, TopicSpec } from '../log/log.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** How long a changelog keeps what compaction would remove, and how much of it a partition keeps at the most, so that disks stay bounded. */
export const defaultHistoryMs = dayMs;
const historyBytes = 256 * 1024 * 1024;

const cleanupOf: { readonly [Role in Exclude<TopicRole, 'external' | 'control' | 'audit'>]: TopicCleanup } = {
  repartition: { policy: 'purge' },
  changelog: { policy: 'compact', historyMs: defaultHistoryMs, historyBytes },
  // A journal for checkers; what a task needs to go on is kept by the log beside its positions.
  commits: { policy: 'delete', retentionMs: dayMs, retentionBytes: 64 * 1024 * 1024 },
  'dead-letter': { policy: 'delete', retentionMs: 30 * dayMs, retentionBytes: 256 * 1024 * 1024 },
};

/** An internal topic, with the clean-up that its role asks for. */
export function internalTopic(
  name: string,
  owner: string,
  role: keyof typeof cleanupOf,
  partitions: number,
): TopicSpec {
  return { name, partitions, role, cleanup: cleanupOf[role], owner };
}

/** A sink's topic that does not exist yet: the user's, so nothing belongs to the pipeline. */
export function outputTopic(name: string, partitions: number): TopicSpec {
  return {
    name,
    partitions,
    role: 'external',
    cleanup: { policy: 'delete', retentionMs: 7 * dayMs, retentionBytes: 1024 * 1024 * 1024 },
    owner: null,
  };
}

/** What a generator's records are said to come from; no log has a topic of this name. */
export function generatedTopic(pipeline: string, node: string): string {
  return `${pipeline}-${node}-generator`;
}

export function deadLetterTopicName(pipeline: string): string {
  return `${pipeline}-dead-letters`;
}

export function commitsTopicName(pipeline: string): string {
  return `${pipeline}-commits`;
}
