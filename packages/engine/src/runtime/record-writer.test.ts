import { describe, expect, it } from 'vitest';
import { noHeaders } from '../log/header.ts';
import { RecordBatch } from '../log/record-batch.ts';
import { producedRecord } from '../log/record-batch-builder.ts';
import { noRecordLimits } from '../log/record-limits.ts';
import type { SinkSpec } from '../topology/topology.ts';
import { RecordCollector } from './record-collector.ts';
import { RecordError } from './record-error.ts';
import { RecordWriter } from './record-writer.ts';
import { StreamRecord } from './stream-record.ts';

const sink: SinkSpec = {
  id: 'out',
  node: 'out',
  role: 'main',
  topic: 'out',
  partitions: 1,
  keyFormat: 'string',
  keyEncoding: 'plain',
  internal: false,
  errorPolicy: 'dead-letter',
};

describe('a record that is larger than its topic takes', () => {
  it('is refused with its size and the remedy, and leaves nothing behind between its neighbours', () => {
    const collector = new RecordCollector(new Map([['out', { ...noRecordLimits, maxBytes: 100 }]]));
    const writer = new RecordWriter(sink, collector.topic('out'));
    const headers = [{ name: 'from', value: new TextEncoder().encode('here') }];
    const write = (value: string, withHeaders: boolean): void =>
      writer.write(new StreamRecord('k', value, 7, withHeaders ? headers : noHeaders, null), 0);
    write('first', false);
    expect(() => write('x'.repeat(200), true)).toThrow(RecordError);
    expect(() => write('x'.repeat(200), false)).toThrow(
      'The record takes 205 bytes, and the topic out takes 100 at most. Make it smaller, or raise max.message.bytes',
    );
    write('second', true);
    const [append] = collector.drain();
    const batch = new RecordBatch(append?.batch.bytes ?? new Uint8Array(), 0);
    const records = Array.from({ length: batch.count }, (_, index) => producedRecord(batch, index));
    expect(records.map(({ value }) => new TextDecoder().decode(value as Uint8Array))).toEqual(['"first"', '"second"']);
    expect(records.map(({ headers }) => headers?.map(({ name }) => name))).toEqual([[], ['from']]);
  });

  it('is none where the log takes records of any size', () => {
    const collector = new RecordCollector();
    new RecordWriter(sink, collector.topic('out')).write(new StreamRecord('k', 'x'.repeat(1e6), 7, noHeaders, null), 0);
    expect(collector.drain()).toHaveLength(1);
  });
});

describe('a timestamp further from the present than its topic takes', () => {
  const hourMs = 3_600_000;
  const nowMs = Date.UTC(2026, 0, 1);
  const limits = new Map([['out', { ...noRecordLimits, beforeMaxMs: hourMs, afterMaxMs: hourMs }]]);
  const writes = (collector: RecordCollector, timestamp: number) => () =>
    new RecordWriter(sink, collector.topic('out')).write(new StreamRecord('k', 'x', timestamp, noHeaders, null), 0);

  it('is refused with the setting that allows it, and moves with the clock', () => {
    const collector = new RecordCollector(limits);
    collector.advanceWallClock(nowMs);
    expect(writes(collector, nowMs + 2 * hourMs)).toThrow(
      "The record's timestamp 2026-01-01T02:00:00.000Z lies further after the present than the 3600000 ms that the topic out takes. Give the sink another timestamp, or raise message.timestamp.after.max.ms of the topic.",
    );
    expect(writes(collector, nowMs - 2 * hourMs)).toThrow('raise message.timestamp.before.max.ms');
    expect(collector.isEmpty).toBe(true);
    collector.advanceWallClock(nowMs + 2 * hourMs);
    writes(collector, nowMs + 2 * hourMs)();
    expect(collector.isEmpty).toBe(false);
  });

  it('is none without a clock, or where the topic takes every timestamp', () => {
    writes(new RecordCollector(limits), 0)();
    const unlimited = new RecordCollector();
    unlimited.advanceWallClock(nowMs);
    writes(unlimited, 0)();
  });
});
