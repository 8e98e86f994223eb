import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { topicsOf } from './pipeline.ts';
import { Progress } from './progress.ts';
import { Cluster } from './wire/cluster.ts';
import { Producer } from './wire/producer.ts';

const brokers = process.env.KAFKA_BROKERS;
const partitions = 2;
const record = { key: 'k', value: '{}', timestamp: 1_767_603_600_000 };

describe.skipIf(brokers === undefined)('the progress of a round, on Kafka', () => {
  let cluster: Cluster;
  let prefix: string;
  let progress: Progress;
  let count = 0;

  beforeAll(() => {
    cluster = new Cluster(brokers ?? '');
  });
  afterAll(async () => {
    await cluster.deleteTopics(await cluster.topicsNamed(`chaos-progress-${process.pid}-`));
    expect(await cluster.topicsNamed(`chaos-progress-${process.pid}-`)).toEqual([]);
    await cluster.close();
  });
  beforeEach(async () => {
    prefix = `chaos-progress-${process.pid}-${count++}`;
    const { orders, payments, passed, totals, paid } = topicsOf(prefix);
    for (const topic of [orders, payments, passed, totals, paid, `${prefix}-by-region-repartition`])
      await cluster.createTopic(topic, partitions, 1);
    progress = new Progress(cluster, prefix, partitions);
  });

  it('is done when there is nothing', async () => {
    expect(await progress.isDone()).toBe(true);
  });

  it('is not done while orders wait', async () => {
    await (await Producer.open(cluster)).send(topicsOf(prefix).orders, 1, [record]);
    expect(await progress.written()).toBe(1);
    expect(await progress.taken()).toBe(0);
    expect(await progress.isDone()).toBe(false);
  });

  it('is not done while records wait in between, and is when only marks of transactions do', async () => {
    const producer = await Producer.open(cluster, `${prefix}-between`);
    await producer.send(`${prefix}-by-region-repartition`, 0, [record]);
    await producer.end('abort');
    await untilDone();
    await producer.send(`${prefix}-by-region-repartition`, 0, [record]);
    await producer.end('commit');
    expect(await progress.isDone()).toBe(false);
  });

  it('is not done while a transaction is open in the results', async () => {
    const producer = await Producer.open(cluster, `${prefix}-results`);
    await producer.send(topicsOf(prefix).totals, 0, [record]);
    expect(await progress.isDone()).toBe(false);
    await producer.end('commit');
    await untilDone();
  });

  /** Brokers mark the end of a transaction after they have acknowledged it. */
  async function untilDone(): Promise<void> {
    while (!(await progress.isDone())) await new Promise((resolve) => setTimeout(resolve, 10));
  }
});
