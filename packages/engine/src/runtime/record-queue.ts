import { assert } from '../assert.ts';
import { parseExactJson } from '../json/exact-json.ts';
import { FieldColumns, FieldReader } from '../json/field-reader.ts';
import { bytesToByteString } from '../log/byte-string.ts';
import { decodeKey } from '../log/key-format.ts';
import type { ReadResult } from '../log/log.ts';
import { isNestedTooDeep, nestingMax } from '../log/nesting.ts';
import type { RecordBatch } from '../log/record-batch.ts';
import type { SourceSpec } from '../topology/topology.ts';
import { EventTime } from './event-time.ts';
import type { NumberCell } from './number-cell.ts';
import { asRecordError, RecordError } from './record-error.ts';
import { StreamRecord } from './stream-record.ts';

export interface RecordQueueOptions {
  /** Epoch milliseconds; without a clock, records that should be stamped by it keep their own time. */
  readonly wallClock?: (() => number) | undefined;
  /** The greatest event time among the records taken; kept by the caller, so that it survives restarts. NaN before the first. */
  readonly partitionTime?: NumberCell | undefined;
}

/**
 * Records of one source partition that have arrived and wait for their turn. Batches come whole; a record is decoded and stamped when it
 * becomes the head.
 */
export class RecordQueue {
  readonly source: SourceSpec;
  readonly partition: number;
  #batches: RecordBatch[] = [];
  #batch: RecordBatch | null = null;
  #index = 0;
  readonly #reader: FieldReader;
  readonly #eventTime: EventTime;
  readonly #partitionTime: NumberCell;
  /** Where the fields of the current batch are; null before the first record of it has been looked at. */
  #columns: FieldColumns | null = null;
  /** The head, decoded and stamped, or the reason why it cannot be; both null before anybody has asked. */
  #headRecord: StreamRecord | null = null;
  #headError: RecordError | null = null;
  #buffered = 0;
  #nextToFetch: number;
  #position: number;
  #endOffset: number | null = null;

  constructor(source: SourceSpec, partition: number, position: number, options: RecordQueueOptions = {}) {
    this.source = source;
    this.partition = partition;
    this.#reader = new FieldReader({ bigIntegers: source.bigIntegers === 'string' ? 'string' : 'refuse' });
    this.#eventTime = new EventTime(source, options.wallClock ?? null);
    this.#partitionTime = options.partitionTime ?? { value: Number.NaN };
    this.#nextToFetch = position;
    this.#position = position;
  }

  /** The offset of the next record to be taken; what a commit records. */
  get position(): number {
    return this.#position;
  }

  /** The offset from which more should be read. */
  get nextToFetch(): number {
    return this.#nextToFetch;
  }

  /** The partition's end as last seen; null before the first answer. */
  get endOffset(): number | null {
    return this.#endOffset;
  }

  get bufferedRecords(): number {
    return this.#buffered;
  }

  /** Nothing is buffered, and the log had nothing more when last asked: waiting for this partition would be waiting for the future. */
  get isCaughtUp(): boolean {
    return this.#buffered === 0 && this.#endOffset !== null && this.#nextToFetch >= this.#endOffset;
  }

  get isEmpty(): boolean {
    return this.#buffered === 0;
  }

  /** Takes what a read gave. Gives the number of records that had been removed before they could be read. */
  accept(result: ReadResult): number {
    let lost = 0;
    if (result.startOffset > this.#nextToFetch) {
      lost = result.startOffset - this.#nextToFetch;
      this.#nextToFetch = result.startOffset;
      if (this.#buffered === 0) this.#position = result.startOffset;
    }
    for (const batch of result.batches) {
      if (batch.count === 0 || batch.nextOffset <= this.#nextToFetch) continue;
      let skipped = 0;
      while (skipped < batch.count && batch.offset(skipped) < this.#nextToFetch) skipped++;
      if (this.#batch === null) {
        this.#batch = batch;
        this.#index = skipped;
        this.#columns = null;
      } else {
        assert(skipped === 0, 'a read gave records that are buffered already');
        this.#batches.push(batch);
      }
      this.#buffered += batch.count - skipped;
      this.#nextToFetch = batch.nextOffset;
    }
    if (result.nextOffset > this.#nextToFetch) {
      // There is no record between here and there.
      this.#nextToFetch = result.nextOffset;
      if (this.#buffered === 0) this.#position = result.nextOffset;
    }
    this.#endOffset = Math.max(result.endOffset, this.#endOffset ?? 0);
    return lost;
  }

  /** The timestamp by which this queue competes for the next turn; a record that cannot be decoded goes first. Infinity when empty. */
  get headTimestamp(): number {
    const known = this.#headRecord;
    if (known !== null) return known.timestamp;
    if (this.#buffered === 0) return Number.POSITIVE_INFINITY;
    const record = this.headRecord;
    return record === null ? Number.NEGATIVE_INFINITY : record.timestamp;
  }

  /**
   * The head, which must exist; null when it cannot be decoded, for the reason {@link RecordQueue.headError}.
   * {@link RecordQueue.headOffset} and {@link RecordQueue.headBytes} still tell of it until `next`.
   */
  get headRecord(): StreamRecord | null {
    if (this.#headRecord === null && this.#headError === null) this.#decodeHead();
    return this.#headRecord;
  }

  get headError(): RecordError {
    assert(this.#headError !== null, 'a record that can be read was asked why it cannot');
    return this.#headError;
  }

  /** Whether the head, which has no valid event time, is passed over without being a failure. */
  get isHeadSkipped(): boolean {
    return this.source.invalidTimestamp === 'skip' && this.#headError?.code === 'timestamp';
  }

  get headOffset(): number {
    return this.#batch?.offset(this.#index) ?? this.#position;
  }

  /** The head as it stands in the log. The bytes are views: copy what is kept. */
  get headBytes(): { readonly batch: RecordBatch; readonly index: number } {
    assert(this.#batch !== null, 'an empty queue was asked for its head');
    return { batch: this.#batch, index: this.#index };
  }

  /** Leaves the head behind. */
  next(): void {
    const batch = this.#batch;
    assert(batch !== null, 'an empty queue was asked to go on');
    this.#position = batch.offset(this.#index) + 1;
    const taken = this.#headRecord;
    // The comparison holds for the first one too, when there is no time yet.
    if (taken !== null && !(taken.timestamp <= this.#partitionTime.value)) this.#partitionTime.value = taken.timestamp;
    this.#headRecord = null;
    this.#headError = null;
    this.#buffered--;
    this.#index++;
    if (this.#index >= batch.count) {
      this.#batch = this.#batches.shift() ?? null;
      this.#index = 0;
      this.#columns = null;
      if (this.#batch === null) this.#position = Math.max(this.#position, this.#nextToFetch);
    }
  }

  #decodeHead(): void {
    const batch = this.#batch;
    assert(batch !== null, 'an empty queue was asked for its head');
    try {
      this.#headRecord = this.#decode(batch, this.#index);
    } catch (error) {
      const recordError = asRecordError(error);
      if (recordError === null) throw error;
      this.#headError = recordError;
    }
  }

  #decode(batch: RecordBatch, index: number): StreamRecord {
    const keyBytes = batch.keyByteString(index);
    const { keyFormat } = this.source;
    const isText = keyBytes === null || (keyFormat === 'string' && batch.areKeysAscii);
    const key = isText ? keyBytes : decodeKey(keyFormat, keyBytes);
    const valueEnd = batch.valueEnds[index] ?? -1;
    const value = valueEnd < 0 ? null : this.#decodeValue(batch, index, batch.valueStarts[index] ?? 0, valueEnd);
    const headers = batch.headers(index);
    const timestamp = batch.timestamps[index] ?? 0;
    const eventTime =
      this.#eventTime.ready(timestamp) ??
      this.#eventTime.of({ key, value, headers, timestamp }, this.#partitionTime.value);
    return new StreamRecord(key, value, eventTime, headers, null);
  }

  /** An object is only walked over, and decoded as far as it is looked into. */
  #decodeValue(batch: RecordBatch, index: number, start: number, end: number): unknown {
    switch (this.source.valueFormat) {
      case 'text':
        return decodeText(batch, start, end, 'it is no text. Read it in the format bytes');
      case 'bytes':
        return decodeKey('bytes', bytesToByteString(batch.bytes.subarray(start, end)));
      case 'json':
        this.#columns ??= new FieldColumns(this.#reader, batch);
        return this.#reader.read(this.#columns, index, start, end) ?? decodeJson(this.#reader, batch, start, end);
    }
  }
}

function decodeText(batch: RecordBatch, start: number, end: number, soThat: string): string {
  try {
    return batch.text(start, end);
  } catch {
    throw new RecordError('decode', `The value is not valid UTF-8, so ${soThat}.`);
  }
}

function decodeJson({ bigIntegers }: FieldReader, batch: RecordBatch, start: number, end: number): unknown {
  const text = decodeText(batch, start, end, 'it is not JSON');
  let value: unknown;
  try {
    value = parseExactJson(text, bigIntegers, []);
  } catch (error) {
    const known = asRecordError(error);
    if (known !== null) throw known;
    throw new RecordError(
      'decode',
      `The value is not JSON: ${error instanceof Error ? error.message : 'it cannot be parsed'}.`,
    );
  }
  if (isNestedTooDeep(text, value)) {
    throw new RecordError('decode', `The value is nested more than ${nestingMax} levels deep.`);
  }
  return value;
}
