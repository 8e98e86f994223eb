import type { EncodedBatch, Pipeline, ProducedRecord, Topology } from '@millrace/engine';
import { encodeBatch, planTopology, RecordBatch, topicCatalogue } from '@millrace/engine';

/** Encoded batches of one partition, from its first record on. */
export interface PartitionInput {
  readonly topic: string;
  readonly partition: number;
  readonly batches: readonly EncodedBatch[];
}

/** A job that both sides do: the engine from the pipeline document, the hand-written loop in plain code. */
export interface Workload {
  readonly name: string;
  /** What engine ÷ loop says, and what it shall be at most. */
  readonly goal: string;
  readonly topology: Topology;
  readonly sinkTopic: string;
  /** Input records of a round. */
  readonly records: number;
  /** What is read, and done with, before the clock starts: tables. */
  readonly preload: readonly PartitionInput[];
  /** The input of a round goes on in time where that of the round before ended. */
  input(round: number): RoundInput;
  /** Starts the job by hand. */
  loop(): Loop;
}

export interface RoundInput {
  readonly partitions: readonly PartitionInput[];
  /** The same records in one stream, in the order in which the engine takes them. */
  readonly merged: readonly EncodedBatch[];
}

/** Plain code that keeps its state from round to round; gives the encoded output batches of each partition of the sink's topic. */
export type Loop = (batches: readonly EncodedBatch[]) => readonly (readonly EncodedBatch[])[];

export const recordsPerBatch = 500;
/** Input records between two commits: at a commit everything produced is encoded. */
export const recordsPerCommit = 10_000;

export function plan(pipeline: Pipeline, topics: { readonly [topic: string]: number }): Topology {
  const unknown = { kind: 'unknown' } as const;
  return planTopology(
    pipeline,
    topicCatalogue(
      Object.entries(topics).map(([name, partitions]) => ({
        name,
        partitions,
        keyFormat: 'string',
        key: unknown,
        value: unknown,
        sampled: 0,
        latest: [],
      })),
    ),
  );
}

export function inBatches(records: readonly ProducedRecord[]): readonly EncodedBatch[] {
  const batches: EncodedBatch[] = [];
  for (let at = 0; at < records.length; at += recordsPerBatch) {
    batches.push(encodeBatch(records.slice(at, at + recordsPerBatch)));
  }
  return batches;
}

/** The output as one text a record, in order, by partition; what must be equal before anything is measured. */
export function outputTexts(partitions: readonly (readonly EncodedBatch[])[]): readonly string[] {
  const texts: string[] = [];
  partitions.forEach((batches, partition) => {
    for (const { bytes } of batches) {
      const batch = new RecordBatch(bytes, 0);
      for (let index = 0; index < batch.count; index++) {
        const value = batch.text(batch.valueStarts[index] ?? 0, batch.valueEnds[index] ?? 0);
        texts.push(`${partition} ${batch.timestamps[index]} ${batch.keyByteString(index)} ${value}`);
      }
    }
  });
  return texts;
}
