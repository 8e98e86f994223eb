import { ApiError, type CatalogueRecord, type TopicView } from '@millrace/api';
import type { Log } from '@millrace/engine';
import { sampleTopic } from './topic-sample.ts';

/** All topics, external ones first, then by owner and name. What the server keeps for itself is not listed. */
export async function listTopics(log: Log): Promise<readonly TopicView[]> {
  const topics = (await log.topics()).filter((topic) => topic.role !== 'control' && topic.role !== 'audit');
  return topics
    .map((topic) => ({
      name: topic.name,
      role: topic.role,
      owner: topic.owner,
      partitions: topic.partitions,
      records: topic.endOffsets.reduce((sum, end, partition) => sum + end - (topic.startOffsets[partition] ?? 0), 0),
      sizeBytes: topic.sizeBytes,
    }))
    .sort(
      (left, right) =>
        Number(left.owner !== null) - Number(right.owner !== null) ||
        compare(left.owner ?? '', right.owner ?? '') ||
        compare(left.name, right.name),
    );
}

/**
 * The newest records over all partitions, newest first.
 * @throws ApiError `not-found`
 */
export async function newestRecords(log: Log, name: string, limit: number): Promise<readonly CatalogueRecord[]> {
  const topic = (await log.topics()).find((candidate) => candidate.name === name);
  if (topic === undefined || topic.role === 'control' || topic.role === 'audit') {
    throw new ApiError('not-found', `There is no topic ${name}.`);
  }
  // Records may lie in one partition alone: take as many of each as are wanted of all.
  const { records } = await sampleTopic(log, topic, limit * topic.partitions);
  return records.slice(0, limit).map(({ isJson, ...record }) => record);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
