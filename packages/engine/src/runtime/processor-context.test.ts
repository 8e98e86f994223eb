import { describe, expect, it } from 'vitest';
import type { CommittedTask } from '../log/log.ts';
import { decidedRead } from '../log/read-result.ts';
import { RecordBatch } from '../log/record-batch.ts';
import { encodeBatch, type ProducedRecord } from '../log/record-batch-builder.ts';
import { countersFromArray } from '../metrics/processor-counters.ts';
import type { SinkSpec, Topology } from '../topology/topology.ts';
import type { ProcessorFactory } from './processor.ts';
import { RecordCollector } from './record-collector.ts';
import { PolicyFailure, RecordError } from './record-error.ts';
import { StreamRecord } from './stream-record.ts';
import { Task } from './task.ts';

const sink = (id: string): SinkSpec => ({
  id,
  node: id,
  role: 'main',
  topic: id,
  partitions: 1,
  keyFormat: 'string',
  keyEncoding: 'plain',
  internal: false,
  errorPolicy: 'dead-letter',
});

/** One source into one processor of the test's own, with the outputs `out` and `other` into topics of these names. */
const topology: Topology = {
  pipeline: 'p',
  guarantee: 'exactly-once',
  commitIntervalMs: 100,
  settings: { cacheBytes: 0, maxIdleMs: 0, emitIntervalMs: 0 },
  subTopologies: [
    {
      id: 0,
      partitions: 1,
      sources: [
        {
          id: 's',
          node: 's',
          role: 'main',
          topic: 't',
          partitions: 1,
          keyFormat: 'string',
          valueFormat: 'json',
          timestamp: { from: 'record' },
          internal: false,
          errorPolicy: 'dead-letter',
          targets: [{ to: 'n', port: 'in' }],
        },
      ],
      processors: [
        {
          id: 'n',
          node: 'n',
          role: 'main',
          processor: 'under-test',
          config: {},
          stores: [],
          rows: {},
          keyFormat: 'string',
          errorPolicy: 'dead-letter',
          targets: { out: [{ to: 'out', port: 'in' }], other: [{ to: 'other', port: 'in' }] },
        },
      ],
      sinks: [sink('out'), sink('other')],
      stores: [],
    },
  ],
  stores: [],
  globalTables: [],
  topics: [],
  deadLetterTopic: 'p-dead-letters',
  commitsTopic: 'p-commits',
};

/** A task over the processor; `send` takes records through it, `commit` gives what was written since the last one, by topic. */
function run(factory: ProcessorFactory, committed: CommittedTask | null = null, wallClock?: () => number) {
  const [subTopology] = topology.subTopologies;
  if (subTopology === undefined) throw new Error('no sub-topology');
  const collector = new RecordCollector();
  const task = new Task({
    topology,
    subTopology,
    partition: 0,
    epoch: 1,
    processors: { 'under-test': factory },
    collector,
    tables: new Map(),
    committed,
    wallClock,
  });
  let offset = task.queues[0]?.position ?? 0;
  return {
    task,
    send: (...timestamps: readonly number[]) => {
      const records: ProducedRecord[] = timestamps.map((timestamp) => ({ key: 'k', value: `${timestamp}`, timestamp }));
      const batches = [new RecordBatch(encodeBatch(records).bytes, offset)];
      offset += records.length;
      task.queues[0]?.accept(decidedRead({ topic: 't', partition: 0 }, batches, { startOffset: 0, endOffset: offset }));
      while (task.step()) {
        // Until nothing waits.
      }
    },
    commit: () => {
      const commit = task.beginCommit();
      const written: { [topic: string]: unknown[] } = {};
      for (const { topic, batch } of collector.drain()) {
        if (topic === 'p-commits') continue;
        const decoded = new RecordBatch(batch.bytes, 0);
        written[topic] = Array.from({ length: decoded.count }, (_, index) =>
          JSON.parse(decoded.text(decoded.valueStarts[index] ?? 0, decoded.valueEnds[index] ?? 0)),
        );
      }
      task.endCommit();
      return { commit, written };
    },
    counters: () => countersFromArray(new Map(task.counters()).get('n') ?? []),
  };
}

describe('what a processor may ask of its task', () => {
  it('sends on several ports, and counts what no input caused apart', () => {
    const job = run((context) => ({
      inputs: {
        in: (record) => {
          if (record.timestamp % 2 === 0) context.forward(record);
          else if (record.timestamp > 4) context.forward(record, 'other');
          else {
            context.drop('late');
            context.forwardTimed(record.withValue('closed'), 'other');
          }
        },
      },
    }));
    job.send(1, 2, 5);
    expect(job.commit().written).toEqual({ out: [2], other: ['closed', 5] });
    expect(job.counters()).toMatchObject({ in: 3, forwarded: 2, late: 1, dropped: 1, out: 2, timed: 1 });
  });

  it('keeps its numbers over a restart, as they were committed', () => {
    const counting: ProcessorFactory = (context) => {
      const seen = context.number('seen', 100);
      return {
        inputs: {
          in: (record) => {
            seen.value++;
            context.forward(record.withValue(seen.value));
          },
        },
      };
    };
    const before = run(counting);
    before.send(1, 2);
    const { commit } = before.commit();
    before.send(3);
    const after = run(counting, { epoch: 1, positions: commit.positions, state: commit.state });
    after.send(4);
    expect(after.commit().written).toEqual({ out: [103] });
  });

  it('flushes into the commit, is called by schedules, and closes', () => {
    let now = 1000;
    const job = run(
      (context) => {
        const emit = (value: unknown) => (): void => context.forwardTimed(new StreamRecord('k', value, 7, [], null));
        context.onCommit(emit('flushed'));
        context.onClose(() => emit(['closed', context.streamTime.current])());
        context.schedule({ everyMs: 10, by: 'stream-time' }, (time) => emit(['stream', time])());
        context.schedule({ everyMs: 50, by: 'wall-clock' }, (time) => emit(['wall', time, context.wallClock()])());
        return { inputs: { in: () => undefined } };
      },
      null,
      () => now,
    );
    job.task.advanceWallClock(now);
    job.send(12, 13);
    now = 1060;
    job.task.advanceWallClock(now);
    expect(job.commit().written).toEqual({ out: [['stream', 12], ['wall', 1060, 1060], 'flushed'] });
    job.task.closeTime();
    expect(job.commit().written).toEqual({ out: [['closed', Number.MAX_SAFE_INTEGER], 'flushed'] });
    expect(job.counters()).toMatchObject({ in: 2, filtered: 2, out: 0, timed: 5 });
  });

  it('fails as a whole where it fails outside a record, since there is none to put aside', () => {
    const job = run((context) => {
      context.onCommit(() => {
        context.forwardTimed(new StreamRecord(7, 'not a text for a key', 7, [], null));
      });
      return { inputs: { in: () => undefined } };
    });
    job.send(1);
    expect(() => job.commit()).toThrow(PolicyFailure);
    expect(() => job.commit()).toThrow(/out failed outside a record/);
  });

  it('passes a record that fails in it to the error policy', () => {
    const job = run(() => ({
      inputs: {
        in: () => {
          throw new RecordError('type', 'No.');
        },
      },
    }));
    job.send(1);
    expect(job.counters()).toMatchObject({ in: 1, failed: 1 });
    expect(job.task.takeFailures()).toMatchObject([{ node: 'n', code: 'type', offset: 0 }]);
  });
});
