import { type EncodedBatch, partitionFor, pipelineSchema, RecordBatch, RecordBatchBuilder } from '@millrace/engine';
import { inBatches, type Loop, plan, recordsPerCommit, type Workload } from '../workload.ts';
import { makePayments, seeded } from './payments.ts';

const outputPartitions = 4;

const pipeline = pipelineSchema.parse({
  formatVersion: 1,
  id: 'doubled',
  name: 'Doubled',
  nodes: [
    { id: 'payments', kind: 'source', name: 'payments', config: { topic: 'payments' } },
    { id: 'doubled', kind: 'map', name: 'doubled', config: { value: '{ ...value, amount: value.amount * 2 }' } },
    { id: 'out', kind: 'sink', name: 'out', config: { topic: 'doubled', partitions: outputPartitions } },
  ],
  edges: [
    { from: 'payments.out', to: 'doubled.in' },
    { from: 'doubled.out', to: 'out.in' },
  ],
});

/** JSON in, the same JSON with one field changed out. */
export function changedFieldWorkload(records: number): Workload {
  const random = seeded(7);
  return {
    name: 'JSON → JSON with one field changed',
    goal: 'against JSON.parse and JSON.stringify; the goal is at most 0.67',
    topology: plan(pipeline, { payments: 1 }),
    sinkTopic: 'doubled',
    records,
    preload: [],
    input: (round) => {
      const merged = inBatches(makePayments(random, round * records, records));
      return { partitions: [{ topic: 'payments', partition: 0, batches: merged }], merged };
    },
    loop: doublePayments,
  };
}

function doublePayments(): Loop {
  return (batches) => {
    const outputs: EncodedBatch[][] = Array.from({ length: outputPartitions }, () => []);
    let builders: RecordBatchBuilder[] = [];
    const commit = (): void => {
      builders.forEach((builder, partition) => {
        if (builder.count > 0) outputs[partition]?.push(builder.finish());
      });
      builders = outputs.map(() => new RecordBatchBuilder());
    };
    let read = 0;
    for (const { bytes } of batches) {
      const batch = new RecordBatch(bytes, 0);
      for (let index = 0; index < batch.count; index++) {
        if (read++ % recordsPerCommit === 0) commit();
        const value = JSON.parse(batch.text(batch.valueStarts[index] ?? 0, batch.valueEnds[index] ?? 0));
        value.amount *= 2;
        const key = batch.keyByteString(index) ?? '';
        builders[partitionFor(key, outputPartitions)]?.append(key, JSON.stringify(value), batch.timestamps[index] ?? 0);
      }
    }
    commit();
    return outputs;
  };
}
