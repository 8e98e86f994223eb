import { createReadStream } from 'node:fs';
import {
  type ByteString,
  type CatalogueTopic,
  encodeKey,
  type Header,
  type KeyFormat,
  KeyFormatError,
  type ProducedRecord,
  partitionFor,
} from '@millrace/engine';
import { inferValueType, unionOf, type ValueType } from '@millrace/expression';
import { CommandFailure, fileFailure } from './command-failure.ts';
import { JsonPlaces, JsonSyntaxError } from './json-places.ts';
import type { SourceTopic } from './source-topics.ts';

type ValueFormat = SourceTopic['valueFormat'];

interface RecordedLine {
  /** From 1. */
  readonly number: number;
  readonly key: ByteString | null;
  /** Text that becomes UTF-8, or bytes as they are. */
  readonly value: string | Uint8Array | null;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly headers: readonly Header[];
  /** Null: the key decides. */
  readonly partition: number | null;
}

/** What the line's fault is; the file and the line are put in front of it. */
class LineError extends Error {}

const properties = ['key', 'value', 'timestamp', 'headers', 'partition', 'window'];
const encoder = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
/** Records a batch, so that no batch becomes one huge text. */
const batchRecords = 500;
const newline = 0x0a;

/** A topic recorded in a file of one JSON object a line. */
export class RecordedTopic {
  readonly file: string;
  readonly #keyFormat: KeyFormat;
  readonly #valueFormat: ValueFormat;
  #lines: RecordedLine[] = [];
  #keyType: ValueType = { kind: 'never' };
  #valueType: ValueType = { kind: 'never' };
  #latest: CatalogueTopic['latest'] = [];
  #greatestPartition = 0;

  private constructor(file: string, keyFormat: KeyFormat, valueFormat: ValueFormat) {
    this.file = file;
    this.#keyFormat = keyFormat;
    this.#valueFormat = valueFormat;
  }

  /** @throws CommandFailure that names the file and the line */
  static async read(file: string, keyFormat: KeyFormat, valueFormat: ValueFormat = 'json'): Promise<RecordedTopic> {
    const topic = new RecordedTopic(file, keyFormat, valueFormat);
    let number = 0;
    for await (const bytes of linesOf(file)) {
      number++;
      try {
        topic.#add(number, decodeLine(bytes));
      } catch (error) {
        if (error instanceof LineError) throw new CommandFailure([`${file}:${number}: ${error.message}`]);
        if (error instanceof JsonSyntaxError)
          throw new CommandFailure([`${file}:${number}:${error.offset + 1}: ${error.message}`]);
        throw error;
      }
    }
    return topic;
  }

  get greatestPartition(): number {
    return this.#greatestPartition;
  }

  /** What the records tell of the topic. All of them are looked at, so that a rare field is no unknown field. */
  get knowledge(): Pick<CatalogueTopic, 'key' | 'value' | 'sampled' | 'latest'> {
    const known = (type: ValueType): ValueType => (type.kind === 'never' ? { kind: 'unknown' } : type);
    return {
      key: known(this.#keyType),
      value: known(this.#valueType),
      sampled: this.#lines.length,
      latest: this.#latest,
    };
  }

  /**
   * The records by partition, in the order of the file, in pieces of a batch. The topic is empty afterwards, since recordings are large.
   * @throws CommandFailure when a line names a partition that is not there
   */
  *takeBatches(
    partitions: number,
  ): Iterable<{ readonly partition: number; readonly records: readonly ProducedRecord[] }> {
    const lines = this.#lines;
    this.#lines = [];
    const waiting = Array.from({ length: partitions }, (): ProducedRecord[] => []);
    for (const line of lines) {
      const partition =
        line.partition ?? (line.key === null ? line.number % partitions : partitionFor(line.key, partitions));
      const records = waiting[partition];
      if (records === undefined) {
        throw new CommandFailure([
          `${this.file}:${line.number}: There is no partition ${partition}: the topics have ${partitions}, counted from 0. Raise --partitions.`,
        ]);
      }
      records.push(line);
      if (records.length < batchRecords) continue;
      yield { partition, records };
      waiting[partition] = [];
    }
    for (const [partition, records] of waiting.entries()) if (records.length > 0) yield { partition, records };
  }

  #add(number: number, text: string): void {
    if (text.trim() === '') return;
    const line = parseLine(text);
    const key = keyBytes(this.#keyFormat, line);
    if (line.key !== null) this.#keyType = unionOf(this.#keyType, inferValueType(line.key));
    if (line.value !== null) {
      this.#valueType = unionOf(this.#valueType, inferValueType(line.value));
      this.#latest = [{ key: line.key, value: line.value, timestamp: line.timestamp, partition: 0, offset: number }];
    }
    this.#greatestPartition = Math.max(this.#greatestPartition, line.partition ?? 0);
    this.#lines.push({
      number,
      key,
      value: valueForm(this.#valueFormat, line.value),
      timestamp: line.timestamp,
      headers: line.headers,
      partition: line.partition,
    });
  }
}

interface ParsedLine {
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
  readonly headers: readonly Header[];
  readonly partition: number | null;
}

function parseLine(text: string): ParsedLine {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    new JsonPlaces(text); // Says where and why.
    throw new LineError('It is not JSON.');
  }
  if (typeof line !== 'object' || line === null || Array.isArray(line)) {
    throw new LineError('A line is a JSON object such as {"key":"a","value":1}.');
  }
  const unknown = Object.keys(line).filter((name) => !properties.includes(name));
  if (unknown.length > 0) {
    throw new LineError(`A line has no property ${unknown.join(', ')}. Its properties are ${properties.join(', ')}.`);
  }
  const given = new Map<string, unknown>(Object.entries(line));
  if (!given.has('value')) throw new LineError('The line has no value. Write null for a record without one.');
  const { timestamp = 0, partition = null } = { timestamp: given.get('timestamp'), partition: given.get('partition') };
  if (!Number.isSafeInteger(timestamp)) throw new LineError('The timestamp is not a whole number of milliseconds.');
  if (partition !== null && !(Number.isSafeInteger(partition) && (partition as number) >= 0)) {
    throw new LineError('The partition is not a whole number from 0.');
  }
  return {
    key: keyWithWindow(given.get('key') ?? null, given.get('window')),
    value: given.get('value'),
    timestamp: timestamp as number,
    headers: parseHeaders(given.get('headers')),
    partition: partition as number | null,
  };
}

/** A windowed key is in its topic the JSON object {"key","start","end"}. */
function keyWithWindow(key: unknown, window: unknown): unknown {
  if (window === undefined) return key;
  const { start, end, ...rest } = (typeof window === 'object' && window !== null ? window : {}) as {
    readonly start?: unknown;
    readonly end?: unknown;
  };
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || Object.keys(rest).length > 0) {
    throw new LineError('The window is not {"start":…,"end":…} in epoch milliseconds.');
  }
  return { key, start, end };
}

function parseHeaders(given: unknown): readonly Header[] {
  if (given === undefined) return [];
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new LineError('The headers are not an object such as {"name":"text"}.');
  }
  return Object.entries(given).map(([name, value]) => {
    if (value !== null && typeof value !== 'string')
      throw new LineError(`The header ${name} is neither text nor null.`);
    return { name, value: value === null ? null : encoder.encode(value) };
  });
}

function keyBytes(format: KeyFormat, { key }: ParsedLine): ByteString | null {
  if (key === null) return null;
  try {
    return encodeKey(format, key);
  } catch (error) {
    if (error instanceof KeyFormatError) throw new LineError(error.message);
    throw error;
  }
}

/** A value as it would stand in its topic: in a line, text is a JSON text, and bytes are one in base64. */
function valueForm(format: ValueFormat, value: unknown): string | Uint8Array | null {
  if (value === null || format === 'json') return valueText(value);
  if (typeof value !== 'string') {
    throw new LineError(`The value is no text, and the source reads values in the format ${format}.`);
  }
  if (format === 'text') return value;
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value) throw new LineError('The value is not base64, in which bytes are written.');
  return bytes;
}

function valueText(value: unknown): string | null {
  if (value === null) return null;
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw new LineError('The value is nested too deep.');
    throw error;
  }
}

function decodeLine(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    throw new LineError('The line is not valid UTF-8.');
  }
}

/** The lines of a file as bytes, read piece by piece, so that a file may be larger than a text can be. */
async function* linesOf(file: string): AsyncIterable<Uint8Array> {
  let begun: Buffer[] = [];
  try {
    for await (const piece of createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
        const rest = piece.subarray(start, end);
        yield begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
        begun = [];
        start = end + 1;
      }
      if (start < piece.length) begun.push(piece.subarray(start));
    }
  } catch (error) {
    throw fileFailure(file, 'read', error);
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}
