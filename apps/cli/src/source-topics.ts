import {
  type CatalogueTopic,
  type KeyFormat,
  keyFormats,
  type Pipeline,
  type SourceSpec,
  type TopicCatalogue,
  topicCatalogue,
} from '@millrace/engine';

export interface SourceTopic {
  readonly keyFormat: KeyFormat;
  readonly valueFormat: SourceSpec['valueFormat'];
}

/**
 * The topics that the pipeline's sources read, in the order of its nodes, with the formats of their keys and values: those of the first
 * source when two of them read one topic.
 */
export function sourceTopics(pipeline: Pipeline): ReadonlyMap<string, SourceTopic> {
  const topics = new Map<string, SourceTopic>();
  for (const node of pipeline.nodes) {
    const { topic, keyFormat, valueFormat } = node.config;
    if (node.kind !== 'source' || typeof topic !== 'string' || topic === '' || topics.has(topic)) continue;
    topics.set(topic, {
      keyFormat: keyFormats.find((format) => format === keyFormat) ?? 'string',
      valueFormat: valueFormat === 'text' || valueFormat === 'bytes' ? valueFormat : 'json',
    });
  }
  return topics;
}

/** A catalogue in which every topic that a source reads exists. `known` are the topics of which more than that is known. */
export function sourceCatalogue(
  pipeline: Pipeline,
  partitions: number,
  known: ReadonlyMap<string, Pick<CatalogueTopic, 'key' | 'value' | 'sampled' | 'latest'>> = new Map(),
): TopicCatalogue {
  return topicCatalogue(
    [...sourceTopics(pipeline)].map(([name, { keyFormat }]) => ({
      name,
      partitions,
      keyFormat,
      ...(known.get(name) ?? { key: { kind: 'unknown' }, value: { kind: 'unknown' }, sampled: 0, latest: [] }),
    })),
  );
}
