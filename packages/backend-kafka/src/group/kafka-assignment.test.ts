import {
  type AssignedTask,
  type AssignmentListener,
  LogError,
  type TaskId,
  type Topology,
  taskIds,
} from '@millrace/engine';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kafkaSettingsFromEnvironment } from '../kafka-settings.ts';
import { KafkajsTransport } from '../transport/kafkajs-transport.ts';
import type { CallOptions } from '../transport/rpc-transport.ts';
import { KafkaAssignment, type KafkaAssignmentOptions } from './kafka-assignment.ts';

const settings = kafkaSettingsFromEnvironment(process.env);
if (settings === null) console.warn('SKIPPED: membership tests. Set KAFKA_BROKERS to run them against a real broker.');

/** The least that a broker allows by default. */
const sessionTimeoutMs = 6_000;

/** A connection that can be cut. */
class CutTransport extends KafkajsTransport {
  isCut = false;

  override call(node: number, apiKey: number, version: number, body: Uint8Array, options?: CallOptions) {
    if (this.isCut) return Promise.reject(new LogError('unreachable', 'The cable is cut.', { retriable: true }));
    return super.call(node, apiKey, version, body, options);
  }
}

/** Who owns what, as the workers were told; refuses that a task has two owners. */
class Ledger {
  readonly owners = new Map<TaskId, string>();
  readonly moves: string[] = [];
  readonly violations: string[] = [];

  of(worker: string): TaskId[] {
    return [...this.owners].filter(([, owner]) => owner === worker).map(([taskId]) => taskId);
  }
}

class Worker implements AssignmentListener {
  readonly name: string;
  readonly transport: CutTransport;
  readonly assignment: KafkaAssignment;
  readonly epochs = new Map<TaskId, number>();
  readonly failures: unknown[] = [];
  copies: readonly TaskId[] = [];
  losses = 0;
  /** What a worker does when tasks are revoked; the group waits for it. */
  beforeRevoked: () => Promise<void> = () => Promise.resolve();
  readonly #ledger: Ledger;

  private constructor(name: string, ledger: Ledger, transport: CutTransport, options: KafkaAssignmentOptions) {
    this.name = name;
    this.#ledger = ledger;
    this.transport = transport;
    this.assignment = new KafkaAssignment(options);
  }

  static async start(
    name: string,
    ledger: Ledger,
    topology: Topology,
    options: Partial<KafkaAssignmentOptions> = {},
  ): Promise<Worker> {
    if (settings === null) throw new Error('no brokers');
    const transport = new CutTransport(settings);
    await transport.start();
    const worker = new Worker(name, ledger, transport, {
      transport,
      topology,
      sessionTimeoutMs,
      heartbeatIntervalMs: 200,
      ...options,
    });
    worker.assignment.subscribe(worker);
    return worker;
  }

  async assigned(tasks: readonly AssignedTask[]): Promise<void> {
    for (const { taskId, epoch } of tasks) {
      const owner = this.#ledger.owners.get(taskId);
      if (owner !== undefined) this.#ledger.violations.push(`${taskId} to ${this.name} while ${owner} has it`);
      this.#ledger.owners.set(taskId, this.name);
      this.#ledger.moves.push(`${this.name} + ${taskId}`);
      this.epochs.set(taskId, epoch);
    }
  }

  async revoked(taskIds: readonly TaskId[]): Promise<void> {
    await this.beforeRevoked();
    for (const taskId of taskIds) this.#drop(taskId);
  }

  async lost(): Promise<void> {
    this.losses++;
    for (const taskId of [...this.epochs.keys()]) this.#drop(taskId);
  }

  async standbys(copies: readonly TaskId[]): Promise<void> {
    this.copies = copies;
  }

  failed(error: unknown): void {
    this.failures.push(error);
  }

  get tasks(): TaskId[] {
    return [...this.epochs.keys()].sort();
  }

  /** As a process that ends without a word. */
  die(): void {
    this.transport.isCut = true;
    for (const taskId of [...this.epochs.keys()]) this.#drop(taskId);
  }

  #drop(taskId: TaskId): void {
    this.epochs.delete(taskId);
    if (this.#ledger.owners.get(taskId) === this.name) this.#ledger.owners.delete(taskId);
    this.#ledger.moves.push(`${this.name} - ${taskId}`);
  }
}

describe.skipIf(settings === null)('a group of workers on a real broker', () => {
  let topology: Topology;
  let ledger: Ledger;
  let workers: Worker[];

  beforeEach(() => {
    topology = topologyOf(`group-test-${process.pid}-${Math.random().toString(36).slice(2)}`, [4, 4]);
    ledger = new Ledger();
    workers = [];
  });

  afterEach(async () => {
    for (const worker of workers) {
      await worker.assignment.close();
      await worker.transport.close();
    }
    expect(ledger.violations).toEqual([]);
  });

  async function start(name: string, options?: Partial<KafkaAssignmentOptions>): Promise<Worker> {
    const worker = await Worker.start(name, ledger, topology, options);
    workers.push(worker);
    return worker;
  }

  const everything = (): string[] => [...taskIds(topology)].sort();
  const owned = (): string[] => [...ledger.owners.keys()].sort();
  const isShared = (counts: readonly number[]): boolean =>
    owned().length === everything().length && workers.every((worker, index) => worker.tasks.length === counts[index]);

  it('gives a worker that is alone everything', async () => {
    const worker = await start('a');
    await until(() => worker.tasks.length === 8);
    expect(worker.tasks).toEqual(everything());
    await until(() => worker.assignment.state === 'stable');
  });

  it('shares with workers that come, and moves nothing that can stay', async () => {
    const first = await start('a');
    await until(() => isShared([8]));
    const before = new Map(first.epochs);
    await start('b');
    await until(() => isShared([4, 4]));
    await start('c');
    await until(() => isShared([3, 3, 2]) || isShared([2, 3, 3]) || isShared([3, 2, 3]));
    expect(owned()).toEqual(everything());
    // What stayed kept its epoch; what went was given under a newer one.
    for (const [taskId, epoch] of first.epochs) expect(epoch).toBe(before.get(taskId));
    for (const other of workers.slice(1))
      for (const [taskId, epoch] of other.epochs) expect(epoch).toBeGreaterThan(before.get(taskId) ?? 0);
    expect(ledger.moves.filter((move) => move.startsWith('a +'))).toHaveLength(8);
  });

  it('gives a task away only after its owner has finished with it', async () => {
    const first = await start('a');
    await until(() => isShared([8]));
    let finish: () => void = () => undefined;
    let isAsked = false;
    first.beforeRevoked = () =>
      new Promise((resolve) => {
        isAsked = true;
        finish = resolve;
      });
    const second = await start('b');
    await until(() => isAsked && second.assignment.state === 'stable');
    expect(first.tasks).toHaveLength(8);
    expect(second.tasks).toEqual([]);
    finish();
    await until(() => isShared([4, 4]));
  });

  it('shares the tasks of a worker that leaves among the others at once', async () => {
    for (const name of ['a', 'b', 'c']) await start(name);
    await until(() => owned().length === 8 && workers.every((worker) => worker.tasks.length >= 2));
    const leaving = workers.shift() as Worker;
    const begin = performance.now();
    leaving.die();
    leaving.transport.isCut = false;
    await leaving.assignment.close();
    await until(() => isShared([4, 4]));
    expect(performance.now() - begin).toBeLessThan(sessionTimeoutMs);
    await leaving.transport.close();
  });

  it('takes over from a worker that dies, which finds out by itself', async () => {
    const dying = await start('a');
    await until(() => isShared([8]));
    await start('b');
    await until(() => isShared([4, 4]));
    dying.die();
    await until(() => workers[1]?.tasks.length === 8);
    await until(() => dying.losses === 1);
    await expect(
      dying.assignment.whileMember([{ taskId: '0_0', epoch: 1 }], () => Promise.resolve()),
    ).rejects.toMatchObject({ code: 'fenced' });
    // The cable is mended: it comes back as a new member.
    dying.transport.isCut = false;
    await until(() => isShared([4, 4]));
  });

  it('a worker that was fenced gives up everything and takes part again', async () => {
    const fenced = await start('a');
    await until(() => isShared([8]));
    const before = Math.max(...fenced.epochs.values());
    fenced.assignment.forfeit();
    await until(() => fenced.losses === 1 && isShared([8]));
    for (const epoch of fenced.epochs.values()) expect(epoch).toBeGreaterThan(before);
  });

  it('holds a commit back while the generation changes, and the change while a commit is under way', async () => {
    const first = await start('a');
    await until(() => isShared([8]) && first.assignment.state === 'stable');
    const [[taskId, epoch]] = [...first.epochs] as [[string, number]];
    let finish: () => void = () => undefined;
    const generations: number[] = [];
    const commit = first.assignment.whileMember([{ taskId, epoch }], (identity) => {
      generations.push(identity.generation);
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    const second = await start('b');
    await until(() => first.assignment.state === 'joining');
    const next = first.assignment.whileMember([{ taskId, epoch }], async (identity) => {
      generations.push(identity.generation);
    });
    expect(second.assignment.state).toBe('joining');
    finish();
    await commit;
    await next;
    expect(generations[1]).toBeGreaterThan(generations[0] as number);
  });

  it('refuses to commit for a task that it does not own under that epoch', async () => {
    const worker = await start('a');
    await until(() => isShared([8]));
    const epoch = worker.epochs.get('0_0') as number;
    await worker.assignment.whileMember([{ taskId: '0_0', epoch }], () => Promise.resolve());
    for (const claim of [
      { taskId: '0_0', epoch: epoch - 1 },
      { taskId: '9_9', epoch },
    ])
      await expect(worker.assignment.whileMember([claim], () => Promise.resolve())).rejects.toMatchObject({
        code: 'fenced',
      });
  });

  it('lets a copy warm up before a task with much state moves', async () => {
    topology = { ...topology, subTopologies: topology.subTopologies.map((part) => ({ ...part, stores: ['s'] })) };
    const lags = new Map<TaskId, number>();
    const much = {
      probingIntervalMs: 300,
      changelogRecords: () => Promise.resolve(new Map(taskIds(topology).map((taskId) => [taskId, 1_000_000]))),
    };
    const first = await start('a', much);
    await until(() => isShared([8]));
    const second = await start('b', { ...much, lags: () => Promise.resolve(lags) });
    await until(() => second.copies.length === 2);
    expect(first.tasks).toHaveLength(8);
    const copies = second.copies;
    for (const taskId of copies) lags.set(taskId, 10);
    await until(() => second.tasks.length === 2);
    expect(second.tasks).toEqual([...copies].sort());
    // All that must move does, two at a time.
    const timer = setInterval(() => {
      for (const taskId of second.copies) lags.set(taskId, 10);
    }, 50);
    await until(() => isShared([4, 4])).finally(() => clearInterval(timer));
  });

  it('gives a worker with a fixed name its tasks back after a restart, and moves nothing', async () => {
    const first = await start('a', { groupInstanceId: 'one' });
    await start('b', { groupInstanceId: 'two' });
    await until(() => isShared([4, 4]));
    const before = first.tasks;
    const other = workers[1]?.epochs as Map<TaskId, number>;
    const kept = new Map(other);
    first.die();
    await first.assignment.close();
    const again = await start('a', { groupInstanceId: 'one' });
    await until(() => again.tasks.length === 4);
    expect(again.tasks).toEqual(before);
    expect(other).toEqual(kept);
  });

  it('says so and stays out when the group belongs to another kind of client', async () => {
    const consumer = new (await import('kafkajs')).default.Kafka({
      brokers: [...(settings?.brokers ?? [])],
      logLevel: 0,
    });
    const topic = `${topology.pipeline}-topic`;
    const admin = consumer.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    const foreign = consumer.consumer({ groupId: topology.pipeline });
    await foreign.connect();
    await foreign.subscribe({ topic });
    const joined = new Promise((resolve) => foreign.on(foreign.events.GROUP_JOIN, resolve));
    await foreign.run({ eachMessage: () => Promise.resolve() });
    await joined;
    const worker = await start('a');
    await until(() => worker.failures.length === 1);
    expect(String(worker.failures[0])).toContain('INCONSISTENT_GROUP_PROTOCOL');
    expect(worker.assignment.state).toBe('failed');
    await foreign.disconnect();
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
  });
});

/** Sub-topologies that read a topic each. */
function topologyOf(pipeline: string, partitions: readonly number[]): Topology {
  return {
    pipeline,
    guarantee: 'exactly-once',
    commitIntervalMs: 100,
    settings: { cacheBytes: 0, maxIdleMs: 0, emitIntervalMs: 0 },
    subTopologies: partitions.map((count, id) => ({
      id,
      partitions: count,
      sources: [
        {
          id: `s${id}`,
          node: `s${id}`,
          role: 'main',
          topic: `${pipeline}-in-${id}`,
          partitions: count,
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
    })),
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
