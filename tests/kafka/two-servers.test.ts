import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { KafkaLog } from '@millrace/backend-kafka';
import { encodeBatch } from '@millrace/engine';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { countsPipeline } from '../../apps/server/src/testing/counts-pipeline.ts';
import { ServerProcess } from '../../apps/server/src/testing/server-process.ts';
import { eventually, realPlaces } from '../../apps/server/src/testing/server-under-test.ts';
import { installedTools } from '../../scripts/kafka/distribution.mjs';
import { type LocalKafka, startKafka } from '../../scripts/kafka/start-kafka.mjs';

const { java, maven } = await installedTools();
const canStart = java && maven && existsSync(realPlaces.workerMain);
if (!canStart)
  console.warn(
    'SKIPPED: two servers on one cluster. They need Java, Maven and npm run build, for a broker of their own.',
  );

// A cluster of their own: whoever else serves it would be overtaken too.
describe.skipIf(!canStart)('two servers on one cluster', { timeout: 120_000 }, () => {
  let kafka: LocalKafka;
  let log: KafkaLog;
  let id: string;
  let written = 0;
  const servers: ServerProcess[] = [];

  beforeAll(async () => {
    kafka = await startKafka();
    log = await KafkaLog.open({ brokers: [kafka.brokers] });
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.remove();
  });
  afterAll(async () => {
    await log.close();
    await kafka.stop();
  });

  async function start(): Promise<ServerProcess> {
    const server = new ServerProcess(['--kafka', kafka.brokers], {});
    servers.push(server);
    return server.start();
  }

  async function feed(count: number): Promise<void> {
    const records = Array.from({ length: count }, () => ({
      key: null,
      timestamp: Date.UTC(2001, 0, 1) + written++,
      value: '{"group":"all"}',
    }));
    await log.append([{ topic: `${id}-in`, partition: written % 2, batch: encodeBatch(records) }]);
  }

  async function deploy({ api }: ServerProcess): Promise<void> {
    id = `counts-${randomBytes(4).toString('hex')}`;
    written = 0;
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    await log.ensureTopics([{ name: `${id}-in`, partitions: 2, role: 'external', owner: null, cleanup }]);
    const { revision } = await api.pipelines.create.mutate({ id, name: 'Counts' });
    await api.pipelines.save.mutate({ pipeline: countsPipeline(id), expectedRevision: revision });
    await eventually(async () => (await api.topics.catalogue.query()).some(({ name }) => name === `${id}-in`));
    await api.deployments.deploy.mutate({ pipelineId: id });
  }

  const counted = (server: ServerProcess): Promise<unknown> =>
    server.frame(
      id,
      ({ deployment, nodes }) =>
        deployment?.state === 'running' && nodes.find(({ node }) => node === 'count')?.counters.in === written,
    );

  /** Until the store, which shows what is committed, has that count; more than that would be something counted twice. */
  async function kept({ api }: ServerProcess): Promise<void> {
    const query = { store: `${id}-count-store`, select: { by: 'all' }, limit: 10 } as const;
    const values = await eventually(async () => {
      const { rows, coverage } = await api.stores.query.query({ pipelineId: id, query });
      const isWhole = coverage.answered === coverage.partitions;
      const values = rows.map(({ value }) => value as { n: number });
      return isWhole && (values[0]?.n ?? 0) >= written ? values : undefined;
    });
    expect(values).toEqual([{ n: written }]);
  }

  it('are one that was started last, and one that changes nothing and says why', async () => {
    const older = await start();
    await deploy(older);
    await feed(500);
    await counted(older);
    const newer = await start();
    const readOnly = await eventually(async () => (await older.api.system.info.query()).readOnly ?? undefined);
    expect(readOnly).toMatch(/Another Millrace server on \S+, started at .*, has taken over.*start this server anew/);
    expect((await newer.api.system.info.query()).readOnly).toBe(null);

    // The newer one has what the older one had, and nothing is counted twice or missed while the workers change.
    await feed(500);
    await counted(newer);
    await kept(newer);
    const { deployment } = await older.frame(id, ({ deployment }) => deployment?.state === 'stopped');
    expect(deployment).toMatchObject({ reason: readOnly, workers: [] });

    const { revision, pipeline } = await older.api.pipelines.get.query({ id });
    const refusal = { message: readOnly, data: { reason: 'read-only' } };
    const changes = [
      older.api.pipelines.create.mutate({ id: 'another', name: 'Another' }),
      older.api.pipelines.save.mutate({ pipeline, expectedRevision: revision }),
      older.api.deployments.stop.mutate({ pipelineId: id }),
      older.api.deployments.reset.mutate({ pipelineId: id }),
      older.api.pipelines.remove.mutate({ id }),
    ];
    for (const change of changes) await expect(change).rejects.toMatchObject(refusal);
    await newer.api.pipelines.rename.mutate({ id, name: 'Counts, still' });

    // The end of the older one is nothing to the newer one, which goes on by itself.
    await older.end('SIGTERM');
    await feed(500);
    await counted(newer);
    await kept(newer);
    const last = await start();
    expect((await last.api.pipelines.get.query({ id })).pipeline.name).toBe('Counts, still');
    await feed(100);
    await counted(last);
    await kept(last);
  });

  it('are one again when the brokers have merely forgotten who has the cluster', async () => {
    const server = await start();
    await server.api.pipelines.create.mutate({ id: 'one', name: 'One' });
    // Shut out without anybody who says that it took over: as after a transaction that took too long.
    await log.takeName('millrace-control');
    await server.api.pipelines.create.mutate({ id: 'two', name: 'Two' });
    expect((await server.api.system.info.query()).readOnly).toBe(null);
    const names = (await server.api.pipelines.list.query()).map(({ name }) => name);
    expect(names.toSorted()).toEqual(expect.arrayContaining(['One', 'Two']));
  });
});
