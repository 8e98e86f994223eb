import { randomUUID } from 'node:crypto';
import type { TopicPartition, TopicSpec } from '@millrace/engine';
import { unknownPartition, unknownTopic } from '@millrace/engine';
import type { LogEnvironment } from './environment.ts';
import type { Row } from './rows.ts';
import {
  emptyPartition,
  openJson,
  openPartition,
  type PartitionRow,
  partitionKey,
  sealJson,
  sealPartition,
} from './rows.ts';

/** A topic in the log. Ids are never used again, so batches of a deleted topic cannot come back under a new one of its name. */
export interface Topic {
  readonly id: number;
  readonly spec: TopicSpec;
}

interface Registry {
  /** Another with every change, so that a process sees that what it remembers is old. Random: a change that failed is not repeated. */
  readonly stamp: string;
  readonly nextTopicId: number;
  /** Deleted topics whose batches are still to be swept away. */
  readonly dropped: readonly { readonly id: number; readonly partitions: number }[];
}

const registryKey = Buffer.from('registry');

/** Which topics there are. All methods must run inside {@link LogEnvironment.read} or {@link LogEnvironment.write}. */
export class TopicTable {
  readonly #environment: LogEnvironment;
  #remembered = new Map<string, Topic>();
  #rememberedRow: Row | null = null;

  constructor(environment: LogEnvironment) {
    this.#environment = environment;
  }

  all(): readonly Topic[] {
    this.#refresh();
    return [...this.#remembered.values()];
  }

  find(name: string): Topic | undefined {
    this.#refresh();
    return this.#remembered.get(name);
  }

  /** @throws LogError `unknown-topic`. */
  get(name: string): Topic {
    const topic = this.find(name);
    if (topic === undefined) throw unknownTopic(name);
    return topic;
  }

  /** The topic's id. @throws LogError `unknown-topic` or `unknown-partition`. */
  locate(at: TopicPartition): number {
    const { id, spec } = this.get(at.topic);
    if (!Number.isInteger(at.partition) || at.partition < 0 || at.partition >= spec.partitions) {
      throw unknownPartition(at, spec.partitions);
    }
    return id;
  }

  partition(topicId: number, partition: number): PartitionRow {
    const key = partitionKey(topicId, partition);
    const row = this.#environment.partitions.getBinary(key) as Row | undefined;
    return row === undefined
      ? emptyPartition
      : openPartition(key, row, `partition ${partition} of topic number ${topicId}`);
  }

  putPartition(topicId: number, partition: number, row: PartitionRow): void {
    const key = partitionKey(topicId, partition);
    void this.#environment.partitions.put(key, sealPartition(key, row));
  }

  /** Deleted topics whose batches are still there. */
  dropped(): Registry['dropped'] {
    return this.#registry().dropped;
  }

  /** In a write only, as are those that follow. */
  create(specs: readonly TopicSpec[]): void {
    const registry = this.#registry();
    specs.forEach((spec, index) => {
      const key = Buffer.from(spec.name);
      void this.#environment.topics.put(key, sealJson(key, { id: registry.nextTopicId + index, spec }));
    });
    this.#putRegistry({ ...registry, nextTopicId: registry.nextTopicId + specs.length });
  }

  drop(topics: readonly Topic[]): void {
    const registry = this.#registry();
    for (const { spec } of topics) void this.#environment.topics.remove(Buffer.from(spec.name));
    const added = topics.map(({ id, spec }) => ({ id, partitions: spec.partitions }));
    this.#putRegistry({ ...registry, dropped: [...registry.dropped, ...added] });
  }

  /** The batches of a deleted topic are gone; forgets what was left of it. */
  forget(topicId: number): void {
    const registry = this.#registry();
    const gone = registry.dropped.filter(({ id }) => id === topicId);
    for (const { id, partitions } of gone) {
      for (let index = 0; index < partitions; index++)
        void this.#environment.partitions.remove(partitionKey(id, index));
    }
    this.#putRegistry({ ...registry, dropped: registry.dropped.filter(({ id }) => id !== topicId) });
  }

  #registry(): Registry {
    const row = this.#environment.meta.getBinary(registryKey) as Row | undefined;
    if (row === undefined) return { stamp: '', nextTopicId: 1, dropped: [] };
    return openJson(registryKey, row, 'the topic registry') as Registry;
  }

  #putRegistry(registry: Registry): void {
    void this.#environment.meta.put(registryKey, sealJson(registryKey, { ...registry, stamp: randomUUID() }));
  }

  #refresh(): void {
    const row = (this.#environment.meta.getBinary(registryKey) as Row | undefined) ?? null;
    if (row === null ? this.#rememberedRow === null : this.#rememberedRow?.equals(row)) return;
    const topics = new Map<string, Topic>();
    for (const { key, value } of this.#environment.topics.getRange({ start: Buffer.from([0]) })) {
      const topic = openJson(key, value, `the description of topic ${Buffer.from(key)}`) as Topic;
      topics.set(topic.spec.name, topic);
    }
    this.#remembered = topics;
    this.#rememberedRow = row;
  }
}
