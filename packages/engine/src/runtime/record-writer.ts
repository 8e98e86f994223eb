import { JsonValue, jsonText } from '../json/json-value.ts';
import { type ByteString, byteStringToBytes } from '../log/byte-string.ts';
import { currentKey } from '../log/key-bytes.ts';
import { encodeKey, WindowedKeyFrame, windowedKeyJson } from '../log/key-format.ts';
import { partitionOf } from '../log/partitioner.ts';
import type { RecordBatchBuilder } from '../log/record-batch-builder.ts';
import type { SinkSpec } from '../topology/topology.ts';
import { PlacedRecord } from './placed-record.ts';
import type { TopicOutput } from './record-collector.ts';
import { RecordError } from './record-error.ts';
import type { StreamRecord, Window } from './stream-record.ts';

/** Writes the records of a sink as bytes. */
export class RecordWriter {
  readonly #sink: SinkSpec;
  readonly #output: TopicOutput;
  readonly #windowedKey = new WindowedKeyFrame();

  constructor(sink: SinkSpec, output: TopicOutput) {
    this.#sink = sink;
    this.#output = output;
  }

  /**
   * @param offset of the record from the log that this one comes of: records without a key spread over the partitions by it, so that a
   * replay puts them where they were
   * @throws RecordError when the record cannot be written; nothing of it is, then
   */
  write(record: StreamRecord, offset: number): void {
    const sink = this.#sink;
    const { value, window, timestamp } = record;
    const { earliestTimestamp, latestTimestamp } = this.#output;
    if (timestamp < earliestTimestamp || timestamp > latestTimestamp) throw this.#farOff(timestamp);
    const isFramed = record.key !== null && sink.keyEncoding === 'json-window' && window !== null;
    const asJson = isFramed ? windowedKeyJson(record.key, window) : null;
    // What fits into the frame as it is, is ASCII: its text is its bytes.
    const isOwnBytes = isFramed && asJson === null && sink.keyFormat === 'string';
    const key =
      record.key === null ? null : isOwnBytes ? (record.key as ByteString) : encodeKey(sink.keyFormat, record.key);
    const placed = record instanceof PlacedRecord ? record.partition : null;
    const bytes = key === null ? null : currentKey.read(key);
    const partition = placed ?? (bytes === null ? offset % sink.partitions : partitionOf(bytes, sink.partitions));
    const form = valueForm(sink, value);
    const written = this.#output.open(partition, timestamp, record.headers);
    if (asJson !== null) {
      written.putKey(asJson);
    } else if (isFramed) {
      const frame = this.#windowedKey;
      frame.move(window);
      written.putKeyView(frame.before, frame.beforeLength);
      const { bytes: own, length } = currentKey.read(record.key as ByteString);
      written.putKeyBytes(own, 0, length);
      written.putKeyView(frame.after, frame.afterLength);
    } else if (bytes !== null) {
      written.putKeyBytes(bytes.bytes, 0, bytes.length);
      if (window !== null) putKafkaWindow(written, sink.keyEncoding, window);
    }
    if (typeof form === 'string') written.putText(form);
    else if (form instanceof JsonValue) form.writeTo(written);
    else if (form !== null) written.putBytes(form, 0, form.byteLength);
    const { lastRecordBytes } = written;
    if (lastRecordBytes > this.#output.limits.maxBytes) {
      written.takeBackLast();
      throw this.#tooLarge(lastRecordBytes);
    }
  }

  #farOff(timestamp: number): RecordError {
    const { topic, limits, latestTimestamp } = this.#output;
    const [side, limitMs, setting] =
      timestamp > latestTimestamp
        ? ['after', limits.afterMaxMs, 'message.timestamp.after.max.ms']
        : ['before', limits.beforeMaxMs, 'message.timestamp.before.max.ms'];
    return new RecordError(
      'timestamp-limit',
      `The record's timestamp ${new Date(timestamp).toISOString()} lies further ${side} the present than the ${limitMs} ms that the topic ${topic} takes. Give the sink another timestamp, or raise ${setting} of the topic.`,
    );
  }

  #tooLarge(bytes: number): RecordError {
    const { topic, limits } = this.#output;
    return new RecordError(
      'too-large',
      `The record takes ${bytes} bytes, and the topic ${topic} takes ${limits.maxBytes} at most. Make it smaller, or raise max.message.bytes of the topic.`,
    );
  }
}

/** Everything that can fail of a value's way into bytes. */
function valueForm(sink: SinkSpec, value: unknown): JsonValue | string | Uint8Array | null {
  if (value === null) return null;
  switch (sink.valueFormat) {
    case 'text':
      if (typeof value !== 'string') throw misfit('text', value);
      return value;
    case 'bytes':
      if (typeof value !== 'string') throw misfit('bytes', value);
      return byteStringToBytes(encodeKey('bytes', value));
    default:
      if (!(value instanceof JsonValue)) return jsonText(value);
      // Who reads an internal topic does not know how the value was read before.
      return sink.internal && value.bigIntegers === 'string' ? value.text() : value;
  }
}

function misfit(format: 'text' | 'bytes', value: unknown): RecordError {
  const shown = jsonText(value);
  return new RecordError(
    'value-format',
    `The value ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown} does not fit the value format ${format}, which takes ${format === 'text' ? 'text' : 'text in base64'}. Give it such a value, or write JSON.`,
    ['valueFormat'],
  );
}

/** What Kafka's own serializers put behind the key: of time windows the start, of sessions the end and the start, 8 bytes each. */
function putKafkaWindow(written: RecordBatchBuilder, encoding: SinkSpec['keyEncoding'], window: Window): void {
  if (encoding === 'kafka-session') written.putKey(encodeKey('int64', window.end));
  if (encoding === 'kafka-session' || encoding === 'kafka-time-window')
    written.putKey(encodeKey('int64', window.start));
}
