import { existsSync } from 'node:fs';
import type { LiveFrame, NodeLive } from '@millrace/api';
import { KafkaLog, kafkaSettingsFromEnvironment } from '@millrace/backend-kafka';
import { encodeBatch, fates } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countsPipeline } from './testing/counts-pipeline.ts';
import { eventually, realPlaces, ServerUnderTest } from './testing/server-under-test.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
const isBuilt = existsSync(realPlaces.workerMain);
if (settings === null || !isBuilt) {
  console.warn('SKIPPED: the server on Kafka. Set KAFKA_BROKERS (npm run kafka) and run npm run build to test it.');
}

const partitions = 4;
const groups = 7;
const id = `counts-${process.pid}-${Date.now().toString(36)}`;
const input = `${id}-in`;

const pipeline = countsPipeline(id);
const store = `${id}-count-store`;

describe.skipIf(settings === null || !isBuilt)('a server on Kafka', { timeout: 120_000 }, () => {
  let server: ServerUnderTest;
  let log: KafkaLog;
  let written = 0;

  const api = () => server.overHttp();

  async function feed(count: number): Promise<void> {
    const records = Array.from({ length: count }, () => ({
      key: null,
      // Long ago: neither the broker's clock nor its retention may decide what is counted.
      timestamp: Date.UTC(2001, 0, 1) + written,
      value: JSON.stringify({ group: `g${written++ % groups}` }),
    }));
    const half = Math.ceil(count / 2);
    await log.append([
      { topic: input, partition: written % partitions, batch: encodeBatch(records.slice(0, half)) },
      { topic: input, partition: (written + 1) % partitions, batch: encodeBatch(records.slice(half)) },
    ]);
  }

  const frame = (holds: (frame: LiveFrame) => boolean): Promise<LiveFrame> => server.frame(id, holds);

  const node = (live: LiveFrame, name: string): NodeLive | undefined => live.nodes.find((each) => each.node === name);
  const isCounted = (live: LiveFrame): boolean =>
    node(live, 'in')?.counters.in === written && node(live, 'count')?.counters.in === written;

  /** What the store says of each group, when every task of it answers. */
  async function counts(): Promise<unknown> {
    const { rows, coverage } = await api().stores.query.query({
      pipelineId: id,
      query: { store, select: { by: 'all' }, limit: 100 },
    });
    return coverage.answered === coverage.partitions ? rows.map(({ key, value }) => [key, value]) : coverage;
  }

  function expected(): unknown {
    return Array.from({ length: groups }, (_, group) => [`g${group}`, { n: Math.ceil((written - group) / groups) }]);
  }

  beforeEach(async () => {
    if (settings === null) return;
    log = await KafkaLog.open(settings);
    written = 0;
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    await log.ensureTopics([{ name: input, partitions, role: 'external', owner: null, cleanup }]);
    const environment = { KAFKA_BROKERS: settings.brokers.join() };
    server = await new ServerUnderTest({ kafka: { settings, environment }, workers: 2 }).start();
  });
  afterEach(async () => {
    await server.stop();
    const own = (await log.topics()).filter(({ name }) => name.startsWith(id));
    await log.deleteTopics(own.map(({ name }) => name));
    await log.close();
    await server.remove();
  });

  it('shares a deployment between workers, counts everything once while they die, and goes on after a restart', async () => {
    expect(await api().system.info.query()).toMatchObject({ backend: 'kafka' });
    await feed(2_000);
    const { revision } = await api().pipelines.create.mutate({ id, name: 'Counts' });
    await api().pipelines.save.mutate({ pipeline, expectedRevision: revision });
    await api().deployments.deploy.mutate({ pipelineId: id });
    const shared = await frame(
      ({ deployment }) =>
        deployment?.state === 'running' &&
        deployment.workers.length === 2 &&
        deployment.workers.every(({ tasks, pid }) => pid !== null && tasks.length > 0),
    );
    const tasks = shared.deployment?.workers.flatMap((worker) => worker.tasks.map(({ taskId }) => taskId)) ?? [];
    expect(tasks.toSorted()).toEqual(shared.deployment?.tasks.map(({ taskId }) => taskId).toSorted());
    await frame(isCounted);
    expect(await eventually(async () => sameAs(await counts(), expected()))).toBe(true);

    const [first] = shared.deployment?.workers ?? [];
    const feeding = (async () => {
      for (let round = 0; round < 20; round++) await feed(200);
    })();
    process.kill(first?.pid ?? 0, 'SIGKILL');
    await feeding;
    const after = await frame(
      (live) =>
        isCounted(live) &&
        live.deployment?.state === 'running' &&
        live.deployment.workers.every(({ pid }) => pid !== null && pid !== first?.pid),
    );
    for (const { node: name, counters } of after.nodes) {
      const accounted = fates.reduce((sum, fate) => sum + counters[fate], 0);
      expect({ name, accounted }).toEqual({ name, accounted: counters.in });
    }
    expect(await eventually(async () => sameAs(await counts(), expected()))).toBe(true);

    await api().deployments.stop.mutate({ pipelineId: id });
    expect(await eventually(async () => sameAs(await counts(), expected()))).toBe(true);
    await api().deployments.start.mutate({ pipelineId: id });
    await server.stop();
    await feed(500);
    await server.start();
    expect((await api().pipelines.get.query({ id })).pipeline.name).toBe('Counts');
    await frame((live) => live.deployment?.state === 'running' && isCounted(live));
    expect(await eventually(async () => sameAs(await counts(), expected()))).toBe(true);

    await api().deployments.stop.mutate({ pipelineId: id });
    await api().deployments.reset.mutate({ pipelineId: id });
    await api().deployments.start.mutate({ pipelineId: id });
    await frame((live) => live.deployment?.state === 'running' && isCounted(live));
    expect(await eventually(async () => sameAs(await counts(), expected()))).toBe(true);

    await api().deployments.stop.mutate({ pipelineId: id });
    await api().pipelines.remove.mutate({ id });
    const left = (await log.topics()).filter(({ name }) => name.startsWith(id)).map(({ name }) => name);
    expect(left.toSorted()).toEqual([input, `${id}-out`]);
  });

  it('fails as a whole, with all its workers, on a record that the policy does not let pass', async () => {
    const { revision } = await api().pipelines.create.mutate({ id, name: 'Counts' });
    const strict = { ...pipeline, settings: { ...pipeline.settings, errorPolicy: 'fail' as const } };
    await api().pipelines.save.mutate({ pipeline: strict, expectedRevision: revision });
    await api().deployments.deploy.mutate({ pipelineId: id });
    await frame(({ deployment }) => deployment?.state === 'running');
    await log.append([{ topic: input, partition: 2, batch: encodeBatch([{ key: null, value: '{', timestamp: 0 }]) }]);
    const failed = await frame(({ deployment }) => deployment?.state === 'failed');
    expect(failed.deployment).toMatchObject({ failedNode: 'in', workers: [], tasks: [] });
    expect(failed.deployment?.reason).toContain(`${input}-2`);
    // Nobody tries again, and nobody is left in the group.
    await api().deployments.stop.mutate({ pipelineId: id });
    await api().deployments.reset.mutate({ pipelineId: id });
    await api().pipelines.remove.mutate({ id });
  });
});

function sameAs(found: unknown, expected: unknown): boolean | undefined {
  return JSON.stringify(found) === JSON.stringify(expected) ? true : undefined;
}
