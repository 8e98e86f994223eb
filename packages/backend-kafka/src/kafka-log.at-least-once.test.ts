import { randomBytes } from 'node:crypto';
import { type Commit, encodeBatch, LogError, type TopicSpec } from '@millrace/engine';
import { logConformance } from '@millrace/engine/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commitAtLeastOnce } from './at-least-once-commit.ts';
import { apiKeys } from './codec/api-keys.ts';
import { encodeKafkaBatches } from './codec/records/batch-encoder.ts';
import { FencingMember } from './fencing-member.ts';
import type { GroupIdentity } from './group/group-identity.ts';
import { IdempotentProducer } from './idempotent-producer.ts';
import { KafkaLog } from './kafka-log.ts';
import { kafkaSettingsFromEnvironment } from './kafka-settings.ts';
import { Leaders } from './leaders.ts';
import type { PartitionBatches } from './producer-session.ts';
import { TaskStates } from './task-states.ts';
import { between } from './testing/between.ts';
import { NamedApartLog } from './testing/named-apart-log.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
const skipped = settings === null ? 'SKIPPED, since KAFKA_BROKERS names no Kafka cluster: ' : '';

/** Nothing gets through from a request of this kind on, the `nth`, counted from 1: the process has died. */
function dyingAt(transport: RpcTransport, apiKey: number, nth: number): RpcTransport {
  let left = nth;
  let isDead = false;
  return between(transport, async (node, key, version, body, options) => {
    if (key === apiKey && --left === 0) isDead = true;
    if (isDead) throw new LogError('io', 'The process is gone.');
    return transport.call(node, key, version, body, options);
  });
}

describe.skipIf(settings === null)(`${skipped}Kafka log without transactions`, { timeout: 60_000 }, () => {
  logConformance(
    { describe, it, expect },
    {
      name: 'Kafka log without transactions',
      seed: Date.now(),
      denseOffsets: false,
      denseEpochs: false,
      readsAtOneMoment: false,
      exactSizes: false,
      fractionsOfMilliseconds: false,
      async open() {
        if (settings === null) throw new Error('There are no settings.');
        const prefix = `test-${randomBytes(6).toString('hex')}-`;
        const opened = async (): Promise<KafkaLog> => {
          const kafka = await KafkaLog.open(settings);
          for (const application of ['orders', 'one']) kafka.useAtLeastOnce(prefix + application, []);
          return kafka;
        };
        let kafka = await opened();
        let log = new NamedApartLog(kafka, prefix);
        return {
          log,
          async reopen() {
            await log.close();
            kafka = await opened();
            log = new NamedApartLog(kafka, prefix, log.names);
            return log;
          },
          async dispose() {
            await kafka.close();
            const cleaner = await KafkaLog.open(settings);
            const topics = (await cleaner.topics()).map((topic) => topic.name);
            await cleaner.deleteTopics(topics.filter((topic) => topic.startsWith(prefix)));
            await cleaner.close();
          },
        };
      },
    },
  );
});

describe.skipIf(settings === null)(`${skipped}commits without transactions`, { timeout: 60_000 }, () => {
  const prefix = `test-${randomBytes(6).toString('hex')}`;
  const changelogs = [[`${prefix}-second`], [`${prefix}-first`]];
  let application: string;
  let log: KafkaLog;

  beforeEach(async () => {
    if (settings === null) return;
    application = `${prefix}-${randomBytes(4).toString('hex')}`;
    log = await KafkaLog.open(settings);
    log.useAtLeastOnce(application, changelogs);
    const delete_ = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    const spec = (name: string, cleanup: TopicSpec['cleanup']): TopicSpec => ({
      name: `${prefix}-${name}`,
      partitions: 1,
      role: 'external',
      cleanup,
      owner: null,
    });
    const compact = { policy: 'compact', historyMs: 0, historyBytes: null } as const;
    await log.ensureTopics([
      spec('in', delete_),
      spec('out', delete_),
      spec('first', compact),
      spec('second', compact),
    ]);
  });

  afterEach(async () => {
    const names = (await log.topics()).map((topic) => topic.name).filter((topic) => topic.startsWith(prefix));
    await log.deleteTopics(names);
    await log.close();
  });

  const batchOf = (value: string) => encodeBatch([{ key: 'k', value, timestamp: 1 }]);
  const commitOf = (epoch: number, offset: number, value: string): Commit => ({
    application,
    tasks: [{ taskId: '0_0', epoch, positions: [{ topic: `${prefix}-in`, partition: 0, offset }], state: value }],
    appends: ['first', 'out', 'second'].map((topic) => ({
      topic: `${prefix}-${topic}`,
      partition: 0,
      batch: batchOf(value),
    })),
  });

  /** The same, by its parts, for a producer of the test's own. */
  function workOf(member: GroupIdentity, epoch: number, offset: number, value: string) {
    const encoded = (topic: string, batch = batchOf(value)): PartitionBatches => ({
      topic,
      partition: 0,
      batches: encodeKafkaBatches([batch], { compression: 'none', maxBatchBytes: 1_000_000 }),
    });
    const [task] = commitOf(epoch, offset, value).tasks;
    if (task === undefined) throw new Error('The commit has a task.');
    return {
      group: application,
      member,
      stages: [[encoded(`${prefix}-out`)], ...changelogs.map((stage) => stage.map((topic) => encoded(topic)))],
      states: [encoded(`${application}-tasks-0`, TaskStates.record(task, 1))],
      positions: task.positions,
    };
  }

  async function values(topic: string): Promise<(string | null)[]> {
    const found: (string | null)[] = [];
    const at = { topic: `${prefix}-${topic}`, partition: 0 };
    for (let offset = 0, end = 1; offset < end; ) {
      const [result] = await log.read([{ ...at, offset }], { maxBytesPerPartition: 1_000_000, maxWaitMs: 0 });
      if (result === undefined) break;
      for (const batch of result.batches) found.push(batch.valuesText);
      [offset, end] = [result.nextOffset, result.undecidedEndOffset];
    }
    return found;
  }

  it('are readable at once when they are acknowledged, without marks between their records', async () => {
    const [epoch] = (await log.fence(application, ['0_0'])) as [number];
    expect(await log.commit(commitOf(epoch, 3, 'one'))).toEqual({ baseOffsets: [0, 0, 0] });
    expect(await log.commit(commitOf(epoch, 5, 'two'))).toEqual({ baseOffsets: [1, 1, 1] });
    expect(await Promise.all(['out', 'first', 'second'].map(values))).toEqual(
      Array.from({ length: 3 }, () => ['one', 'two']),
    );
    expect(await log.committed(application, '0_0')).toEqual({
      epoch,
      positions: [{ topic: `${prefix}-in`, partition: 0, offset: 5 }],
      state: 'two',
    });
  });

  it.each([
    ['anything', apiKeys.heartbeat, 1, { out: 0, second: 0, first: 0 }],
    ['the outputs', apiKeys.produce, 1, { out: 0, second: 0, first: 0 }],
    ['the last changelog', apiKeys.produce, 2, { out: 1, second: 0, first: 0 }],
    ['the first changelog', apiKeys.produce, 3, { out: 1, second: 1, first: 0 }],
    ['the state', apiKeys.produce, 4, { out: 1, second: 1, first: 1 }],
    ['the positions', apiKeys.offsetCommit, 1, { out: 1, second: 1, first: 1 }],
  ] as const)(
    'of a process that dies before %s are done again, and nothing is missing',
    async (_what, key, nth, more) => {
      const [epoch] = (await log.fence(application, ['0_0'])) as [number];
      await log.commit(commitOf(epoch, 3, 'one'));
      await log.release(application);

      const member = new FencingMember(application, log.transport);
      const [next] = (await member.take(['0_0'])) as [number];
      const dying = dyingAt(log.transport, key, nth);
      const producer = new IdempotentProducer(dying, new Leaders(dying));
      const cut = member.whileMember([], (identity) =>
        commitAtLeastOnce(dying, producer, workOf(identity, next, 5, 'two')),
      );
      await expect(cut).rejects.toMatchObject({ message: 'The process is gone.' });
      await member.close();

      expect(await log.committed(application, '0_0')).toMatchObject({ epoch, state: 'one' });
      for (const [topic, times] of Object.entries(more)) {
        expect(await values(topic), topic).toEqual(['one', ...Array.from({ length: times }, () => 'two')]);
      }
      // Whoever goes on does it again.
      const [last] = (await log.fence(application, ['0_0'])) as [number];
      await log.commit(commitOf(last, 5, 'two'));
      expect(await log.committed(application, '0_0')).toMatchObject({ epoch: last, state: 'two' });
      expect((await values('out')).filter((value) => value === 'two')).toHaveLength(more.out + 1);
    },
  );

  it.each(['produce', 'offsetCommit', 'heartbeat'] as const)(
    'write once though answers to %s are lost',
    async (name) => {
      const member = new FencingMember(application, log.transport);
      const [epoch] = (await member.take(['0_0'])) as [number];
      // Makes the topic of the states.
      await log.fence(application, ['0_0']);
      await log.release(application);
      await member.take(['0_0']);
      let left = 2;
      const losing = between(log.transport, async (node, key, version, body, options) => {
        const answer = await log.transport.call(node, key, version, body, options);
        if (key !== apiKeys[name] || left-- <= 0) return answer;
        throw new LogError('unreachable', 'The answer was lost.', { retriable: true });
      });
      const producer = new IdempotentProducer(losing, new Leaders(losing));
      for (const value of ['one', 'two']) {
        await member.whileMember([], (identity) =>
          commitAtLeastOnce(losing, producer, workOf(identity, epoch, 1, value)),
        );
      }
      expect(await Promise.all(['out', 'first', 'second'].map(values))).toEqual(
        Array.from({ length: 3 }, () => ['one', 'two']),
      );
      expect(await log.committed(application, '0_0')).toMatchObject({ state: 'two' });
      await member.close();
    },
  );

  it('of a worker that was given up write nothing, in another process too', async () => {
    if (settings === null) return;
    const other = await KafkaLog.open(settings);
    other.useAtLeastOnce(application, changelogs);
    const [old] = (await log.fence(application, ['0_0'])) as [number];
    await log.commit(commitOf(old, 3, 'one'));
    const [next] = (await other.fence(application, ['0_0'])) as [number];
    await expect(log.commit(commitOf(old, 5, 'zombie'))).rejects.toMatchObject({ code: 'fenced' });
    await other.commit(commitOf(next, 5, 'two'));
    expect(await values('out')).toEqual(['one', 'two']);
    expect(await values('first')).toEqual(['one', 'two']);
    await other.close();
  });

  it('of a worker that is given up while it writes do not count', async () => {
    if (settings === null) return;
    const other = await KafkaLog.open(settings);
    const [old] = (await log.fence(application, ['0_0'])) as [number];
    await log.commit(commitOf(old, 3, 'one'));
    await log.release(application);
    const member = new FencingMember(application, log.transport);
    const [mine] = (await member.take(['0_0'])) as [number];
    // It has been found to be a member, and stands still before it sends its positions.
    const slow = between(log.transport, async (node, key, version, body, options) => {
      if (key === apiKeys.offsetCommit) await other.fence(application, ['0_0']);
      return log.transport.call(node, key, version, body, options);
    });
    const producer = new IdempotentProducer(slow, new Leaders(slow));
    const late = member.whileMember([], (identity) =>
      commitAtLeastOnce(slow, producer, workOf(identity, mine, 5, 'zombie')),
    );
    await expect(late).rejects.toMatchObject({ code: 'fenced' });
    expect(await log.committed(application, '0_0')).toMatchObject({ epoch: old, state: 'one' });
    await member.close();
    await other.close();
  });

  it('follow transactions and are followed by them', async () => {
    if (settings === null) return;
    const once = await KafkaLog.open(settings);
    const [first] = (await once.fence(application, ['0_0'])) as [number];
    await once.commit(commitOf(first, 1, 'one'));
    const [second] = (await log.fence(application, ['0_0'])) as [number];
    expect(await log.committed(application, '0_0')).toMatchObject({ state: 'one' });
    await log.commit(commitOf(second, 2, 'two'));
    const [third] = (await once.fence(application, ['0_0'])) as [number];
    expect(await once.committed(application, '0_0')).toMatchObject({ state: 'two' });
    await once.commit(commitOf(third, 3, 'three'));
    expect(await once.committed(application, '0_0')).toMatchObject({ epoch: third, state: 'three' });
    expect(await values('out')).toEqual(['one', 'two', 'three']);
    await once.close();
  });
});
