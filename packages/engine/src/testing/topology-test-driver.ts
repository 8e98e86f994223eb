import type { Header } from '../log/header.ts';
import { decodeKey, encodeKey, type KeyFormat } from '../log/key-format.ts';
import { partitionFor } from '../log/partitioner.ts';
import type { ProducedRecord } from '../log/record-batch-builder.ts';
import { processors } from '../nodes/processors.ts';
import type { Pipeline } from '../pipeline/document.ts';
import { RecordedRun, type WrittenRecord } from '../run/recorded-run.ts';
import type { StoreRow } from '../state/store-query.ts';
import { planTopology } from '../topology/plan-topology.ts';
import { type CatalogueTopic, topicCatalogue } from '../topology/topic-catalogue.ts';
import type { Topology } from '../topology/topology.ts';

export interface DriverRecord {
  readonly key: unknown;
  /** JSON data, null for a tombstone, or bytes to be written as they are. */
  readonly value: unknown;
  readonly timestamp: number;
  readonly partition?: number | undefined;
  readonly headers?: readonly Header[] | undefined;
}

export interface DriverOutput {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
  readonly partition: number;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** A topic of the catalogue about whose records nothing is known; for tests. */
export function untypedTopic(name: string, partitions = 1, keyFormat: KeyFormat = 'string'): CatalogueTopic {
  return { name, partitions, keyFormat, key: { kind: 'unknown' }, value: { kind: 'unknown' }, sampled: 0, latest: [] };
}

/** Runs a real pipeline document, planned for real, by the real tasks, in memory; records in, records and rows out. */
export class TopologyTestDriver {
  readonly topology: Topology;
  readonly run: RecordedRun;
  readonly written: WrittenRecord[] = [];
  readonly #topics: ReadonlyMap<string, CatalogueTopic>;

  constructor(pipeline: Pipeline, topics: readonly CatalogueTopic[]) {
    this.#topics = new Map(topics.map((topic) => [topic.name, topic]));
    this.topology = planTopology(pipeline, topicCatalogue(topics));
    this.run = new RecordedRun(this.topology, processors, (record) => this.written.push(record));
  }

  /** Pipes one record through everything. */
  pipe(topic: string, record: DriverRecord): void {
    const known = this.#topics.get(topic);
    const key = record.key === null ? null : encodeKey(known?.keyFormat ?? 'string', record.key);
    const partition = record.partition ?? (key === null ? 0 : partitionFor(key, known?.partitions ?? 1));
    const value =
      record.value === null ? null : record.value instanceof Uint8Array ? record.value : JSON.stringify(record.value);
    const produced: ProducedRecord = { key, value, timestamp: record.timestamp, headers: record.headers };
    this.run.pipe(topic, partition, [produced]);
    this.run.drain();
  }

  /** What was written to a topic since the last call, decoded. */
  read(topic: string, keyFormat: KeyFormat = 'string'): readonly DriverOutput[] {
    const found = this.written.filter((record) => record.topic === topic);
    for (const record of found) this.written.splice(this.written.indexOf(record), 1);
    return found.map((record) => ({
      key: record.key === null ? null : decodeKey(keyFormat, record.key),
      value:
        record.value === null
          ? null
          : JSON.parse(typeof record.value === 'string' ? record.value : strictUtf8.decode(record.value)),
      timestamp: record.timestamp,
      partition: record.partition,
    }));
  }

  rows(store: string): readonly StoreRow[] {
    const spec = this.topology.stores.find((candidate) => candidate.name === store);
    if (spec === undefined) throw new Error(`The topology has no store ${store}.`);
    return this.run.rows(spec);
  }
}
