import type { CampaignInput, InputRecord } from './input.ts';
import { topicsOf } from './pipeline.ts';
import type { Cluster } from './wire/cluster.ts';
import { Producer } from './wire/producer.ts';

const batchRecords = 100;

/**
 * Makes the topics of a round that are not the pipeline's own, and fills the table, which must be there before the first order. Results
 * too: their event times are older than what Kafka keeps when nobody says how long.
 */
export async function prepareTopics(
  cluster: Cluster,
  prefix: string,
  input: CampaignInput,
  partitions: number,
  replicas: number,
): Promise<void> {
  const topics = topicsOf(prefix);
  for (const topic of [topics.customers, topics.orders, topics.payments, topics.passed, topics.totals, topics.paid])
    await cluster.createTopic(topic, partitions, replicas);
  await writeAll(cluster, topics.customers, input.customers, partitions);
}

/** Writes orders and payments as time goes on in them; `pause` is awaited between batches and told which share is written. */
export async function writeOrders(
  cluster: Cluster,
  prefix: string,
  { orders, payments }: CampaignInput,
  partitions: number,
  pause: (share: number) => Promise<void>,
): Promise<void> {
  const topics = topicsOf(prefix);
  const producer = await Producer.open(cluster);
  const length = Math.max(orders.length, payments.length);
  for (let at = 0; at < length; at += batchRecords) {
    await write(producer, topics.orders, orders.slice(at, at + batchRecords), partitions);
    await write(producer, topics.payments, payments.slice(at, at + batchRecords), partitions);
    await pause(Math.min(1, (at + batchRecords) / length));
  }
}

async function writeAll(
  cluster: Cluster,
  topic: string,
  records: readonly InputRecord[],
  partitions: number,
): Promise<void> {
  await write(await Producer.open(cluster), topic, records, partitions);
}

async function write(
  producer: Producer,
  topic: string,
  records: readonly InputRecord[],
  partitions: number,
): Promise<void> {
  for (let partition = 0; partition < partitions; partition++) {
    const own = records.filter(({ key }) => partitionOf(key, partitions) === partition);
    const sent = own.map(({ key, value, timestamp }) => ({ key, value: JSON.stringify(value), timestamp }));
    if (sent.length > 0) await producer.send(topic, partition, sent);
  }
}

/** Any rule would do, as long as customers and their orders follow the same. */
function partitionOf(key: string, partitions: number): number {
  let hash = 0;
  for (const character of key) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return hash % partitions;
}
