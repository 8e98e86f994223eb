import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaLog, kafkaSettingsFromEnvironment } from '@millrace/backend-kafka';
import { type Guarantee, taskIds } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from './backend.ts';
import { openKafkaBackend } from './kafka-backend.ts';
import { TaskHost } from './task-host.ts';
import { GroupCounts } from './testing/group-counts.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
if (settings === null) console.warn('SKIPPED: workers on Kafka. Set KAFKA_BROKERS to run them against a real broker.');

/** The least that a broker allows by default. */
const sessionTimeoutMs = 6_000;

/** Kafka's number of the heartbeat request, and the length of its answer, which is all zeros when there is nothing to say. */
const heartbeatKey = 12;
const heartbeatAnswerBytes = 6;

interface StartOptions {
  readonly standbys?: number;
  readonly guarantee?: Guarantee;
}

/** A worker with everything of its own but the process. */
class KafkaWorker {
  readonly backend: Backend;
  readonly host: TaskHost;
  readonly running: Promise<void>;

  private constructor(backend: Backend, host: TaskHost) {
    this.backend = backend;
    this.host = host;
    this.running = host.run();
    this.running.catch(() => undefined);
  }

  static async start(
    counts: GroupCounts,
    data: string,
    { standbys = 0, guarantee = 'exactly-once' }: StartOptions = {},
  ): Promise<KafkaWorker> {
    if (settings === null) throw new Error('no brokers');
    const backend = await openKafkaBackend(settings, {
      data,
      pipeline: counts.topology.pipeline,
      groupInstanceId: null,
      standbys,
      sessionTimeoutMs,
    });
    const topology = { ...counts.topology, guarantee };
    const { log, stateDirectory } = backend;
    const part = await backend.takePart(topology);
    const host = new TaskHost({
      topology,
      log,
      stateDirectory,
      say: () => undefined,
      now: () => performance.now(),
      ...part,
    });
    return new KafkaWorker(backend, host);
  }

  get tasks(): string[] {
    return this.host
      .tick()
      .tasks.map(({ taskId }) => taskId)
      .sort();
  }

  /** Records taken since the start, all tasks together. */
  get recordsTaken(): number {
    return this.host.tick().tasks.reduce((sum, { partitions }) => sum + (partitions[0]?.position ?? 0), 0);
  }

  /** From now on its heartbeats are answered here, and the brokers hear none of them. Gives what ends that. */
  answerHeartbeats(): () => void {
    const { transport } = this.backend.log as KafkaLog;
    const call = transport.call.bind(transport);
    transport.call = (node, apiKey, ...rest) =>
      apiKey === heartbeatKey ? Promise.resolve(new Uint8Array(heartbeatAnswerBytes)) : call(node, apiKey, ...rest);
    return () => {
      transport.call = call;
    };
  }

  async stop(): Promise<void> {
    this.host.stop();
    await this.running;
    await this.backend.log.close();
  }

  /** As if its cable were cut: nothing of it reaches the brokers any more, and it cannot say goodbye. */
  async cut(): Promise<void> {
    await this.backend.log.close();
    await this.running.catch(() => undefined);
  }
}

describe.skipIf(settings === null)('workers that share a pipeline on a real broker', () => {
  let directory: string;
  let counts: GroupCounts;
  let log: KafkaLog;
  let workers: KafkaWorker[];

  beforeEach(async () => {
    if (settings === null) return;
    directory = await mkdtemp(join(tmpdir(), 'millrace-kafka-worker-'));
    counts = new GroupCounts(`worker-test-${process.pid}-${Math.random().toString(36).slice(2)}`);
    log = await KafkaLog.open(settings);
    await counts.ensureTopics(log);
    workers = [];
  });

  afterEach(async () => {
    for (const worker of workers) await worker.stop();
    const own = (await log.topics()).filter(({ name }) => name.startsWith(counts.topology.pipeline));
    await log.deleteTopics(own.map(({ name }) => name));
    await log.close();
    await rm(directory, { recursive: true });
  });

  async function start(name: string, options: StartOptions = {}): Promise<KafkaWorker> {
    const worker = await KafkaWorker.start(counts, join(directory, name), options);
    workers.push(worker);
    return worker;
  }

  /** Feeds a little at a time. */
  async function feedFor(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) await counts.feed(log, 50);
  }

  it.each(['exactly-once', 'at-least-once'] as const)(
    'counts every record once while workers come and go: %s',
    async (guarantee) => {
      const first = await start('a', { guarantee });
      await until(() => first.tasks.length === taskIds(counts.topology).length);
      await counts.feed(log, 500);
      const second = await start('b', { guarantee });
      await counts.feed(log, 500);
      await until(() => first.tasks.length === second.tasks.length);
      await counts.feed(log, 500);
      workers.shift();
      await first.stop();
      await counts.feed(log, 500);
      await until(() => second.tasks.length === taskIds(counts.topology).length);
      await counts.settled(log);
      expect(await counts.output(log)).toEqual(counts.expected());
    },
  );

  it('counts every record once when a worker is cut off in the middle of its work', async () => {
    const first = await start('a');
    const second = await start('b');
    await until(() => first.tasks.length > 0 && first.tasks.length === second.tasks.length);
    const feeding = feedFor(30);
    await until(() => first.recordsTaken > 0);
    workers.shift();
    await first.cut();
    await feeding;
    await counts.settled(log, 60_000);
    expect(await counts.output(log)).toEqual(counts.expected());
  });

  it('counts every record once when a worker goes on that the group has given up', async () => {
    const first = await start('a');
    const second = await start('b');
    await until(() => first.tasks.length > 0 && first.tasks.length === second.tasks.length);
    const stale = first.tasks;
    // It believes that it is heard, and goes on with records.
    const mend = first.answerHeartbeats();
    await until(() => second.tasks.length === taskIds(counts.topology).length);
    expect(first.tasks).toEqual(stale);
    await feedFor(10);
    // Its first commit is refused; it drops what it has, and comes back as a new member.
    mend();
    await until(() => first.tasks.length > 0 && first.tasks.length === second.tasks.length);
    await counts.settled(log, 60_000);
    expect(await counts.output(log)).toEqual(counts.expected());
  });

  it('loses no record without transactions when a worker is cut off, and may count some again', async () => {
    const guarantee = 'at-least-once';
    const first = await start('a', { guarantee });
    const second = await start('b', { guarantee });
    await until(() => first.tasks.length > 0 && first.tasks.length === second.tasks.length);
    const feeding = feedFor(30);
    await until(() => first.recordsTaken > 0);
    workers.shift();
    await first.cut();
    await feeding;
    await until(async () => {
      const output = await counts.output(log);
      return [...counts.expected()].every(([counted, { length }]) =>
        (output.get(counted) ?? []).some((count) => count >= length),
      );
    });
  });

  it('goes on where it stood under the other guarantee, either way', async () => {
    for (const guarantee of ['exactly-once', 'at-least-once', 'exactly-once'] as const) {
      const worker = await start('a', { guarantee });
      await counts.feed(log, 300);
      await counts.settled(log);
      workers.shift();
      await worker.stop();
    }
    expect(await counts.output(log)).toEqual(counts.expected());
  });

  it('finds its tasks and counts again after all workers had stopped', async () => {
    const first = await start('a');
    await counts.feed(log, 300);
    await counts.settled(log);
    workers.shift();
    await first.stop();
    await counts.feed(log, 300);
    // Once with the tables that were left, once with none.
    const second = await start('a');
    await counts.settled(log);
    workers.shift();
    await second.stop();
    await counts.feed(log, 300);
    await start('elsewhere');
    await counts.settled(log);
    expect(await counts.output(log)).toEqual(counts.expected());
  });

  it('goes on as a new member when it was shut out of its group', async () => {
    const worker = await start('a', { standbys: 1 });
    await until(() => worker.tasks.length === taskIds(counts.topology).length);
    await counts.feed(log, 300);
    // Somebody else takes the tasks over, and ends.
    await log.fence(counts.topology.pipeline, taskIds(counts.topology));
    await until(() => worker.tasks.length === 0);
    await log.close();
    log = await KafkaLog.open(settings ?? { brokers: [] });
    await counts.feed(log, 300);
    await counts.settled(log, 60_000);
    expect(await counts.output(log)).toEqual(counts.expected());
  });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const begin = performance.now();
  while (!(await condition())) {
    if (performance.now() - begin > 30_000) throw new Error('waited 30 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
