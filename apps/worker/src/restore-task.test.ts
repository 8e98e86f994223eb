import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaLog, kafkaSettingsFromEnvironment } from '@millrace/backend-kafka';
import type { Log, ReadOptions, ReadRequest } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKafkaBackend } from './kafka-backend.ts';
import { restoreTask } from './restore-task.ts';
import { TaskHost } from './task-host.ts';
import { GroupCounts, inputPartitions } from './testing/group-counts.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
if (settings === null)
  console.warn('SKIPPED: restoring from Kafka. Set KAFKA_BROKERS to run it against a real broker.');

describe.skipIf(settings === null)('restoring a task from its changelogs on a real broker', () => {
  let directory: string;
  let counts: GroupCounts;
  let log: KafkaLog;

  beforeEach(async () => {
    if (settings === null) return;
    directory = await mkdtemp(join(tmpdir(), 'millrace-restore-'));
    counts = new GroupCounts(`restore-test-${process.pid}-${Math.random().toString(36).slice(2)}`);
    log = await KafkaLog.open(settings);
    await counts.ensureTopics(log);
  });
  afterEach(async () => {
    const own = (await log.topics()).filter(({ name }) => name.startsWith(counts.topology.pipeline));
    await log.deleteTopics(own.map(({ name }) => name));
    await log.close();
    await rm(directory, { recursive: true });
  });

  it('waits for nothing when all is decided, though changelogs end with the marks of transactions', async () => {
    await runOnce();
    const waitsMs: number[] = [];
    const watched = {
      read: (requests: readonly ReadRequest[], options: ReadOptions) => {
        waitsMs.push(options.maxWaitMs);
        return log.read(requests, options);
      },
    } as unknown as Log;
    const restored: number[] = [];
    for (let partition = 0; partition < inputPartitions; partition++) {
      const taskId = `${counts.statefulSubTopology}_${partition}`;
      const at = { log: watched, topology: counts.topology, taskId, directory: join(directory, taskId) };
      const stores = await restoreTask(at, ({ restoredRecords }) => restored.push(restoredRecords));
      await stores.close();
    }
    expect(Math.max(...restored)).toBeGreaterThan(0);
    expect(waitsMs.filter((waitMs) => waitMs > 0)).toEqual([]);
  });

  /** Counts some records in a worker of its own, whose stores are elsewhere. */
  async function runOnce(): Promise<void> {
    if (settings === null) return;
    const { topology } = counts;
    const data = join(directory, 'worker');
    const backend = await openKafkaBackend(settings, {
      data,
      pipeline: topology.pipeline,
      groupInstanceId: null,
      standbys: 0,
    });
    const { stateDirectory } = backend;
    const part = await backend.takePart(topology);
    const say = (): void => undefined;
    const host = new TaskHost({
      topology,
      log: backend.log,
      stateDirectory,
      say,
      now: () => performance.now(),
      ...part,
    });
    const running = host.run();
    await counts.feed(log, 50);
    await counts.settled(log);
    host.stop();
    await running;
    await backend.log.close();
  }
});
