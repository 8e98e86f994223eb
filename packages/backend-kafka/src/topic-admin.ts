import {
  type Append,
  type CommitResult,
  LogError,
  missingTopics,
  type SourcePosition,
  type TopicDescription,
  type TopicPartition,
  type TopicSpec,
} from '@millrace/engine';
import { apiKeys } from './codec/api-keys.ts';
import { decodeDeleteRecords, deleteRecordsVersion, encodeDeleteRecords } from './codec/requests/delete-records.ts';
import {
  decodeDescribeConfigs,
  describeConfigsVersion,
  encodeDescribeTopicConfigs,
} from './codec/requests/describe-configs.ts';
import {
  decodeDescribeLogDirs,
  describeLogDirsVersion,
  encodeDescribeLogDirs,
} from './codec/requests/describe-log-dirs.ts';
import {
  createPartitionsKey,
  createPartitionsVersion,
  createTopicsVersion,
  decodeCreatePartitions,
  decodeCreateTopics,
  decodeDeleteTopics,
  deleteTopicsVersion,
  encodeCreatePartitions,
  encodeCreateTopics,
  encodeDeleteTopics,
  type NamedOutcome,
} from './codec/requests/topics.ts';
import type { Fetcher } from './fetcher.ts';
import { errorCodes, isRetriable, KafkaError, type NeededRight } from './kafka-error.ts';
import type { Leaders } from './leaders.ts';
import { pause, withRetries } from './retries.ts';
import { cleanupConfigNames, cleanupOf, topicConfigs } from './topic-configs.ts';
import { type RegisteredTopic, registryTopic, TopicRegistry } from './topic-registry.ts';
import type { ClusterView, RpcTransport } from './transport/rpc-transport.ts';

const adminMs = 30_000;
/** How long every broker may take to hear of a topic's creation or deletion. */
const spreadMs = 15_000;
const invalidPartitions = 37;
const describeAttempts = 20;

const forever = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;

/** What the controller says of one topic. */
interface ControllerOutcome extends NamedOutcome {
  /** Its address. */
  readonly at: string;
}

export interface TopicAdminOptions {
  readonly transport: RpcTransport;
  readonly leaders: Leaders;
  readonly fetcher: Fetcher;
  readonly replicationFactor: number;
  readonly now: () => number;
  append(append: Append): Promise<CommitResult>;
}

/** Topics: what there is, and their creation, deletion and emptying. */
export class TopicAdmin {
  readonly #options: TopicAdminOptions;
  readonly #registry: TopicRegistry;
  #isRegistryKnown = false;
  /** Topics that are read but not ours, so that the registry is not searched for them again and again. */
  readonly #others = new Set<string>();

  constructor(options: TopicAdminOptions) {
    this.#options = options;
    this.#registry = new TopicRegistry(options.fetcher);
  }

  /** All topics but Kafka's own and the registry, by name. */
  async describe(): Promise<readonly TopicDescription[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#describeOnce();
      } catch (error) {
        // A topic was deleted between one answer and the next.
        if (!(error instanceof LogError) || error.code !== 'unknown-topic' || attempt === describeAttempts) throw error;
      }
    }
  }

  async #describeOnce(): Promise<readonly TopicDescription[]> {
    const { fetcher } = this.#options;
    const view = await this.#readAll();
    const names = [...view.topics.values()]
      .filter(({ name, internal, error }) => !internal && error === 0 && name !== registryTopic)
      .map(({ name }) => name)
      .sort((left, right) => (left < right ? -1 : 1));
    const partitions = names.flatMap((topic) => partitionsOf(view, topic));
    const [starts, ends, sizes, cleanups] = await Promise.all([
      fetcher.offsets(partitions, 'earliest'),
      fetcher.offsets(partitions, 'latest'),
      this.#sizes(view),
      this.#cleanups(names.filter((name) => this.#registry.get(name) === undefined)),
    ]);
    let at = 0;
    return names.map((name) => {
      const count = view.topics.get(name)?.partitions.length ?? 0;
      const from = at;
      at += count;
      return {
        ...this.#spec(name, count, cleanups.get(name)),
        startOffsets: starts.slice(from, at),
        endOffsets: ends.slice(from, at),
        sizeBytes: sizes.get(name) ?? 0,
      };
    });
  }

  /** As {@link Log.ensureTopics}. */
  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    // What no topic can have is refused before anything is asked.
    missingTopics(specs, () => undefined);
    if (specs.length === 0) return;
    const view = await this.#readAll();
    const missing = missingTopics(specs, (name) => {
      const topic = view.topics.get(name);
      return topic === undefined ? undefined : this.#spec(name, topic.partitions.length, undefined);
    });
    if (missing.length === 0) return;
    // Who they are first: a topic that exists without it would be taken for somebody else's.
    await this.#register(missing.map(({ name, role, owner, cleanup }) => [name, { role, owner, cleanup }]));
    await this.#create(missing);
  }

  /** Creates a topic with at least that many partitions, or adds what is missing. */
  async ensurePartitions(spec: TopicSpec): Promise<void> {
    const { transport } = this.#options;
    const view = await transport.metadata([spec.name]);
    const present = view.topics.get(spec.name)?.partitions.length ?? 0;
    if (present >= spec.partitions) return;
    if (present === 0) {
      await this.#readAll();
      if (this.#registry.get(spec.name) === undefined) {
        await this.#register([[spec.name, { role: spec.role, owner: spec.owner, cleanup: spec.cleanup }]]);
      }
      await this.#create([spec]);
      const { topics } = await transport.metadata([spec.name], true);
      if ((topics.get(spec.name)?.partitions.length ?? 0) >= spec.partitions) return;
    }
    const body = encodeCreatePartitions(spec.name, spec.partitions, adminMs);
    const outcomes = await this.#atController(
      createPartitionsKey,
      createPartitionsVersion,
      body,
      decodeCreatePartitions,
    );
    for (const outcome of outcomes) {
      // Somebody else was faster, and asked for more.
      if (outcome.error === invalidPartitions) continue;
      this.#check(outcome, 'add partitions to topic', 'ALTER');
    }
    await this.#spread([spec.name], (topic) => (topic?.partitions.length ?? 0) >= spec.partitions);
  }

  async delete(names: readonly string[]): Promise<void> {
    const wanted = [...new Set(names)];
    if (wanted.length === 0) return;
    const outcomes = await this.#atController(
      apiKeys.deleteTopics,
      deleteTopicsVersion,
      encodeDeleteTopics(wanted, adminMs),
      decodeDeleteTopics,
    );
    for (const outcome of outcomes) {
      if (outcome.error !== errorCodes.unknownTopicOrPartition) this.#check(outcome, 'delete topic', 'DELETE');
    }
    await this.#spread(wanted, (topic) => topic === undefined || topic.error === errorCodes.unknownTopicOrPartition);
    await this.#readAll();
    const registered = wanted.filter((name) => this.#registry.get(name) !== undefined);
    if (registered.length > 0) await this.#register(registered.map((name) => [name, null]));
  }

  /** Of the positions, those in topics that are purged. */
  async purgeable(positions: readonly SourcePosition[]): Promise<readonly SourcePosition[]> {
    const unknown = positions.filter(
      ({ topic }) => this.#registry.get(topic) === undefined && !this.#others.has(topic),
    );
    if (unknown.length > 0) {
      await this.#readAll();
      for (const { topic } of unknown) this.#others.add(topic);
    }
    return positions.filter(({ topic }) => this.#registry.get(topic)?.cleanup.policy === 'purge');
  }

  /** Removes the records before the offsets; -1 stands for the end. */
  async deleteRecords(positions: readonly SourcePosition[]): Promise<void> {
    if (positions.length === 0) return;
    const { leaders, transport } = this.#options;
    await leaders.send(positions, { words: 'remove records of', takes: 'DELETE' }, async (node, ofNode) =>
      decodeDeleteRecords(
        await transport.call(node, apiKeys.deleteRecords, deleteRecordsVersion, encodeDeleteRecords(ofNode, adminMs)),
      ),
    );
  }

  async partitionsOf(topics: readonly string[]): Promise<readonly TopicPartition[]> {
    await this.#options.leaders.assertKnown(topics.map((topic) => ({ topic, partition: 0 })));
    const view = await this.#options.transport.metadata(topics);
    return topics.flatMap((topic) => partitionsOf(view, topic));
  }

  #spec(name: string, partitions: number, external: RegisteredTopic['cleanup'] | undefined): TopicSpec {
    const registered = this.#registry.get(name);
    return {
      name,
      partitions,
      role: registered?.role ?? 'external',
      cleanup: registered?.cleanup ?? external ?? forever,
      owner: registered?.owner ?? null,
    };
  }

  /** All topics as they are now, and what the registry says of them; the registry is created at first need. */
  async #readAll(): Promise<ClusterView> {
    const view = await this.#options.transport.metadata(null);
    if (!view.topics.has(registryTopic)) {
      if (this.#isRegistryKnown) this.#registry.forget();
      const cleanup = { policy: 'compact', historyMs: 0, historyBytes: null } as const;
      await this.#create([{ name: registryTopic, partitions: 1, role: 'control', cleanup, owner: null }]);
    }
    this.#isRegistryKnown = true;
    await this.#registry.refresh();
    return view;
  }

  async #register(topics: readonly (readonly [name: string, topic: RegisteredTopic | null])[]): Promise<void> {
    await this.#options.append(TopicRegistry.entries(topics, this.#options.now()));
    await this.#registry.refresh();
  }

  async #create(specs: readonly TopicSpec[]): Promise<void> {
    const body = encodeCreateTopics(
      specs.map(({ name, partitions, cleanup, owner }) => ({
        name,
        partitions,
        replicationFactor: this.#options.replicationFactor,
        configs: topicConfigs(cleanup, owner !== null),
      })),
      adminMs,
    );
    const outcomes = await this.#atController(apiKeys.createTopics, createTopicsVersion, body, decodeCreateTopics);
    for (const outcome of outcomes) {
      if (outcome.error !== errorCodes.topicAlreadyExists) this.#check(outcome, 'create topic', 'CREATE');
    }
    await this.#spread(
      specs.map(({ name }) => name),
      (topic) => topic !== undefined && topic.error === 0 && topic.partitions.every(({ leader }) => leader >= 0),
    );
  }

  async #atController(
    apiKey: number,
    version: number,
    body: Uint8Array,
    decode: (body: Uint8Array) => NamedOutcome[],
  ): Promise<ControllerOutcome[]> {
    const { transport } = this.#options;
    let refresh = false;
    return withRetries(
      async () => {
        const { controller } = await transport.metadata([], refresh);
        const outcomes = decode(await transport.call(controller, apiKey, version, body, { timeoutMs: adminMs + 5000 }));
        for (const { name, error } of outcomes) {
          if (error === errorCodes.notController) throw new KafkaError(error, `change topic ${name}`);
        }
        return outcomes.map((outcome) => ({ ...outcome, at: transport.address(controller) }));
      },
      {
        forMs: adminMs,
        between: () => {
          refresh = true;
        },
      },
    );
  }

  /** Waits until the cluster's answer about every topic is as it should be. */
  async #spread(
    names: readonly string[],
    isSettled: (topic: ReturnType<ClusterView['topics']['get']>) => boolean,
  ): Promise<void> {
    const startedMs = performance.now();
    for (let pauseMs = 5; ; pauseMs = Math.min(200, pauseMs * 2)) {
      const { topics } = await this.#options.transport.metadata(names, true);
      const hidden = names.find((name) => topics.get(name)?.error === errorCodes.topicAuthorizationFailed);
      if (hidden !== undefined) {
        const needed = { operation: 'DESCRIBE', on: `the topic ${hidden}` } as const;
        throw new KafkaError(errorCodes.topicAuthorizationFailed, `look at topic ${hidden}`, null, needed);
      }
      if (names.every((name) => isSettled(topics.get(name)))) return;
      if (performance.now() - startedMs > spreadMs) {
        throw new LogError(
          'io',
          `The brokers have not all heard of the change of ${names.join(', ')} yet. Try again.`,
          {
            retriable: true,
          },
        );
      }
      await pause(pauseMs);
    }
  }

  /** Bytes on the disks of the leaders, by topic. A broker that may not tell, or does not answer, counts as 0. */
  async #sizes(view: ClusterView): Promise<ReadonlyMap<string, number>> {
    const { transport } = this.#options;
    const sizes = new Map<string, number>();
    const answers = await Promise.allSettled(
      view.brokers.map(async ({ node }) => {
        const body = encodeDescribeLogDirs(null);
        return {
          node,
          found: decodeDescribeLogDirs(
            await transport.call(node, apiKeys.describeLogDirs, describeLogDirsVersion, body),
          ),
        };
      }),
    );
    for (const answer of answers) {
      if (answer.status === 'rejected') {
        if (isRetriable(answer.reason)) continue;
        throw answer.reason;
      }
      const { node, found } = answer.value;
      for (const { topic, partition, sizeBytes } of found) {
        if (view.topics.get(topic)?.partitions[partition]?.leader !== node) continue;
        sizes.set(topic, (sizes.get(topic) ?? 0) + sizeBytes);
      }
    }
    return sizes;
  }

  async #cleanups(names: readonly string[]): Promise<ReadonlyMap<string, RegisteredTopic['cleanup']>> {
    if (names.length === 0) return new Map();
    const { transport } = this.#options;
    const body = encodeDescribeTopicConfigs(names, cleanupConfigNames);
    const found = await withRetries(
      async () => {
        const { controller } = await transport.metadata([]);
        return decodeDescribeConfigs(
          await transport.call(controller, apiKeys.describeConfigs, describeConfigsVersion, body),
        );
      },
      { forMs: adminMs },
    );
    // One that is deleted meanwhile, or that this user may not look at, has what Kafka has by default.
    return new Map(found.filter(({ error }) => error === 0).map(({ topic, configs }) => [topic, cleanupOf(configs)]));
  }

  #check({ name, error, message, at }: ControllerOutcome, action: string, operation: NeededRight['operation']): void {
    if (error === errorCodes.none) return;
    throw new KafkaError(error, `${action} ${name} at ${at}`, message, {
      operation,
      on: `the topic ${name}`,
    }).toLogError();
  }
}

function partitionsOf(view: ClusterView, topic: string): TopicPartition[] {
  return (view.topics.get(topic)?.partitions ?? []).map(({ partition }) => ({ topic, partition }));
}
