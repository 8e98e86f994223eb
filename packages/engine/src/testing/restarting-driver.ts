import { bytesToByteString } from '../log/byte-string.ts';
import { decodeKey, encodeKey, type KeyFormat } from '../log/key-format.ts';
import { MemoryLog } from '../log/memory-log.ts';
import { partitionFor } from '../log/partitioner.ts';
import { encodeBatch } from '../log/record-batch-builder.ts';
import type { Pipeline } from '../pipeline/document.ts';
import { planTopology } from '../topology/plan-topology.ts';
import { type CatalogueTopic, topicCatalogue } from '../topology/topic-catalogue.ts';
import type { Topology } from '../topology/topology.ts';
import { MemoryWorker } from './memory-worker.ts';
import type { DriverOutput, DriverRecord } from './topology-test-driver.ts';

/**
 * Like {@link TopologyTestDriver}, but with a new worker each time that something is piped: it knows nothing but what the log has, its stores made from their
 * changelogs. What a processor would keep to itself between records is missed.
 */
export class RestartingDriver {
  readonly topology: Topology;
  readonly #log = new MemoryLog();
  readonly #topics: readonly CatalogueTopic[];
  readonly #ready: Promise<void>;
  readonly #read = new Map<string, number>();

  constructor(pipeline: Pipeline, topics: readonly CatalogueTopic[]) {
    this.topology = planTopology(pipeline, topicCatalogue(topics));
    this.#topics = topics;
    const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
    this.#ready = this.#log.ensureTopics(
      topics.map(({ name, partitions }) => ({ name, partitions, role: 'external', cleanup, owner: null })),
    );
  }

  /** Pipes records through everything, with a worker of their own: all that are given together are there before it starts. */
  async pipe(topic: string, ...records: readonly DriverRecord[]): Promise<void> {
    await this.#ready;
    for (const record of records) await this.#append(topic, record);
    const worker = await MemoryWorker.start(this.#log, this.topology, new Map());
    await worker.drain();
  }

  /** What was written to a topic since the last call, decoded, partition by partition. */
  async read(topic: string, keyFormat: KeyFormat = 'string'): Promise<readonly DriverOutput[]> {
    const partitions = (await this.#log.topics()).find(({ name }) => name === topic)?.partitions ?? 0;
    const found: DriverOutput[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const at = `${topic}/${partition}`;
      const request = { topic, partition, offset: this.#read.get(at) ?? 0 };
      const [result] = await this.#log.read([request], { maxBytesPerPartition: 1e9, maxWaitMs: 0 });
      this.#read.set(at, result?.nextOffset ?? 0);
      for (const batch of result?.batches ?? []) {
        for (let index = 0; index < batch.count; index++) {
          const key = batch.key(index);
          const value = batch.value(index);
          found.push({
            key: key === null ? null : decodeKey(keyFormat, bytesToByteString(key)),
            value: value === null ? null : JSON.parse(new TextDecoder().decode(value)),
            timestamp: batch.timestamps[index] ?? 0,
            partition,
          });
        }
      }
    }
    return found;
  }

  async #append(topic: string, record: DriverRecord): Promise<void> {
    const known = this.#topics.find(({ name }) => name === topic);
    const key = record.key === null ? null : encodeKey(known?.keyFormat ?? 'string', record.key);
    const partition = record.partition ?? (key === null ? 0 : partitionFor(key, known?.partitions ?? 1));
    const value =
      record.value === null ? null : record.value instanceof Uint8Array ? record.value : JSON.stringify(record.value);
    const batch = encodeBatch([{ key, value, timestamp: record.timestamp, headers: record.headers }]);
    await this.#log.append([{ topic, partition, batch }]);
  }
}
