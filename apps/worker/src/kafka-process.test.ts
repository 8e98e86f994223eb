import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaLog, kafkaSettingsFromEnvironment } from '@millrace/backend-kafka';
import { type TaskId, taskIds } from '@millrace/engine';
import { type Up, upSchema } from '@millrace/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GroupCounts } from './testing/group-counts.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
if (settings === null)
  console.warn('SKIPPED: worker processes on Kafka. Set KAFKA_BROKERS to run them against a real broker.');

/** A worker as it is built, as a process. */
class WorkerProcess {
  readonly child: ChildProcess;
  running: readonly TaskId[] = [];
  readonly said: Up[] = [];

  constructor(counts: GroupCounts, data: string) {
    this.child = fork(join(import.meta.dirname, '..', 'dist', 'main.js'), {
      env: {
        ...process.env,
        MILLRACE_BACKEND: 'kafka',
        MILLRACE_DATA: data,
        MILLRACE_PIPELINE: counts.topology.pipeline,
        MILLRACE_STANDBYS: '1',
      },
    });
    this.child.on('message', (raw) => {
      const message = upSchema.parse(raw);
      this.said.push(message);
      if (message.type === 'hello') this.child.send({ type: 'deploy', topology: counts.topology });
      if (message.type === 'taskStates')
        this.running = message.tasks.filter(({ state }) => state === 'running').map(({ taskId }) => taskId);
    });
  }

  async kill(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      this.child.kill(signal);
      await exit;
    }
    return this.child.exitCode;
  }
}

describe.skipIf(settings === null)('worker processes that share a pipeline on a real broker', () => {
  let directory: string;
  let counts: GroupCounts;
  let log: KafkaLog;
  let workers: WorkerProcess[];

  beforeEach(async () => {
    if (settings === null) return;
    directory = await mkdtemp(join(tmpdir(), 'millrace-kafka-process-'));
    counts = new GroupCounts(`process-test-${process.pid}-${Math.random().toString(36).slice(2)}`);
    log = await KafkaLog.open(settings);
    await counts.ensureTopics(log);
    workers = [];
  });

  afterEach(async () => {
    for (const worker of workers) await worker.kill('SIGKILL');
    const own = (await log.topics()).filter(({ name }) => name.startsWith(counts.topology.pipeline));
    await log.deleteTopics(own.map(({ name }) => name));
    await log.close();
    await rm(directory, { recursive: true });
  });

  function start(): WorkerProcess {
    // They share a data directory, as workers on one machine do.
    const worker = new WorkerProcess(counts, directory);
    workers.push(worker);
    return worker;
  }

  it('count every record once when one is killed, one stands still, and one is told to end', async () => {
    const all = taskIds(counts.topology).length;
    const [first, second, third] = [start(), start(), start()];
    const counting = (workers: readonly WorkerProcess[]) =>
      workers.reduce((sum, { running }) => sum + running.length, 0);
    await until(() => workers.every(({ running }) => running.length > 0) && counting(workers) === all);
    const feeding = (async () => {
      for (let round = 0; round < 100; round++) await counts.feed(log, 20);
    })();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await first.kill('SIGKILL');
    second.child.kill('SIGSTOP');
    await feeding;
    // Longer than its session lasts: the third has everything then.
    await until(() => third.running.length === all);
    second.child.kill('SIGCONT');
    await counts.feed(log, 100);
    await until(() => second.running.length > 0 && second.running.length + third.running.length === all);
    expect(await third.kill('SIGTERM')).toBe(0);
    expect(third.said.at(-1)).toEqual({ type: 'stopped' });
    await counts.feed(log, 100);
    await until(() => second.running.length === all);
    await counts.settled(log);
    expect(await counts.output(log)).toEqual(counts.expected());
  }, 120_000);
});

async function until(condition: () => boolean): Promise<void> {
  const begin = performance.now();
  while (!condition()) {
    if (performance.now() - begin > 60_000) throw new Error('waited 60 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
