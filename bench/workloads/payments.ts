import {
  type EncodedBatch,
  type ProducedRecord,
  partitionFor,
  pipelineSchema,
  RecordBatch,
  RecordBatchBuilder,
} from '@millrace/engine';
import { FieldColumns, FieldReader } from '@millrace/engine/testing';
import type { LazyValue } from '@millrace/expression';
import { inBatches, type Loop, plan, recordsPerCommit, type Workload } from '../workload.ts';

const accounts = 10_000;
const valueBytes = 200;
const windowMs = 10_000;
const graceMs = 1_000;
const retentionMs = 60_000;
const outputPartitions = 4;
const countries = ['DE', 'FR', 'GB', 'IT', 'KR', 'NL', 'PL', 'US'];

interface Payment {
  readonly amount: number;
  readonly country: string;
  readonly merchant: string;
}

const pipeline = (passing: number) =>
  pipelineSchema.parse({
    formatVersion: 1,
    id: 'payments',
    name: 'Payments',
    nodes: [
      { id: 'payments', kind: 'source', name: 'payments', config: { topic: 'payments' } },
      { id: 'sizable', kind: 'filter', name: 'sizable', config: { condition: 'value.amount > 10000' } },
      {
        id: 'reduced',
        kind: 'map',
        name: 'reduced',
        config: {
          value:
            '{ merchant: value.merchant, country: value.country, euros: value.amount / 100, large: value.amount >= 50000 }',
        },
      },
      { id: 'abroad', kind: 'filter', name: 'abroad', config: { condition: "value.country != 'US'" } },
      ...Array.from({ length: passing }, (_, index) => ({
        id: `passing-${index}`,
        kind: 'filter',
        name: `passing ${index}`,
        config: { condition: 'value.country != null' },
      })),
      {
        id: 'counted',
        kind: 'aggregate',
        name: 'counted',
        config: {
          window: 'tumbling',
          windowMs,
          graceMs,
          retentionMs,
          aggregations: [{ name: 'payments', function: 'count' }],
        },
      },
      { id: 'counts', kind: 'sink', name: 'counts', config: { topic: 'counts', partitions: outputPartitions } },
    ],
    edges: [
      { from: 'payments.out', to: 'sizable.in' },
      { from: 'sizable.out', to: 'reduced.in' },
      { from: 'reduced.out', to: 'abroad.in' },
      ...inRow(['abroad', ...Array.from({ length: passing }, (_, index) => `passing-${index}`), 'counted']),
      { from: 'counted.out', to: 'counts.in' },
    ],
  });

function inRow(nodes: readonly string[]): { from: string; to: string }[] {
  return nodes.slice(1).map((node, index) => ({ from: `${nodes[index]}.out`, to: `${node}.in` }));
}

/**
 * Filter → map → filter → windowed count by key, over made-up payments of 200 bytes; `passing` more filters that let everything through
 * stand before the count.
 */
export function paymentsWorkload(records: number, passing = 0, decode: PaymentDecode = parsed): Workload {
  const random = seeded(20_011);
  return {
    name: 'filter → map → filter → windowed count',
    goal: 'how much dearer the engine is; the goal is at most 1.5',
    topology: plan(pipeline(passing), { payments: 1 }),
    sinkTopic: 'counts',
    records,
    preload: [],
    input: (round) => {
      const merged = inBatches(makePayments(random, round * records, records));
      return { partitions: [{ topic: 'payments', partition: 0, batches: merged }], merged };
    },
    loop: () => countPayments(decode),
  };
}

/** Opens a batch; the payment that is given for an index is good until the next one. */
type PaymentDecode = (batch: RecordBatch) => (index: number) => Payment;

/** As one would write it. */
const parsed: PaymentDecode = (batch) => (index) =>
  JSON.parse(batch.text(batch.valueStarts[index] ?? 0, batch.valueEnds[index] ?? 0)) as Payment;

/** The engine's own way to read values, in the hands of the loop. */
export function scannedPayments(): PaymentDecode {
  const reader = new FieldReader();
  for (const field of ['amount', 'country', 'merchant']) reader.slotOf(field);
  const payment = new ScannedPayment();
  return (batch) => {
    const columns = new FieldColumns(reader, batch);
    return (index) => {
      payment.value = reader.read(columns, index, batch.valueStarts[index] ?? 0, batch.valueEnds[index] ?? 0);
      return payment;
    };
  };
}

class ScannedPayment implements Payment {
  value: LazyValue | null = null;
  get amount(): number {
    return this.value?.field('amount') as number;
  }
  get country(): string {
    return this.value?.field('country') as string;
  }
  get merchant(): string {
    return this.value?.field('merchant') as string;
  }
}

/** By hand: what one would write for exactly this question. */
function countPayments(decode: PaymentDecode): Loop {
  const windows = new Map<number, Map<string, { count: number; timestamp: number }>>();
  let streamTime = 0;
  let greatestStart = 0;
  let outputs: EncodedBatch[][] = [];
  let builders: RecordBatchBuilder[] = [];
  const commit = (): void => {
    builders.forEach((builder, partition) => {
      if (builder.count > 0) outputs[partition]?.push(builder.finish());
    });
    builders = outputs.map(() => new RecordBatchBuilder());
  };
  return (batches) => {
    outputs = Array.from({ length: outputPartitions }, () => []);
    let read = 0;
    for (const { bytes } of batches) {
      const batch = new RecordBatch(bytes, 0);
      const paymentAt = decode(batch);
      for (let index = 0; index < batch.count; index++) {
        if (read++ % recordsPerCommit === 0) commit();
        const value = paymentAt(index);
        if (!(value.amount > 10_000)) continue;
        const reduced = {
          merchant: value.merchant,
          country: value.country,
          euros: value.amount / 100,
          large: value.amount >= 50_000,
        };
        if (reduced.country === 'US') continue;
        const timestamp = batch.timestamps[index] ?? 0;
        if (timestamp > streamTime) streamTime = timestamp;
        const start = timestamp - (timestamp % windowMs);
        if (start + windowMs <= streamTime - graceMs) continue;
        const key = batch.keyByteString(index) ?? '';
        let counts = windows.get(start);
        if (counts === undefined) {
          counts = new Map();
          windows.set(start, counts);
          if (start > greatestStart) {
            greatestStart = start;
            for (const old of windows.keys()) if (old <= greatestStart - retentionMs) windows.delete(old);
          }
        }
        let entry = counts.get(key);
        if (entry === undefined) {
          entry = { count: 0, timestamp };
          counts.set(key, entry);
        }
        entry.count++;
        if (timestamp > entry.timestamp) entry.timestamp = timestamp;
        builders[partitionFor(key, outputPartitions)]?.append(
          `{"end":${start + windowMs},"key":${JSON.stringify(key)},"start":${start}}`,
          JSON.stringify({ payments: entry.count }),
          entry.timestamp,
        );
      }
    }
    commit();
    return outputs;
  };
}

/** About one payment a millisecond, up to half a second out of order. */
export function makePayments(random: () => number, first: number, count: number): readonly ProducedRecord[] {
  const start = Date.UTC(2001, 0, 1) + first;
  return Array.from({ length: count }, (_, index) => {
    const account = `account-${String(Math.floor(random() * accounts)).padStart(5, '0')}`;
    const payment = {
      id: 100_000_000 + first + index,
      account,
      amount: Math.floor(random() * 100_000),
      currency: 'EUR',
      country: countries[Math.floor(random() * countries.length)],
      merchant: `merchant-${Math.floor(random() * 900) + 100}`,
      note: '',
    };
    const note = 'x'.repeat(valueBytes - JSON.stringify(payment).length);
    return {
      key: account,
      value: JSON.stringify({ ...payment, note }),
      timestamp: start + index - Math.floor(random() * 500) + 500,
    };
  });
}

/** Numbers from 0 to 1 that are the same every time (a linear congruential generator). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
