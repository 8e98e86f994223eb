import {
  type Counters,
  missingFates,
  processors,
  RecordedRun,
  type Topology,
  type WrittenRecord,
} from '@millrace/engine';
import type { OutputRecord } from './expected-output.ts';
import type { GeneratedTopic } from './generated-inputs.ts';
import { partitionOf } from './partitions.ts';

/** A record that the query wrote, with its value as text. */
export interface WrittenOutput extends Omit<OutputRecord, 'value'> {
  readonly text: string;
}

export interface QueryRun {
  readonly records: readonly WrittenOutput[];
  readonly counters: ReadonlyMap<string, Counters>;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
const recordsInBatch = 500;

/** Runs a query over its generated records, as `millrace run` does, and reads what it writes to its one sink. */
export function runQuery(topology: Topology, topics: readonly GeneratedTopic[]): QueryRun {
  const sinks = topology.subTopologies.flatMap((part) => part.sinks).filter(({ internal }) => !internal);
  const [sink] = sinks;
  if (sink === undefined || sinks.length > 1) throw new Error(`${topology.pipeline} has ${sinks.length} sinks.`);
  const records: WrittenOutput[] = [];
  const write = (record: WrittenRecord): void => {
    if (record.topic === topology.deadLetterTopic) throw new Error(`A record failed: ${textOf(record.value)}`);
    records.push(outputOf(record, sink.keyEncoding === 'json-window'));
  };
  const isWanted = (topic: string): boolean => topic === sink.topic || topic === topology.deadLetterTopic;
  const run = new RecordedRun(topology, processors, write, isWanted);
  for (const { topic, partitions } of topics) {
    for (const [partition, all] of partitions.entries()) {
      for (let from = 0; from < all.length; from += recordsInBatch) {
        run.pipe(topic, partition, all.slice(from, from + recordsInBatch));
      }
    }
  }
  run.drain();
  const counters = run.counters();
  for (const [node, counted] of counters) {
    if (missingFates(counted) !== 0) throw new Error(`The fates of ${node} do not balance.`);
  }
  return { records, counters };
}

function outputOf({ key, value, timestamp, partition }: WrittenRecord, isWindowed: boolean): WrittenOutput {
  let name = key ?? '';
  let window: OutputRecord['window'];
  if (isWindowed) {
    const parsed = JSON.parse(name) as { key: string; start: number; end: number };
    name = parsed.key;
    window = { start: parsed.start, end: parsed.end };
  }
  if (partitionOf(name) !== partition) throw new Error(`The key ${name} lies in partition ${partition}.`);
  return { key: name, window, text: textOf(value), timestamp };
}

function textOf(value: WrittenRecord['value']): string {
  return value === null || typeof value === 'string' ? (value ?? 'null') : utf8.decode(value);
}
