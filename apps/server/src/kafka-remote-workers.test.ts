import { existsSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { DeploymentView, LiveFrame } from '@millrace/api';
import { KafkaLog, kafkaSettingsFromEnvironment } from '@millrace/backend-kafka';
import { encodeBatch, fates, pipelineSchema } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RemoteWorker } from './testing/remote-worker.ts';
import { freePort, ServerProcess } from './testing/server-process.ts';
import { eventually, realPlaces } from './testing/server-under-test.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
const isBuilt = existsSync(realPlaces.keeperMain);
if (settings === null || !isBuilt) {
  console.warn('SKIPPED: workers with keepers. Set KAFKA_BROKERS (npm run kafka) and run npm run build to test them.');
}
const brokers = settings?.brokers.join() ?? '';

const partitions = 4;
const groups = 7;
const token = 'a-token-for-the-workers-of-this-test';

describe.skipIf(settings === null || !isBuilt)('workers that outlive their server', { timeout: 180_000 }, () => {
  let id: string;
  let log: KafkaLog;
  let written: number;
  let port: number;
  let server: ServerProcess;
  const workers: RemoteWorker[] = [];

  beforeEach(async () => {
    if (settings === null) return;
    id = `keepers-${process.pid}-${Date.now().toString(36)}`;
    written = 0;
    log = await KafkaLog.open(settings);
    port = await freePort();
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    await log.ensureTopics([{ name: `${id}-in`, partitions, role: 'external', owner: null, cleanup }]);
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.stop();
    // What is deployed belongs to the cluster, and would run with the next server of anybody.
    await server.api.deployments.stop.mutate({ pipelineId: id }).catch(() => undefined);
    await server.api.pipelines.remove.mutate({ id }).catch(() => undefined);
    await server.remove();
    const own = (await log.topics()).filter(({ name }) => name.startsWith(id));
    await log.deleteTopics(own.map(({ name }) => name));
    await log.close();
  });

  async function startServer(localWorkers: number): Promise<void> {
    const listen = ['--worker-listen', `127.0.0.1:${port}`];
    const args = ['--kafka', brokers, '--workers', `${localWorkers}`, ...listen];
    server = await new ServerProcess(args, { MILLRACE_WORKER_TOKEN: token, MILLRACE_NAME: id }).start();
  }

  function startWorker(environment: { readonly [name: string]: string } = {}, directory = 'remote'): RemoteWorker {
    const args = ['--server', `ws://127.0.0.1:${port}`, '--data', join(server.directory, directory)];
    const all = { MILLRACE_WORKER_TOKEN: token, KAFKA_BROKERS: brokers, ...environment };
    const worker = new RemoteWorker(args, all);
    workers.push(worker);
    return worker;
  }

  /** Counts records by a key of its own, so through a repartition topic. */
  async function deploy(errorPolicy: 'dead-letter' | 'fail' = 'dead-letter'): Promise<void> {
    const aggregations = [{ name: 'n', function: 'count' }];
    const pipeline = pipelineSchema.parse({
      formatVersion: 1,
      id,
      name: 'Counts',
      settings: { errorPolicy },
      nodes: [
        { id: 'in', kind: 'source', name: 'in', config: { topic: `${id}-in` } },
        { id: 'count', kind: 'aggregate', name: 'count', config: { by: 'value.group', window: 'none', aggregations } },
        { id: 'out', kind: 'sink', name: 'out', config: { topic: `${id}-out`, partitions: 2 } },
      ],
      edges: [
        { from: 'in.out', to: 'count.in' },
        { from: 'count.out', to: 'out.in' },
      ],
    });
    const { revision } = await server.api.pipelines.create.mutate({ id, name: 'Counts' });
    await server.api.pipelines.save.mutate({ pipeline, expectedRevision: revision });
    await server.api.deployments.deploy.mutate({ pipelineId: id });
  }

  async function feed(count: number): Promise<void> {
    const records = Array.from({ length: count }, () => ({
      key: null,
      timestamp: Date.UTC(2001, 0, 1) + written,
      value: JSON.stringify({ group: `g${written++ % groups}` }),
    }));
    const share = Math.ceil(count / partitions);
    await log.append(
      Array.from({ length: partitions }, (_, partition) => ({
        topic: `${id}-in`,
        partition,
        batch: encodeBatch(records.slice(partition * share, (partition + 1) * share)),
      })),
    );
  }

  /** Of each group all counts that came out, in their order. */
  async function output(): Promise<Record<string, number[]>> {
    const counts: Record<string, number[]> = {};
    for (let partition = 0; partition < 2; partition++) {
      for (let offset = 0; ; ) {
        const request = { topic: `${id}-out`, partition, offset };
        const [result] = await log.read([request], { maxBytesPerPartition: 1_000_000, maxWaitMs: 0 });
        if (result === undefined || result.nextOffset <= offset) break;
        for (const batch of result.batches) {
          for (let index = 0; index < batch.count; index++) {
            if (batch.offset(index) < offset) continue;
            const { n } = JSON.parse(batch.text(batch.valueStarts[index] ?? 0, batch.valueEnds[index] ?? 0));
            const key = batch.keyByteString(index) ?? '';
            counts[key] = [...(counts[key] ?? []), n];
          }
        }
        offset = result.nextOffset;
      }
    }
    return counts;
  }

  /** Counts from 1 up, each once. */
  function expectedOutput(): Record<string, number[]> {
    const count = (group: number): number => Math.ceil((written - group) / groups);
    return Object.fromEntries(
      Array.from({ length: groups }, (_, group) => [
        `g${group}`,
        Array.from({ length: count(group) }, (_, index) => index + 1),
      ]),
    );
  }

  async function allIsOut(): Promise<void> {
    await eventually(async () => {
      const found = await output();
      return Object.values(found).flat().length >= written ? true : undefined;
    });
    expect(await output()).toEqual(expectedOutput());
  }

  const isRunning = (live: LiveFrame, count: number): boolean =>
    live.deployment?.state === 'running' &&
    live.deployment.workers.length === count &&
    live.deployment.workers.every(({ tasks, pid, reason }) => pid !== null && tasks.length > 0 && reason === null);
  const running = async (count: number): Promise<DeploymentView> => {
    const { deployment } = await server.frame(id, (live) => isRunning(live, count));
    if (deployment === null) throw new Error('it is not deployed');
    return deployment;
  };
  const seats = ({ workers }: DeploymentView): unknown[] =>
    workers
      .map(({ name, pid, tasks }) => [name, pid, tasks.map(({ taskId }) => taskId).toSorted()])
      .toSorted(([left], [right]) => String(left).localeCompare(String(right)));

  it('are on another machine alone: they take the tasks, show figures, answer for stores, stop and are reset', async () => {
    await startServer(0);
    const told = `Workers of other machines connect to ws://127.0.0.1:${port}\n`;
    await eventually(() => server.output.endsWith(told) || undefined);
    await deploy();
    const alone = await server.frame(id, ({ deployment }) => deployment?.reason !== null);
    expect(alone.deployment?.reason).toContain(`npx millrace worker --server ws://127.0.0.1:${port}`);

    const worker = startWorker();
    await worker.said(/^Connected to the server at \S+ as \S+\./m);
    const deployment = await running(1);
    expect(deployment.workers[0]?.name).toBe(hostname());
    expect(deployment.workers[0]?.tasks).toHaveLength(deployment.tasks.length);
    await feed(2_000);
    const counted = await server.frame(id, ({ nodes }) => nodes.every(({ counters }) => counters.in === written));
    for (const { node, counters } of counted.nodes) {
      expect([node, fates.reduce((sum, fate) => sum + counters[fate], 0)]).toEqual([node, counters.in]);
    }
    expect(counted.worker?.memoryBytes).toBeGreaterThan(0);
    const query = { store: `${id}-count-store`, select: { by: 'all' as const }, limit: 100 };
    const ask = () => server.api.stores.query.query({ pipelineId: id, query });
    expect(await ask()).toMatchObject({ isLive: true, problem: null });
    // Stores tell of the last commit, which comes a little after the figures.
    const stored = Object.entries(expectedOutput()).map(([group, counts]) => [group, { n: counts.length }]);
    const isStored = async () => {
      const rows = (await ask()).rows.map(({ key, value }) => [key, value]);
      return JSON.stringify(rows) === JSON.stringify(stored) ? true : undefined;
    };
    await eventually(isStored);

    const pid = deployment.workers[0]?.pid ?? 0;
    const stopped = await server.api.deployments.stop.mutate({ pipelineId: id });
    expect(stopped).toMatchObject({ state: 'stopped', reason: null });
    expect(isAlive(pid)).toBe(false);
    // What the other machine has of the stores belongs to what is reset.
    await server.api.deployments.reset.mutate({ pipelineId: id });
    await server.api.deployments.start.mutate({ pipelineId: id });
    await server.frame(id, (live) => isRunning(live, 1) && live.nodes.every(({ counters }) => counters.in === written));
    await eventually(isStored);

    // The machine is taken away in order, and its row with it.
    expect(await worker.stop()).toBe(0);
    expect(worker.output).toContain('Stopping: the workers commit and leave.');
    await server.frame(id, (live) => live.deployment?.workers.length === 0);
    await server.api.deployments.stop.mutate({ pipelineId: id });
  });

  it('go on when the server is killed, and are taken up by the next as they are', async () => {
    await startServer(2);
    const remote = startWorker();
    await remote.said(/^Connected/m);
    await deploy();
    await feed(1_000);
    const before = await running(3);
    await allIsOut();
    const keeper = server.keeperPid;
    for (const name of ['process.json', 'link.json', 'workers.log']) {
      expect(statSync(join(server.data, 'keeper', name)).mode & 0o777).toBe(0o600);
    }

    await server.end('SIGKILL');
    await remote.said(/The connection to the server is lost\. The workers run on\./);
    await feed(1_000);
    await allIsOut();
    expect(before.workers.map(({ pid }) => isAlive(pid ?? 0))).toEqual([true, true, true]);

    // Records come in all the while that the next server starts.
    const feeding = (async () => {
      for (let round = 0; round < 20; round++) await feed(100);
    })();
    await server.start();
    await feeding;
    expect(seats(await running(3))).toEqual(seats(before));
    expect(server.keeperPid).toBe(keeper);
    await server.frame(id, ({ nodes }) => nodes.every(({ counters }) => counters.in === written));
    await allIsOut();

    // A worker that is killed is started again by its keeper, and a keeper by the server.
    const victim = before.workers.find(({ name }) => name !== hostname());
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    process.kill(keeper, 'SIGKILL');
    await eventually(() => (server.keeperPid !== keeper && isAlive(server.keeperPid) ? true : undefined));
    await feed(500);
    const after = await server.frame(
      id,
      (live) => isRunning(live, 3) && live.nodes.every(({ counters }) => counters.in === written),
    );
    await allIsOut();

    // An orderly end leaves nothing behind on this machine, and lets others go on.
    const nextKeeper = server.keeperPid;
    expect(await server.end('SIGTERM')).toBe(0);
    expect(isAlive(nextKeeper)).toBe(false);
    for (const { name, pid } of after.deployment?.workers ?? []) {
      expect([name, isAlive(pid ?? 0)]).toEqual([name, name === hostname()]);
    }
    await feed(500);
    await allIsOut();
    await server.start();
    const third = await running(3);

    // Workers with other settings than the next server's are replaced.
    await server.end('SIGKILL');
    await server.start('--workers', '1');
    const fewer = await running(2);
    const left = third.workers.filter(({ pid }) => isAlive(pid ?? 0)).map(({ name }) => name);
    expect(left).toEqual([hostname()]);
    expect(fewer.workers.map(({ name }) => name)).toContain(hostname());

    // A server without workers of its own ends those that an earlier one left.
    const last = server.keeperPid;
    await server.end('SIGKILL');
    await server.start('--workers', '0');
    expect(isAlive(last)).toBe(false);
    expect((await running(1)).workers[0]?.name).toBe(hostname());
    await server.api.deployments.stop.mutate({ pipelineId: id });
    expect(isAlive(after.deployment?.workers.find(({ name }) => name === hostname())?.pid ?? 0)).toBe(false);
  });

  it('tell the next server what failed while there was none', async () => {
    await startServer(1);
    await deploy('fail');
    const { workers: before } = await running(1);
    await server.end('SIGKILL');
    await log.append([
      { topic: `${id}-in`, partition: 2, batch: encodeBatch([{ key: null, value: '{', timestamp: 0 }]) },
    ]);
    await eventually(() => (isAlive(before[0]?.pid ?? 0) ? undefined : true));
    await server.start();
    const { deployment } = await server.frame(id, (live) => live.deployment?.state === 'failed');
    expect(deployment).toMatchObject({ failedNode: 'in', workers: [] });
    expect(deployment?.reason).toContain(`${id}-in-2`);
  });

  it('say what is wrong with the settings of Kafka on their machine', async () => {
    await startServer(0);
    await deploy();
    const signedIn = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'ann', KAFKA_SASL_PASSWORD: 'not-the-one' };
    for (const [environment, why] of [
      [{ KAFKA_BROKERS: '127.0.0.1:1' }, /127\.0\.0\.1:1/],
      [signedIn, /sign/i],
    ] as const) {
      const worker = startWorker(environment);
      const isTold = ({ deployment }: LiveFrame): boolean =>
        deployment?.workers[0]?.reason?.includes("Kafka does not take this machine's settings.") === true &&
        why.test(deployment.workers[0].reason);
      const told = await server.frame(id, isTold);
      expect(told.deployment?.reason).toContain("Kafka does not take this machine's settings.");
      expect(told.deployment?.state).toBe('starting');
      await worker.said(/Kafka does not take this machine's settings\. .* It starts again in/);
      expect(JSON.stringify(told) + worker.output).not.toContain('not-the-one');
      await worker.stop();
    }
    await server.api.deployments.stop.mutate({ pipelineId: id });
  });

  it('are named when they do not answer to a stop, and stop when they can', async () => {
    await startServer(0);
    await deploy();
    const worker = startWorker({ MILLRACE_WORKER_NAME: 'frozen' });
    await worker.said(/Connected/);
    const deployment = await running(1);
    const pid = deployment.workers[0]?.pid ?? 0;
    const keeper = keeperOf(join(server.directory, 'remote'));
    process.kill(keeper, 'SIGSTOP');
    const stopped = await server.api.deployments.stop.mutate({ pipelineId: id });
    expect(stopped.state).toBe('stopped');
    expect(stopped.reason).toMatch(/^frozen has not confirmed the stop and may still run\./);
    await expect(server.api.deployments.reset.mutate({ pipelineId: id })).rejects.toThrow(/frozen has not confirmed/);
    process.kill(keeper, 'SIGCONT');
    await server.frame(id, (live) => live.deployment?.state === 'stopped' && live.deployment.reason === null);
    expect(isAlive(pid)).toBe(false);
    await server.api.deployments.reset.mutate({ pipelineId: id });
  });
});

/** The process that keeps workers on the directory. */
function keeperOf(dataDirectory: string): number {
  return JSON.parse(readFileSync(join(dataDirectory, 'keeper', 'process.json'), 'utf8')).pid;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
