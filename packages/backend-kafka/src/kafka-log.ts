import { randomBytes } from 'node:crypto';
import {
  type Append,
  type Commit,
  type CommitResult,
  type CommittedTask,
  closedLog,
  type Log,
  LogError,
  type ReadOptions,
  type ReadRequest,
  type ReadResult,
  type RecordLimits,
  type SourcePosition,
  type TaskCommit,
  type TaskId,
  type TopicDescription,
  type TopicPartition,
  type TopicSpec,
} from '@millrace/engine';
import { commitAtLeastOnce } from './at-least-once-commit.ts';
import { encodeKafkaBatches } from './codec/records/batch-encoder.ts';
import { BatchMemory } from './codec/records/batch-memory.ts';
import { canCompress } from './codec/records/compression.ts';
import { FencingMember } from './fencing-member.ts';
import { Fetcher } from './fetcher.ts';
import { GroupClient } from './group/group-client.ts';
import type { CommittingMember, GroupIdentity } from './group/group-identity.ts';
import { IdempotentProducer } from './idempotent-producer.ts';
import { errorCodes, KafkaError } from './kafka-error.ts';
import type { Compression, KafkaSettings } from './kafka-settings.ts';
import { Leaders } from './leaders.ts';
import type { PartitionBatches } from './producer-session.ts';
import { asLogError, withRetries } from './retries.ts';
import { Serial } from './serial.ts';
import { taskPartition } from './task-partitions.ts';
import { TaskStates } from './task-states.ts';
import { TopicAdmin } from './topic-admin.ts';
import { TopicLimits } from './topic-limits.ts';
import { TransactionalProducer } from './transactional-producer.ts';
import { KafkajsTransport } from './transport/kafkajs-transport.ts';
import type { RpcTransport } from './transport/rpc-transport.ts';

/** Below what topics allow by default (max.message.bytes), with room for what is around the records. */
const maxBatchBytes = 1_000_000;

/** What a batch of one record takes besides its key, value and headers, and a little more. */
const aroundRecordBytes = 128;

/** How long readers may take to see what a transaction of {@link KafkaLog.append} has written. */
const visibleMs = 30_000;

/** How long signing members off is tried, which are forgotten by themselves after a while. */
const signOffMs = 10_000;

const missingTopic = { error: errorCodes.unknownTopicOrPartition, partitions: [] };

const noMember: GroupIdentity = { generation: -1, memberId: '', groupInstanceId: null };

interface Producer {
  readonly producer: TransactionalProducer;
  readonly serial: Serial;
}

export interface KafkaLogOptions {
  /** Epoch milliseconds, for records of our own. */
  readonly clock?: (() => number) | undefined;
  /** A name that this process has again after a restart, and no other has; see {@link KafkaLog.endLeftTransaction}. */
  readonly processName?: string | undefined;
}

/**
 * The log on a Kafka cluster. A commit is one transaction: the records, each task's state (see task-partitions.ts) and its positions, which
 * the group's coordinator takes only from a member of the current generation. Readers see it a moment after it is acknowledged, whole in
 * each partition, but not in all partitions at one moment. An application may do without transactions; see {@link KafkaLog.useAtLeastOnce}.
 */
export class KafkaLog implements Log {
  readonly #transport: RpcTransport;
  readonly #leaders: Leaders;
  readonly #fetcher: Fetcher;
  readonly #admin: TopicAdmin;
  readonly #tasks: TaskStates;
  readonly #limits: TopicLimits;
  readonly #compression: Compression;
  readonly #clock: () => number;
  /** The end of transactional ids. */
  readonly #process: string;
  readonly #batchMemory = new BatchMemory();
  readonly #single: IdempotentProducer;
  readonly #singleSerial = new Serial();
  readonly #producers = new Map<string, Producer>();
  readonly #members = new Map<string, CommittingMember>();
  readonly #fencing = new Map<string, FencingMember>();
  /** By application whose commits are no transactions: the stages in which changelogs become durable. */
  readonly #atLeastOnce = new Map<string, readonly (readonly string[])[]>();
  #isClosed = false;

  private constructor(transport: RpcTransport, settings: KafkaSettings, clock: () => number, process: string) {
    this.#transport = transport;
    this.#process = process;
    this.#clock = clock;
    this.#compression = settings.compression ?? 'none';
    this.#leaders = new Leaders(transport);
    this.#fetcher = new Fetcher(transport, this.#leaders);
    this.#single = new IdempotentProducer(transport, this.#leaders);
    this.#limits = new TopicLimits(transport);
    this.#tasks = new TaskStates(transport, this.#leaders, this.#fetcher);
    this.#admin = new TopicAdmin({
      transport,
      leaders: this.#leaders,
      fetcher: this.#fetcher,
      replicationFactor: settings.replicationFactor ?? -1,
      now: clock,
      append: (append) => this.append([append]),
    });
  }

  /** @throws LogError `unreachable`, `wrong-credentials`, `not-authorised` or `unsupported` */
  static async open(settings: KafkaSettings, options: KafkaLogOptions = {}): Promise<KafkaLog> {
    const { clock = Date.now, processName = randomBytes(9).toString('base64url') } = options;
    const compression = settings.compression ?? 'none';
    if (!canCompress(compression)) {
      throw new LogError(
        'unsupported',
        `Compression with ${compression} needs Node.js 22.15 or newer. Choose another.`,
      );
    }
    const transport = new KafkajsTransport(settings);
    try {
      await transport.start();
    } catch (error) {
      await transport.close();
      throw asLogError(error);
    }
    return new KafkaLog(transport, settings, clock, processName);
  }

  /**
   * Ends the transaction that a process of this name left open when it was killed. Readers, and whoever takes its tasks, would wait until
   * the brokers give it up.
   */
  async endLeftTransaction(application: string): Promise<void> {
    const { producer, serial } = this.#producer(application);
    await this.#call(() => serial.run(() => producer.takeOver()));
  }

  /** For what else concerns the same cluster, such as group membership; closed with the log. */
  get transport(): RpcTransport {
    return this.#transport;
  }

  /** Commits of the application are made under this membership from now on; null ends that. */
  useMembership(application: string, member: CommittingMember | null): void {
    if (member === null) this.#members.delete(application);
    else this.#members.set(application, member);
  }

  /**
   * Commits of the application are no transactions from now on: one that fails may have written some of its records, and what it was made
   * of is to be processed again. `changelogStages`: see the function of that name.
   */
  useAtLeastOnce(application: string, changelogStages: readonly (readonly string[])[]): void {
    this.#atLeastOnce.set(application, changelogStages);
  }

  async topics(): Promise<readonly TopicDescription[]> {
    return this.#call(() => this.#admin.describe());
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.#call(() => this.#admin.ensure(specs));
  }

  /** By topic, as the cluster has them now, 0 for one that it does not have; without those that this user may not see. */
  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#call(async () => {
      const view = await this.#transport.metadata(topics, true);
      return new Map(
        topics.flatMap((name): [string, number][] => {
          const { error, partitions } = view.topics.get(name) ?? missingTopic;
          if (error === errorCodes.unknownTopicOrPartition) return [[name, 0]];
          return error === errorCodes.none ? [[name, partitions.length]] : [];
        }),
      );
    });
  }

  /** By topic: what it takes of a record. */
  async recordLimits(topics: readonly string[]): Promise<ReadonlyMap<string, RecordLimits>> {
    return this.#call(async () => {
      const limits = await this.#limits.of(topics);
      return new Map(
        [...limits].map(([topic, { batchBytes, beforeMaxMs, afterMaxMs }]) => [
          topic,
          { maxBytes: Math.max(0, batchBytes - aroundRecordBytes), beforeMaxMs, afterMaxMs },
        ]),
      );
    });
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    return this.#call(() => this.#admin.delete(names));
  }

  async read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    return this.#call(() => this.#fetcher.read(requests, options));
  }

  /** One batch goes without a transaction; several partitions, or more than one batch, go in one. */
  async append(appends: readonly Append[]): Promise<CommitResult> {
    return this.#call(async () => {
      const work = await this.#prepare(appends);
      const [first] = work.partitions;
      if (first === undefined) return work.acknowledged([]);
      if (work.partitions.length === 1 && first.batches.length === 1) {
        return work.acknowledged(await this.#singleSerial.run(() => this.#single.write([first])));
      }
      const { producer, serial } = this.#producer('millrace');
      const result = work.acknowledged(
        await serial.run(() => producer.run({ partitions: work.partitions, offsets: null })),
      );
      await this.#untilVisible(work.partitions);
      return result;
    });
  }

  /** From now on {@link KafkaLog.appendAs} is for this process: whoever took the name before is refused by the brokers. */
  async takeName(name: string): Promise<void> {
    return this.#call(async () => {
      const { producer, serial } = this.#producer(name, true);
      await serial.run(() => producer.takeOver());
    });
  }

  /**
   * As {@link KafkaLog.append}, under a name that this process took.
   * @throws LogError `fenced` when another has taken the name since; also when the brokers do not know any more who has it
   */
  async appendAs(name: string, appends: readonly Append[]): Promise<CommitResult> {
    return this.#call(async () => {
      const { producer, serial } = this.#producer(name, true);
      const work = await this.#prepare(appends);
      try {
        const result = work.acknowledged(
          await serial.run(() => producer.run({ partitions: work.partitions, offsets: null })),
        );
        await this.#untilVisible(work.partitions);
        return result;
      } catch (error) {
        if (!isForgotten(error)) throw error;
        throw new LogError('fenced', `The brokers have forgotten who writes as ${name}.`, { cause: error });
      }
    });
  }

  async commit({ application, tasks, appends }: Commit): Promise<CommitResult> {
    return this.#call(async () => {
      if (tasks.length === 0) {
        const { producer, serial } = this.#producer(application);
        return serial.run(async () => {
          const work = await this.#prepare(appends);
          if (work.partitions.length === 0) return work.acknowledged([]);
          return work.acknowledged(await producer.run({ partitions: work.partitions, offsets: null }));
        });
      }
      const changelogStages = this.#atLeastOnce.get(application);
      return this.#member(application).whileMember(tasks, (member) =>
        changelogStages === undefined
          ? this.#commitOnce({ application, tasks, appends }, member)
          : this.#commitAtLeastOnce({ application, tasks, appends }, member, changelogStages),
      );
    });
  }

  /**
   * Takes the tasks over as the one owner of the whole application, whatever workers there are. The epochs are the group's new generation.
   */
  async fence(application: string, taskIds: readonly TaskId[]): Promise<readonly number[]> {
    return this.#call(async () => {
      let member = this.#fencing.get(application);
      if (member === undefined) {
        member = new FencingMember(application, this.#transport);
        this.#fencing.set(application, member);
      }
      const epochs = await member.take(taskIds);
      await this.#ensureTaskTopics(application, taskIds);
      return epochs;
    });
  }

  /** Gives back what {@link KafkaLog.fence} took: workers may share the tasks of the application again. */
  async release(application: string): Promise<void> {
    const member = this.#fencing.get(application);
    this.#fencing.delete(application);
    await member?.close();
  }

  /** Signs off members of the group with these fixed names, which have ended, so that nobody waits for them. */
  async removeMembers(application: string, groupInstanceIds: readonly string[]): Promise<void> {
    return this.#call(async () => {
      if (groupInstanceIds.length === 0) return;
      const members = groupInstanceIds.map((groupInstanceId) => ({ memberId: '', groupInstanceId }));
      const client = GroupClient.ofStranger(this.#transport, application);
      await withRetries(() => client.remove(members), { forMs: signOffMs });
    });
  }

  async committed(application: string, taskId: TaskId): Promise<CommittedTask | null> {
    return this.#call(() => this.#tasks.committed(application, taskId));
  }

  /** Nobody may be running the tasks. */
  async resetTasks(application: string, taskIds: readonly TaskId[]): Promise<void> {
    return this.#call(async () => {
      const at = await this.#leaders.existing(
        taskIds.flatMap((taskId) => {
          const place = taskPartition(application, taskId);
          return place === null ? [] : [{ ...place, taskId }];
        }),
      );
      if (at.length === 0) return;
      const { producer, serial } = this.#producer(application);
      const options = { compression: this.#compression, maxBatchBytes };
      // Brokers may forget the positions, so the records say it too.
      const partitions = at.map(({ topic, partition, taskId }) => ({
        topic,
        partition,
        batches: encodeKafkaBatches([TaskStates.nothing(taskId, this.#clock())], options),
      }));
      const positions = at.map(({ topic, partition }) => ({ topic, partition, offset: 0 }));
      const forget = (member: GroupIdentity): Promise<unknown> =>
        serial.run(() =>
          producer.run({
            partitions,
            offsets: { group: application, member, positions: () => positions },
          }),
        );
      const member = this.#members.get(application) ?? this.#fencing.get(application);
      await (member === undefined ? forget(noMember) : member.whileMember([], forget));
    });
  }

  async purge(positions: readonly SourcePosition[]): Promise<void> {
    return this.#call(async () => {
      await this.#leaders.assertKnown(positions);
      await this.#admin.deleteRecords(await this.#admin.purgeable(positions));
    });
  }

  async truncate(topics: readonly string[]): Promise<void> {
    return this.#call(async () => {
      const partitions = await this.#admin.partitionsOf(topics);
      await this.#admin.deleteRecords(partitions.map((at) => ({ ...at, offset: -1 })));
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await Promise.all([...this.#fencing.values()].map((member) => member.close()));
    await this.#transport.close();
  }

  #commitOnce({ application, tasks, appends }: Commit, member: GroupIdentity): Promise<CommitResult> {
    const { producer, serial } = this.#producer(application);
    return serial.run(async () => {
      const work = await this.#prepare(appends);
      const states = await this.#states(application, tasks);
      const positions = await this.#realPositions(tasks);
      const bases = await producer.run({
        partitions: [...work.partitions, ...states],
        offsets: {
          group: application,
          member,
          positions: (baseOffset) => [
            ...positions,
            ...states.map(({ topic, partition }) => ({
              topic,
              partition,
              offset: baseOffset({ topic, partition }) + 1,
            })),
          ],
        },
      });
      return work.acknowledged(bases);
    });
  }

  #commitAtLeastOnce(
    { application, tasks, appends }: Commit,
    member: GroupIdentity,
    changelogStages: readonly (readonly string[])[],
  ): Promise<CommitResult> {
    return this.#singleSerial.run(async () => {
      const { partitions, acknowledged } = await this.#prepare(appends);
      const changelogs = new Set(changelogStages.flat());
      const baseOf = await commitAtLeastOnce(this.#transport, this.#single, {
        group: application,
        member,
        stages: [
          partitions.filter(({ topic }) => !changelogs.has(topic)),
          ...changelogStages.map((stage) => partitions.filter(({ topic }) => stage.includes(topic))),
        ],
        states: await this.#states(application, tasks),
        positions: await this.#realPositions(tasks),
      });
      return acknowledged(partitions.map(baseOf));
    });
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw closedLog();
    try {
      return await work();
    } catch (error) {
      if (this.#isClosed) throw closedLog();
      const failure = asLogError(error);
      if (failure instanceof LogError && (failure.code === 'too-large' || failure.code === 'invalid-timestamp'))
        this.#limits.forget();
      throw failure;
    }
  }

  #member(application: string): CommittingMember {
    const member = this.#members.get(application) ?? this.#fencing.get(application);
    if (member !== undefined) return member;
    throw new LogError(
      'fenced',
      `The tasks of ${application} were not given to this process. It must not commit them.`,
    );
  }

  /** @param isExclusive for whoever took the name last; otherwise each process has a transactional id of its own */
  #producer(application: string, isExclusive = false): Producer {
    const id = isExclusive ? application : `${application}-${this.#process}`;
    let producer = this.#producers.get(id);
    if (producer === undefined) {
      producer = {
        producer: new TransactionalProducer(id, this.#transport, this.#leaders, isExclusive),
        serial: new Serial(),
      };
      this.#producers.set(id, producer);
    }
    return producer;
  }

  /** Encodes what goes to each partition, and knows what to do when the brokers have it. */
  async #prepare(appends: readonly Append[]): Promise<{
    readonly partitions: readonly PartitionBatches[];
    /** Tells the offset of each append, from that of each partition's first record; the memory of the batches is used again. */
    acknowledged(bases: readonly number[]): CommitResult;
  }> {
    await this.#leaders.assertKnown(appends);
    const groups = new Map<
      string,
      { readonly at: TopicPartition; readonly batches: Append['batch'][]; count: number }
    >();
    const places = appends.map(({ topic, partition, batch }) => {
      const name = `${topic}-${partition}`;
      const group = groups.get(name) ?? { at: { topic, partition }, batches: [], count: 0 };
      groups.set(name, group);
      const place = { group, before: group.count };
      group.batches.push(batch);
      group.count += batch.count;
      return place;
    });
    const written = [...groups.values()].filter(({ count }) => count > 0);
    const unwritten = [...groups.values()].filter(({ count }) => count === 0);
    // An append without records gets the offset that the next record will have at the earliest.
    const ends = await this.#fetcher.offsets(
      unwritten.map(({ at }) => at),
      'undecided',
    );
    const limits = await this.#limits.of(written.map(({ at }) => at.topic));
    const memory = this.#batchMemory;
    const partitions = written.map(({ at, batches }) => {
      const most = Math.min(maxBatchBytes, limits.get(at.topic)?.batchBytes ?? maxBatchBytes);
      const options = { compression: this.#compression, maxBatchBytes: most, memory };
      return { ...at, batches: encodeKafkaBatches(batches, options) };
    });
    return {
      partitions,
      acknowledged: (bases) => {
        for (const { batches } of partitions) for (const { bytes } of batches) memory.giveBack(bytes);
        return {
          baseOffsets: places.map(({ group, before }) => {
            const index = written.indexOf(group);
            return index < 0 ? (ends[unwritten.indexOf(group)] ?? 0) : (bases[index] ?? -1) + before;
          }),
        };
      },
    };
  }

  async #states(application: string, tasks: readonly TaskCommit[]): Promise<PartitionBatches[]> {
    await this.#ensureTaskTopics(
      application,
      tasks.map(({ taskId }) => taskId),
    );
    const options = { compression: this.#compression, maxBatchBytes };
    return tasks.map((task) => {
      const batches = encodeKafkaBatches([TaskStates.record(task, this.#clock())], options);
      return { ...placeOf(application, task.taskId), batches };
    });
  }

  /** The positions in topics that exist here: those of generators exist nowhere. For Kafka's own tools, which show the lag. */
  async #realPositions(tasks: readonly TaskCommit[]): Promise<readonly SourcePosition[]> {
    const all = new Map(
      tasks.flatMap(({ positions }) =>
        positions.map((position) => [`${position.topic}-${position.partition}`, position] as const),
      ),
    );
    return this.#leaders.existing([...all.values()]);
  }

  /** Creates the topics of the tasks' states for all tasks at once: adding partitions afterwards takes a right of its own. */
  async ensureTaskTopics(application: string, taskIds: readonly TaskId[]): Promise<void> {
    return this.#call(() => this.#ensureTaskTopics(application, taskIds));
  }

  async #ensureTaskTopics(application: string, taskIds: readonly TaskId[]): Promise<void> {
    const wanted = new Map<string, number>();
    for (const taskId of taskIds) {
      const { topic, partition } = placeOf(application, taskId);
      wanted.set(topic, Math.max(wanted.get(topic) ?? 0, partition + 1));
    }
    for (const [name, partitions] of wanted) {
      const last = { topic: name, partition: partitions - 1 };
      if ((await this.#leaders.existing([last])).length > 0) continue;
      await this.#admin.ensurePartitions({
        name,
        partitions,
        role: 'commits',
        cleanup: { policy: 'compact', historyMs: 0, historyBytes: null },
        owner: application,
      });
    }
  }

  /** Waits until readers see what a transaction has written: brokers mark its end in each partition after they have acknowledged it. */
  async #untilVisible(partitions: readonly TopicPartition[]): Promise<void> {
    const ends = await this.#fetcher.offsets(partitions, 'undecided');
    const startedMs = performance.now();
    while (performance.now() - startedMs < visibleMs) {
      const stable = await this.#fetcher.offsets(partitions, 'latest');
      if (stable.every((offset, index) => offset >= (ends[index] ?? 0))) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** A transactional id that was not used for a week. */
function isForgotten(error: unknown): boolean {
  const cause = error instanceof LogError ? error.cause : error;
  return cause instanceof KafkaError && cause.code === errorCodes.invalidProducerIdMapping;
}

function placeOf(application: string, taskId: TaskId): TopicPartition {
  const place = taskPartition(application, taskId);
  if (place !== null) return place;
  throw new LogError('unsupported', `The task ${JSON.stringify(taskId)} is not named <sub-topology>_<partition>.`);
}
