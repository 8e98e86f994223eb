import {
  type CatalogueTopic,
  type KeyFormat,
  keyFormats,
  type Pipeline,
  type TopicCatalogue,
  topicCatalogue,
} from '@millrace/engine';

/**
 * The topics that the pipeline's sources read, in the order of its nodes, with the format of their keys: that of the first source when
 * two of them read one topic.
 */
export function sourceTopics(pipeline: Pipeline): ReadonlyMap<string, KeyFormat> {
  const topics = new Map<string, KeyFormat>();
  for (const node of pipeline.nodes) {
    const { topic, keyFormat } = node.config;
    if (node.kind !== 'source' || typeof topic !== 'string' || topic === '' || topics.has(topic)) continue;
    topics.set(topic, keyFormats.find((format) => format === keyFormat) ?? 'string');
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
    [...sourceTopics(pipeline)].map(([name, keyFormat]) => ({
      name,
      partitions,
      keyFormat,
      ...(known.get(name) ?? { key: { kind: 'unknown' }, value: { kind: 'unknown' }, sampled: 0, latest: [] }),
    })),
  );
}
