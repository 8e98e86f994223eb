import { describe, expect, it } from 'vitest';
import { noHeaders } from '../log/header.ts';
import { RecordBatch } from '../log/record-batch.ts';
import { producedRecord } from '../log/record-batch-builder.ts';
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
    const collector = new RecordCollector(new Map([['out', 100]]));
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
