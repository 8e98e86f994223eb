import { KafkaLog, kafkaSettingsFromEnvironment } from '@millrace/backend-kafka';
import { pipelineSchema, planTopology, type Topology, topicCatalogue } from '@millrace/engine';
import { untypedTopic } from '@millrace/engine/testing';
import { campaignPipeline, topicsOf } from './pipeline.ts';

/** Plans the campaign's pipeline and makes its topics, as a server does before it starts workers. */
export async function deployPipeline(
  prefix: string,
  partitions: number,
  commitIntervalMs: number,
  brokers: string,
): Promise<Topology> {
  const settings = kafkaSettingsFromEnvironment({ KAFKA_BROKERS: brokers });
  if (settings === null) throw new Error('There are no brokers to deploy on.');
  const { customers, orders, payments } = topicsOf(prefix);
  const catalogue = topicCatalogue([customers, orders, payments].map((topic) => untypedTopic(topic, partitions)));
  const topology = planTopology(
    pipelineSchema.parse(campaignPipeline(prefix, partitions, commitIntervalMs)),
    catalogue,
  );
  const log = await KafkaLog.open(settings);
  try {
    await log.ensureTopics(topology.topics);
  } finally {
    await log.close();
  }
  return topology;
}
