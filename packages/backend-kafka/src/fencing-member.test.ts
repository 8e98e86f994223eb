import { randomBytes } from 'node:crypto';
import { encodeBatch, LogError, type TaskId, type Topology } from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiKeys } from './codec/api-keys.ts';
import { FencingMember } from './fencing-member.ts';
import { GroupClient } from './group/group-client.ts';
import { KafkaAssignment } from './group/kafka-assignment.ts';
import { errorCodes } from './kafka-error.ts';
import { KafkaLog } from './kafka-log.ts';
import { kafkaSettingsFromEnvironment } from './kafka-settings.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
const name = settings === null ? 'SKIPPED, since KAFKA_BROKERS names no Kafka cluster: taking over' : 'taking over';

describe.skipIf(settings === null)(name, { timeout: 60_000 }, () => {
  let application: string;
  let topology: Topology;
  let workerLog: KafkaLog;
  let ownerLog: KafkaLog;
  let epochs: Map<TaskId, number>;
  let worker: KafkaAssignment | null;

  beforeEach(async () => {
    if (settings === null) return;
    application = `test-${randomBytes(6).toString('hex')}`;
    topology = topologyOf(application);
    epochs = new Map();
    worker = null;
    workerLog = await KafkaLog.open(settings);
    ownerLog = await KafkaLog.open(settings);
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    await ownerLog.ensureTopics([{ name: `${application}-in`, partitions: 2, role: 'external', cleanup, owner: null }]);
  });

  afterEach(async () => {
    await worker?.close();
    const names = (await ownerLog.topics()).map((topic) => topic.name).filter((topic) => topic.startsWith(application));
    await ownerLog.deleteTopics(names);
    await ownerLog.close();
    await workerLog.close();
  });

  /** A worker that never finishes with tasks that are revoked, so that it could go on with them. */
  function work(groupInstanceId: string | null): KafkaAssignment {
    const assignment = new KafkaAssignment({
      transport: workerLog.transport,
      topology,
      groupInstanceId,
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 200,
    });
    worker = assignment;
    workerLog.useMembership(application, assignment);
    assignment.subscribe({
      assigned: async (tasks) => {
        for (const { taskId, epoch } of tasks) epochs.set(taskId, epoch);
      },
      revoked: () => new Promise(() => undefined),
      lost: async () => epochs.clear(),
      standbys: async () => undefined,
      failed: (error) => {
        throw error;
      },
    });
    return assignment;
  }

  const commitOf = (epoch: number, state: string) => ({
    application,
    tasks: [{ taskId: '0_0', epoch, positions: [], state }],
    appends: [
      { topic: `${application}-in`, partition: 0, batch: encodeBatch([{ key: 'k', value: state, timestamp: 0 }]) },
    ],
  });

  it('joins once more when somebody else joins at the same moment', async () => {
    const transport = ownerLog.transport;
    const other = new GroupClient({
      transport: workerLog.transport,
      group: application,
      groupInstanceId: null,
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 2_000,
    });
    const comers: Promise<unknown>[] = [];
    const disturbed = new Proxy(transport, {
      get(target, name) {
        const found = Reflect.get(target, name);
        if (typeof found !== 'function') return found;
        if (name !== 'call') return found.bind(target);
        return async (node: number, apiKey: number, version: number, body: Uint8Array, options?: object) => {
          if (apiKey === apiKeys.syncGroup && comers.length === 0) {
            // Its join stands open until all have joined again, which the brokers tell whoever asks for its tasks.
            comers.push(other.join('', 'millrace', new Uint8Array(0)).catch(() => undefined));
            const sync = () => target.call(node, apiKey, version, body, options);
            for (let answer = await sync(); ; answer = await sync()) {
              const error = new DataView(answer.buffer, answer.byteOffset).getInt16(answer.byteLength > 7 ? 4 : 0);
              if (error === errorCodes.rebalanceInProgress) return answer;
              await new Promise((resolve) => setTimeout(resolve, 20));
            }
          }
          return target.call(node, apiKey, version, body, options);
        };
      },
    });
    const member = new FencingMember(application, disturbed);
    const [epoch] = await member.take(['0_0']);
    expect(epoch).toBeGreaterThan(1);
    await Promise.all(comers);
    await member.close();
  });

  for (const groupInstanceId of [null, 'one']) {
    it(`refuses every later commit of a worker ${groupInstanceId === null ? 'that runs' : 'with a fixed name'}`, async () => {
      const assignment = work(groupInstanceId);
      await until(() => epochs.size === 2);
      const epoch = epochs.get('0_0') as number;
      await workerLog.commit(commitOf(epoch, 'worker'));
      const [taken] = (await ownerLog.fence(application, ['0_0', '0_1'])) as [number];
      expect(taken).toBeGreaterThan(epoch);
      await expect(workerLog.commit(commitOf(epoch, 'late'))).rejects.toMatchObject({ code: 'fenced' });
      expect(await ownerLog.committed(application, '0_0')).toMatchObject({ state: 'worker' });
      await ownerLog.commit(commitOf(taken, 'owner'));
      expect(await ownerLog.committed(application, '0_0')).toMatchObject({ state: 'owner' });
      // It has joined anew meanwhile, or will: it is given nothing.
      await until(() => epochs.size === 0);
      await until(() => assignment.state === 'stable');
      expect([...epochs]).toEqual([]);
    });
  }

  it('leaves alone a group of another kind of client, and says so', async () => {
    const { default: kafkajs } = await import('kafkajs');
    const foreign = new kafkajs.Kafka({ brokers: [...(settings?.brokers ?? [])], logLevel: 0 }).consumer({
      groupId: application,
    });
    await foreign.connect();
    await foreign.subscribe({ topic: `${application}-in` });
    let joins = 0;
    foreign.on(foreign.events.GROUP_JOIN, () => void joins++);
    await foreign.run({ eachMessage: () => Promise.resolve() });
    await until(() => joins === 1);
    const error = await ownerLog.fence(application, ['0_0']).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LogError);
    expect(String(error)).toContain('INCONSISTENT_GROUP_PROTOCOL');
    expect(joins).toBe(1);
    await foreign.disconnect();
  });
});

/** One sub-topology with two tasks. */
function topologyOf(pipeline: string): Topology {
  return {
    pipeline,
    guarantee: 'exactly-once',
    commitIntervalMs: 100,
    settings: { cacheBytes: 0, maxIdleMs: 0, emitIntervalMs: 0 },
    subTopologies: [
      {
        id: 0,
        partitions: 2,
        sources: [
          {
            id: 's',
            node: 's',
            role: 'main',
            topic: `${pipeline}-in`,
            partitions: 2,
            keyFormat: 'string',
            valueFormat: 'json',
            timestamp: { from: 'record' },
            internal: false,
            errorPolicy: 'dead-letter',
            targets: [],
          },
        ],
        processors: [],
        sinks: [],
        stores: [],
      },
    ],
    stores: [],
    globalTables: [],
    topics: [],
    deadLetterTopic: `${pipeline}-dead-letters`,
    commitsTopic: `${pipeline}-commits`,
  };
}

async function until(condition: () => boolean): Promise<void> {
  const begin = performance.now();
  while (!condition()) {
    if (performance.now() - begin > 30_000) throw new Error('waited 30 s in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
