import { jsonText } from '../json/json-value.ts';
import type { ByteString } from '../log/byte-string.ts';
import { bytesToByteString } from '../log/byte-string.ts';
import type { Header } from '../log/header.ts';
import { encodeKey, type KeyFormat, KeyFormatError } from '../log/key-format.ts';
import type { ProducedRecord } from '../log/record-batch-builder.ts';
import type { RecordFailure } from '../metrics/record-failure.ts';
import type { StreamRecord } from './stream-record.ts';

/**
 * The headers of a dead letter, all text. The record's own key and value are the failed node's input: its bytes as they were where the
 * source could not read them, otherwise the key's bytes and the value as JSON. `source-key` and `source-value` hold the bytes of the
 * record that was being processed, as it stood in its topic. The input's own headers follow.
 */
export const deadLetterHeaders = {
  node: 'millrace.node',
  port: 'millrace.port',
  code: 'millrace.code',
  message: 'millrace.message',
  path: 'millrace.path',
  span: 'millrace.span',
  source: 'millrace.source',
  window: 'millrace.window',
  sourceKey: 'millrace.source-key',
  sourceValue: 'millrace.source-value',
} as const;

/** Where the record that was being processed stands, with its bytes (views: they are copied here). */
export interface SourceRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
  readonly headers: readonly Header[];
}

const encoder = new TextEncoder();

/** `input` is null when the source itself could not read the record. */
export function deadLetter(
  failure: RecordFailure,
  source: SourceRecord,
  input: StreamRecord | null,
  keyFormat: KeyFormat,
): ProducedRecord {
  const text = (name: string, value: string): Header => ({ name, value: encoder.encode(value) });
  const headers: Header[] = [
    text(deadLetterHeaders.node, failure.node),
    text(deadLetterHeaders.port, failure.port),
    text(deadLetterHeaders.code, failure.code),
    text(deadLetterHeaders.message, failure.message),
    text(deadLetterHeaders.path, JSON.stringify(failure.path)),
    text(deadLetterHeaders.source, `${source.topic}-${source.partition}@${source.offset}`),
  ];
  if (failure.span !== null) headers.push(text(deadLetterHeaders.span, `${failure.span.start}-${failure.span.end}`));
  if (input === null) {
    const key = source.key === null ? null : bytesToByteString(source.key);
    return {
      key,
      value: source.value?.slice() ?? null,
      timestamp: source.timestamp,
      headers: [...headers, ...copies(source.headers)],
    };
  }
  if (input.window !== null) headers.push(text(deadLetterHeaders.window, JSON.stringify(input.window)));
  headers.push({ name: deadLetterHeaders.sourceKey, value: source.key?.slice() ?? null });
  headers.push({ name: deadLetterHeaders.sourceValue, value: source.value?.slice() ?? null });
  return {
    key: keyBytes(keyFormat, input),
    value: input.value === null ? null : jsonText(input.value),
    timestamp: input.timestamp,
    headers: [...headers, ...copies(input.headers)],
  };
}

function copies(headers: readonly Header[]): readonly Header[] {
  return headers.map((header) => ({ name: header.name, value: header.value?.slice() ?? null }));
}

/** A key that does not fit its format may be why the record failed; it is then kept as JSON. */
function keyBytes(format: KeyFormat, record: StreamRecord): ByteString | null {
  if (record.key === null) return null;
  try {
    return encodeKey(format, record.key);
  } catch (error) {
    if (error instanceof KeyFormatError) return encodeKey('json', record.key);
    throw error;
  }
}
