import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { LiveFrame } from '@millrace/api';
import { KafkaLog } from '@millrace/backend-kafka';
import { encodeBatch, type Pipeline, pipelineSchema } from '@millrace/engine';
import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readToEnd } from '../../apps/server/src/control/topic-reader.ts';
import { countsPipeline } from '../../apps/server/src/testing/counts-pipeline.ts';
import { eventually, realPlaces, ServerUnderTest } from '../../apps/server/src/testing/server-under-test.ts';
import { installedTools } from '../../scripts/kafka/distribution.mjs';
import { type LocalKafka, startKafka } from '../../scripts/kafka/start-kafka.mjs';

const { java, maven } = await installedTools();
const canStart = java && maven && existsSync(realPlaces.workerMain);
if (!canStart)
  console.warn('SKIPPED: Kafka on a bad day. It needs Java, Maven and npm run build, for a broker of its own.');

// A broker of its own: it is stopped, and its topics are changed behind everybody's back.
describe.skipIf(!canStart)('a pipeline on Kafka', { timeout: 180_000 }, () => {
  let kafka: LocalKafka;
  let log: KafkaLog;
  let admin: Admin;
  let server: ServerUnderTest;
  let id: string;
  let written = 0;

  const api = () => server.overHttp();

  beforeAll(async () => {
    kafka = await startKafka();
    log = await KafkaLog.open({ brokers: [kafka.brokers] });
    admin = new kafkajs.Kafka({ brokers: [kafka.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
  });
  beforeEach(async () => {
    id = `bad-${randomBytes(4).toString('hex')}`;
    written = 0;
    const settings = { brokers: [kafka.brokers] };
    server = await new ServerUnderTest({ kafka: { settings, environment: { KAFKA_BROKERS: kafka.brokers } } }).start();
  });
  afterEach(() => server.remove());
  afterAll(async () => {
    await admin.disconnect();
    await log.close();
    await kafka.stop();
  });

  async function topic(name: string, partitions: number, configs: Record<string, string> = {}): Promise<void> {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic: name, numPartitions: partitions, configEntries }] });
    await eventually(async () => (await api().topics.catalogue.query()).some((each) => each.name === name));
  }

  async function feed(values: readonly object[], partition = 0, timestamp?: number): Promise<void> {
    const records = values.map((value) => ({
      key: null,
      timestamp: timestamp ?? Date.UTC(2001, 0, 1) + written++,
      value: JSON.stringify(value),
    }));
    await log.append([{ topic: `${id}-in`, partition, batch: encodeBatch(records) }]);
  }

  const groups = (count: number): { group: string }[] => Array.from({ length: count }, () => ({ group: 'all' }));

  /** Passes on what it reads, with nothing kept. */
  function passing(): Pipeline {
    return pipelineSchema.parse({
      formatVersion: 1,
      id,
      name: 'Passing',
      nodes: [
        { id: 'in', kind: 'source', name: 'in', config: { topic: `${id}-in` } },
        { id: 'out', kind: 'sink', name: 'out', config: { topic: `${id}-out` } },
      ],
      edges: [{ from: 'in.out', to: 'out.in' }],
    });
  }

  async function save(pipeline: Pipeline): Promise<void> {
    const { revision } = await api().pipelines.create.mutate({ id, name: pipeline.name });
    await api().pipelines.save.mutate({ pipeline, expectedRevision: revision });
  }

  async function deploy(pipeline: Pipeline): Promise<void> {
    await save(pipeline);
    await api().deployments.deploy.mutate({ pipelineId: id });
  }

  const frame = (holds: (frame: LiveFrame) => boolean): Promise<LiveFrame> => server.frame(id, holds);

  const taken =
    (node: string, count: number) =>
    ({ deployment, nodes }: LiveFrame): boolean =>
      deployment?.state === 'running' && nodes.find((each) => each.node === node)?.counters.in === count;

  /** What the canvas says, once it says something of the kind. */
  async function said(what: RegExp): Promise<NonNullable<LiveFrame['deployment']>> {
    const { deployment } = await frame(({ deployment }) => what.test(deployment?.reason ?? ''));
    if (deployment === null) throw new Error('there is no deployment');
    return deployment;
  }

  async function valuesOf(name: string): Promise<unknown[]> {
    const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
    const values: unknown[] = [];
    for (const { partitionId } of topics[0]?.partitions ?? []) {
      for await (const batch of readToEnd(log, name, partitionId, 0)) {
        for (let index = 0; index < batch.count; index++)
          values.push(JSON.parse(new TextDecoder().decode(batch.value(index) ?? new Uint8Array())));
      }
    }
    return values;
  }

  it('whose topic is missing is refused by name; one that loses it stops, and goes on with its records when it is made anew and reset', async () => {
    await save(passing());
    await expect(api().deployments.deploy.mutate({ pipelineId: id })).rejects.toThrow(`There is no topic ${id}-in.`);
    await topic(`${id}-in`, 2);
    await api().deployments.deploy.mutate({ pipelineId: id });
    await feed(groups(3));
    await frame(taken('in', 3));
    await admin.deleteTopics({ topics: [`${id}-in`] });
    await frame(({ deployment }) => deployment?.state === 'failed');
    const lost = await said(new RegExp(`${id}-in`));
    expect(lost.reason).toContain(
      `There is no topic ${id}-in on the Kafka cluster any more. Create it again, then reset`,
    );
    await topic(`${id}-in`, 2);
    await feed(groups(1));
    // Whoever starts it without a reset is told, too.
    await api().deployments.start.mutate({ pipelineId: id });
    const anew = await said(/earliest/);
    expect(anew.reason).toMatch(/Offset 3 of .*-in-0 does not exist.* stop the pipeline, reset it/);
    await api().deployments.stop.mutate({ pipelineId: id });
    await api().deployments.reset.mutate({ pipelineId: id });
    await api().deployments.start.mutate({ pipelineId: id });
    await frame(taken('in', 1));
  });

  it('without state says that a topic got partitions, goes on, and reads them after the next deploy', async () => {
    await topic(`${id}-in`, 2);
    await deploy(passing());
    await feed(groups(3));
    await frame(taken('in', 3));
    await admin.createPartitions({ topicPartitions: [{ topic: `${id}-in`, count: 3 }] });
    const { state, reason } = await said(/partitions/);
    expect([state, reason]).toEqual([
      'running',
      `The topic ${id}-in has 3 partitions now, of which 2 are read. Nothing is lost. Deploy the pipeline again to read the others too.`,
    ]);
    await eventually(async () => ((await log.partitionCounts([`${id}-in`])).get(`${id}-in`) === 3 ? true : undefined));
    await feed(groups(4), 2);
    await feed(groups(1), 1);
    await frame(taken('in', 4));
    await eventually(async () =>
      (await api().topics.catalogue.query()).some(({ name, partitions }) => name === `${id}-in` && partitions === 3),
    );
    await api().deployments.deploy.mutate({ pipelineId: id });
    await frame(taken('in', 8));
    const { deployment } = await frame(({ deployment }) => deployment?.state === 'running');
    expect(deployment?.reason).toBe(null);
  });

  it('with state that is laid out by partitions stops when a topic gets more, and says why and what to do', async () => {
    await topic(`${id}-in`, 2);
    const counts = countsPipeline(id);
    const byKey = { by: '', window: 'none', aggregations: [{ name: 'n', function: 'count' }] };
    const nodes = counts.nodes.map((node) => (node.id === 'count' ? { ...node, config: byKey } : node));
    await deploy(pipelineSchema.parse({ ...counts, nodes }));
    await frame(({ deployment }) => deployment?.state === 'running');
    await admin.createPartitions({ topicPartitions: [{ topic: `${id}-in`, count: 3 }] });
    const { state, reason, workers } = await said(/partitions/);
    expect([state, workers]).toEqual(['failed', []]);
    expect(reason).toContain(
      `The topic ${id}-in has 3 partitions now, and the store ${id}-count-store is laid out by 2`,
    );
    expect(reason).toContain('deploy a copy of the pipeline with another id');
    // Starting it again does not get around it.
    await api().deployments.start.mutate({ pipelineId: id });
    expect((await said(/laid out/)).state).toBe('failed');
  });

  it.each(['count-repartition', 'count-store-changelog'])('stops when its %s gets partitions', async (internal) => {
    await topic(`${id}-in`, 2);
    await deploy(countsPipeline(id));
    await feed(groups(5));
    await frame(taken('count', 5));
    await admin.createPartitions({ topicPartitions: [{ topic: `${id}-${internal}`, count: 5 }] });
    const { state, reason } = await said(/partitions/);
    expect(state).toBe('failed');
    expect(reason).toContain(
      `The topic ${id}-${internal} belongs to this pipeline and has 5 partitions now; it was made with 2`,
    );
    await api().deployments.start.mutate({ pipelineId: id });
    expect((await said(/laid out/)).state).toBe('failed');
  });

  it('stops when its changelog is deleted, and works everything out again after a reset', async () => {
    await topic(`${id}-in`, 2);
    await deploy(countsPipeline(id));
    await feed(groups(5));
    await frame(taken('count', 5));
    await admin.deleteTopics({ topics: [`${id}-count-store-changelog`] });
    const { state, reason } = await said(/was deleted/);
    expect([state, reason]).toEqual(['failed', expect.stringContaining(`${id}-count-store-changelog`)]);
    await api().deployments.stop.mutate({ pipelineId: id });
    await api().deployments.reset.mutate({ pipelineId: id });
    await api().deployments.start.mutate({ pipelineId: id });
    await frame(taken('count', 5));
    const query = { store: `${id}-count-store`, select: { by: 'all' }, limit: 10 } as const;
    const values = await eventually(async () => {
      const { rows } = await api().stores.query.query({ pipelineId: id, query });
      return rows.length > 0 ? rows.map(({ value }) => value) : undefined;
    });
    expect(values).toEqual([{ n: 5 }]);
  });

  it('that joins topics with unequal partition counts is refused with both and the remedy', async () => {
    await topic(`${id}-in`, 2);
    await topic(`${id}-other`, 3);
    const source = (node: string, name: string) => ({ id: node, kind: 'source', name: node, config: { topic: name } });
    await save(
      pipelineSchema.parse({
        formatVersion: 1,
        id,
        name: 'Joins',
        nodes: [
          source('one', `${id}-in`),
          source('two', `${id}-other`),
          {
            id: 'join',
            kind: 'join',
            name: 'join',
            config: { beforeMs: 1000, afterMs: 1000, value: '{ left, right }' },
          },
          { id: 'out', kind: 'sink', name: 'out', config: { topic: `${id}-out` } },
        ],
        edges: [
          { from: 'one.out', to: 'join.left' },
          { from: 'two.out', to: 'join.right' },
          { from: 'join.out', to: 'out.in' },
        ],
      }),
    );
    await expect(api().deployments.deploy.mutate({ pipelineId: id })).rejects.toThrow(
      `${id}-in has 2 partitions and ${id}-other has 3, so equal keys do not meet in join. Give both equal counts, or put a repartition node`,
    );
  });

  it('gives a record that is larger than its topic takes to the error policy, and writes the others in batches that fit', async () => {
    await topic(`${id}-in`, 1);
    await topic(`${id}-out`, 1, { 'max.message.bytes': '20000' });
    await deploy(passing());
    // Together far more than one batch may have.
    await feed(Array.from({ length: 100 }, (_, at) => ({ at, text: 'x'.repeat(1_000) })));
    await feed([{ at: -1, text: 'x'.repeat(30_000) }]);
    await feed([{ at: 100, text: 'after' }]);
    const { nodes } = await frame(taken('out', 102));
    const out = nodes.find(({ node }) => node === 'out');
    expect(out?.counters.failed).toBe(1);
    expect(out?.failures[0]?.message).toContain(`the topic ${id}-out takes`);
    await eventually(async () => ((await valuesOf(`${id}-out`)).length >= 101 ? true : undefined));
    const values = (await valuesOf(`${id}-out`)) as { at: number }[];
    expect(values.map(({ at }) => at)).toEqual(Array.from({ length: 101 }, (_, at) => at));
    expect(await valuesOf(`${id}-dead-letters`)).toHaveLength(1);
  });

  it('gives a record whose timestamp its topic does not take to the error policy, and writes the others', async () => {
    await topic(`${id}-in`, 1, { 'message.timestamp.after.max.ms': '9223372036854775807' });
    await topic(`${id}-out`, 1, { 'message.timestamp.after.max.ms': '3600000' });
    await deploy(passing());
    await feed([{ at: 0 }]);
    await feed([{ at: 1 }], 0, Date.now() + 86_400_000);
    await feed([{ at: 2 }]);
    const { nodes } = await frame(taken('out', 3));
    expect(nodes.find(({ node }) => node === 'out')?.failures[0]?.message).toContain(
      `lies further after the present than the 3600000 ms that the topic ${id}-out takes`,
    );
    await eventually(async () => ((await valuesOf(`${id}-out`)).length >= 2 ? true : undefined));
    expect(await valuesOf(`${id}-out`)).toEqual([{ at: 0 }, { at: 2 }]);
    expect(await valuesOf(`${id}-dead-letters`)).toHaveLength(1);
  });

  it('takes note when a topic comes to take less while it runs', async () => {
    await topic(`${id}-in`, 1);
    await topic(`${id}-out`, 1);
    await deploy(passing());
    await feed([{ at: 0 }]);
    await frame(taken('out', 1));
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: `${id}-out`,
          configEntries: [{ name: 'max.message.bytes', value: '20000' }],
        },
      ],
    });
    await feed([{ at: 1, text: 'x'.repeat(30_000) }, { at: 2 }]);
    await eventually(async () => ((await valuesOf(`${id}-out`)).length >= 2 ? true : undefined));
    expect(await valuesOf(`${id}-out`)).toEqual([{ at: 0 }, { at: 2 }]);
    expect(await valuesOf(`${id}-dead-letters`)).toHaveLength(1);
  });

  it('shows that the broker is away for longer than anything waits for it, and goes on by itself with all records', async () => {
    await topic(`${id}-in`, 2);
    await deploy(countsPipeline(id));
    await feed(groups(500));
    await frame(taken('count', 500));
    await kafka.end(1);
    expect((await said(/./)).reason).toContain(kafka.brokers);
    // Reads and transactions are tried for 30 s, and sessions last for 15 s.
    await new Promise((resolve) => setTimeout(resolve, 35_000));
    const { deployment } = await frame(() => true);
    expect(deployment?.reason).toMatch(new RegExp(`${kafka.brokers}.* that (the broker runs|its brokers run)`));
    await kafka.restart(1);
    await feed(groups(500));
    await frame(taken('count', 1_000));
    await frame(({ deployment }) => deployment?.reason === null && deployment.state === 'running');
  });

  it('stops at records of an unknown form, naming topic, partition and offset, and passes over nothing', async () => {
    await topic(`${id}-in`, 1);
    await feed(groups(2));
    await kafka.end(1);
    const directory = join(kafka.directory, 'node-1', 'data', `${id}-in-0`);
    const file = readdirSync(directory).find((name) => name.endsWith('.log')) ?? '';
    writeFileSync(join(directory, file), oldMessage(2), { flag: 'a' });
    await kafka.restart(1);
    await eventually(async () =>
      log.topics().then(
        (topics) => topics.some(({ name }) => name === `${id}-in`),
        () => undefined,
      ),
    );
    await deploy(passing());
    const { state, reason } = await said(new RegExp(`${id}-in`));
    expect(state).toBe('failed');
    expect(reason).toMatch(new RegExp(`${id}-in, partition 0, from offset 2: .* version 1, from before Kafka 0.11`));
    // What came before is done, and kept.
    expect(await valuesOf(`${id}-out`)).toEqual(groups(2));
  });
});

/** A message as brokers before Kafka 0.11 kept it (version 1). */
function oldMessage(offset: number): Uint8Array {
  const value = Buffer.from('{"group":"old"}');
  const message = Buffer.alloc(4 + 1 + 1 + 8 + 4 + 4 + value.length);
  message.writeInt8(1, 4);
  message.writeBigInt64BE(1_000n, 6);
  message.writeInt32BE(-1, 14);
  message.writeInt32BE(value.length, 18);
  value.copy(message, 22);
  message.writeUInt32BE(crc32(message.subarray(4)), 0);
  const entry = Buffer.alloc(12);
  entry.writeBigInt64BE(BigInt(offset), 0);
  entry.writeInt32BE(message.length, 8);
  return Buffer.concat([entry, message]);
}
