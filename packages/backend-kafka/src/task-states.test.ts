import { randomBytes } from 'node:crypto';
import { LogError } from '@millrace/engine';
import kafkajs from 'kafkajs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KafkaLog } from './kafka-log.ts';
import { kafkaSettingsFromEnvironment } from './kafka-settings.ts';
import { TaskStates } from './task-states.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
const name = settings === null ? 'SKIPPED, since KAFKA_BROKERS names no Kafka cluster: task states' : 'task states';

describe.skipIf(settings === null)(name, { timeout: 60_000 }, () => {
  let application: string;
  let log: KafkaLog;

  beforeEach(async () => {
    if (settings === null) return;
    application = `test-${randomBytes(6).toString('hex')}`;
    log = await KafkaLog.open(settings);
  });

  afterEach(async () => {
    const names = (await log.topics()).map((topic) => topic.name).filter((topic) => topic.startsWith(application));
    await log.deleteTopics(names);
    await log.close();
  });

  const commitOf = (epoch: number, state: string) => ({
    application,
    tasks: [{ taskId: '0_0', epoch, positions: [], state }],
    appends: [],
  });

  /** What brokers do with the positions of a group that has had no members for a week. */
  async function forgetPositions(): Promise<void> {
    if (settings === null) return;
    await log.close();
    const admin = new kafkajs.Kafka({ brokers: [...settings.brokers], logLevel: 0 }).admin();
    await admin.connect();
    await admin.deleteGroups([application]);
    await admin.disconnect();
    log = await KafkaLog.open(settings);
  }

  it('are found after the brokers have forgotten the positions of the group', async () => {
    const [epoch] = (await log.fence(application, ['0_0'])) as [number];
    await log.commit(commitOf(epoch, 'one'));
    await log.commit(commitOf(epoch, 'two'));
    // What comes behind them was not committed, and there is more of it than is looked at first.
    log.useMembership(application, {
      whileMember: (_, work) => work({ generation: epoch, memberId: 'nobody', groupInstanceId: null }),
    });
    for (let attempt = 0; attempt < 12; attempt++) {
      await expect(log.commit(commitOf(epoch, 'refused'))).rejects.toBeInstanceOf(LogError);
    }
    await forgetPositions();
    expect(await log.committed(application, '0_0')).toMatchObject({ epoch, state: 'two' });
    const [next] = (await log.fence(application, ['0_0'])) as [number];
    await log.commit(commitOf(next, 'three'));
    expect(await log.committed(application, '0_0')).toMatchObject({ epoch: next, state: 'three' });
  });

  it('are the last that was written where that made brokers remove the one that counted', async () => {
    if (settings === null) return;
    log.useAtLeastOnce(application, []);
    const [epoch] = (await log.fence(application, ['0_0'])) as [number];
    await log.commit(commitOf(epoch, 'one'));
    const topic = `${application}-tasks-0`;
    const written = TaskStates.record({ taskId: '0_0', epoch, positions: [], state: 'not committed' }, 0);
    await log.append([{ topic, partition: 0, batch: written }]);
    expect(await log.committed(application, '0_0')).toMatchObject({ state: 'one' });
    // What compaction does, sooner or later.
    const admin = new kafkajs.Kafka({ brokers: [...settings.brokers], logLevel: 0 }).admin();
    await admin.connect();
    await admin.fetchTopicMetadata({ topics: [topic] });
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1' }] });
    expect(await log.committed(application, '0_0')).toMatchObject({ epoch, state: 'not committed' });
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
    await admin.disconnect();
    await expect(log.committed(application, '0_0')).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('are gone after a reset, though the brokers have forgotten the positions since', async () => {
    const [epoch] = (await log.fence(application, ['0_0', '0_1'])) as [number];
    await log.commit(commitOf(epoch, 'one'));
    await log.resetTasks(application, ['0_0', '0_1']);
    expect(await log.committed(application, '0_0')).toBeNull();
    await forgetPositions();
    expect(await log.committed(application, '0_0')).toBeNull();
    expect(await log.committed(application, '0_1')).toBeNull();
  });
});
