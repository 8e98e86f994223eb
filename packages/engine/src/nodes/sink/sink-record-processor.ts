import { jsonText } from '../../json/json-value.ts';
import type { Header } from '../../log/header.ts';
import { encodeKey } from '../../log/key-format.ts';
import { PlacedRecord } from '../../runtime/placed-record.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { RecordError } from '../../runtime/record-error.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import { parseTimestamp } from '../../time/timestamp-text.ts';
import { NodeExpression } from '../node-expression.ts';
import type { SinkConfig } from './sink-config.ts';

export interface SinkRecordConfig
  extends Pick<SinkConfig, 'key' | 'keyFormat' | 'value' | 'timestamp' | 'headers' | 'partition'> {
  /** A table's deletions stay what they are, whatever the value shall be. */
  readonly isTable: boolean;
  readonly partitions: number;
}

const encoder = new TextEncoder();

/** The greatest time that a date can hold, epoch milliseconds. */
const maxTimestamp = 8.64e15;

/** Makes of each record what shall be written. Each expression is asked about the record as it came, and all of them before it goes on. */
export function sinkRecordProcessor(context: ProcessorContext): Processor {
  const config = context.spec.config as SinkRecordConfig;
  const key = expressionOf(config.key, ['key']);
  const value = expressionOf(config.value, ['value']);
  const timestamp = expressionOf(config.timestamp, ['timestamp']);
  const partition = expressionOf(config.partition, ['partition']);
  const headers = config.headers.map((header, index) => ({
    name: header.name,
    expression: new NodeExpression(header.value, ['headers', index, 'value']),
  }));
  const names = new Set(headers.map(({ name }) => name));
  const writtenValue = (record: StreamRecord): unknown =>
    value === null || (config.isTable && record.value === null) ? record.value : value.evaluateLazily(record);
  const writtenKey = (record: StreamRecord): unknown => {
    if (key === null) return record.key;
    const made = key.evaluate(record);
    // What does not fit its format fails here, while the record as it came is at hand.
    if (made !== null) encodeKey(config.keyFormat, made);
    return made;
  };
  const writtenHeaders = (record: StreamRecord): readonly Header[] =>
    headers.length === 0
      ? record.headers
      : [
          ...record.headers.filter(({ name }) => !names.has(name)),
          ...headers.map(({ name, expression }) => ({ name, value: headerValue(expression.evaluate(record)) })),
        ];
  return {
    inputs: {
      in: (record) => {
        const made = new StreamRecord(
          writtenKey(record),
          writtenValue(record),
          timestamp === null ? record.timestamp : timeOf(timestamp.evaluate(record)),
          writtenHeaders(record),
          key === null ? record.window : null,
        );
        const place = partition === null ? null : partitionOf(partition.evaluate(record), config.partitions);
        context.forward(partition === null ? made : new PlacedRecord(made, place));
      },
    },
  };
}

function expressionOf(source: string, path: readonly string[]): NodeExpression | null {
  return source.trim() === '' ? null : new NodeExpression(source, path);
}

function headerValue(given: unknown): Uint8Array | null {
  if (given === null) return null;
  return encoder.encode(typeof given === 'string' ? given : jsonText(given));
}

function timeOf(given: unknown): number {
  const time = typeof given === 'number' ? Math.trunc(given) : typeof given === 'string' ? parseTimestamp(given) : null;
  if (time !== null && time >= 0 && time <= maxTimestamp) return time;
  throw new RecordError(
    'timestamp',
    `The timestamp gave ${shown(given)}, which is neither epoch milliseconds from 0 on nor a date.`,
    ['timestamp'],
  );
}

function partitionOf(given: unknown, partitions: number): number | null {
  if (given === null) return null;
  if (typeof given === 'number' && Number.isInteger(given) && given >= 0 && given < partitions) return given;
  throw new RecordError(
    'partition',
    `The partition gave ${shown(given)}, and the topic's partitions go from 0 to ${partitions - 1}.`,
    ['partition'],
  );
}

function shown(given: unknown): string {
  return jsonText(given).slice(0, 60);
}
