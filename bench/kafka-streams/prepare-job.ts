import { KafkaLog, kafkaSettingsFromEnvironment } from '@millrace/backend-kafka';
import { pipelineSchema, planTopology, type Topology, topicCatalogue } from '@millrace/engine';
import { untypedTopic } from '@millrace/engine/testing';

// What a server starts its workers with.
export { workerFlags } from '@millrace/protocol';

/** What a server does before it starts workers: plans the document and makes the topics that it needs. */
export async function prepareJob(
  document: unknown,
  sources: readonly string[],
  partitions: number,
  brokers: string,
): Promise<Topology> {
  const settings = kafkaSettingsFromEnvironment({ KAFKA_BROKERS: brokers });
  if (settings === null) throw new Error('There are no brokers to prepare a job on.');
  const catalogue = topicCatalogue(sources.map((topic) => untypedTopic(topic, partitions)));
  const topology = planTopology(pipelineSchema.parse(document), catalogue);
  const log = await KafkaLog.open(settings);
  try {
    await log.ensureTopics(topology.topics);
  } finally {
    await log.close();
  }
  return topology;
}
