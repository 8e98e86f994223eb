import {
  decodeKey,
  type Header,
  type KeyFormat,
  KeyFormatError,
  type SinkSpec,
  type StoreRow,
  type WrittenRecord,
} from '@millrace/engine';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface LineParts {
  readonly key: unknown;
  readonly window: { readonly start: number; readonly end: number } | null;
  /** JSON text. */
  readonly value: string;
  readonly timestamp: number;
  readonly headers: readonly Header[];
  readonly partition: number;
}

/** The one form of a line, so that equal records are equal bytes. */
function lineOf({ key, window, value, timestamp, headers, partition }: LineParts): string {
  const windowText = window === null ? '' : `"window":{"start":${window.start},"end":${window.end}},`;
  return `{"key":${JSON.stringify(key)},${windowText}"value":${value},"timestamp":${timestamp},"headers":${headersText(headers)},"partition":${partition}}\n`;
}

/**
 * A record of a sink's topic. A windowed key that is the JSON {"key","start","end"} is taken apart; one in Kafka's bytes is shown as bytes,
 * since it does not say all of its window.
 */
export function recordLine(record: WrittenRecord, { keyFormat, keyEncoding, valueFormat }: SinkSpec): string {
  const { timestamp, partition } = record;
  const value =
    valueFormat === undefined || valueFormat === 'json' ? valueText(record.value) : quoted(record.value, valueFormat);
  const line = { value, timestamp, headers: record.headers ?? [], partition };
  if (record.key === null) return lineOf({ ...line, key: null, window: null });
  if (keyEncoding !== 'json-window') {
    const format = keyEncoding === 'plain' ? keyFormat : 'bytes';
    return lineOf({ ...line, key: decodeKey(format, record.key), window: null });
  }
  const { key, start, end } = decodeKey('json', record.key) as { key: unknown; start: number; end: number };
  return lineOf({ ...line, key, window: { start, end } });
}

/** Text as a JSON text, and bytes as one in base64. */
function quoted(value: WrittenRecord['value'], format: 'text' | 'bytes'): string {
  if (value === null) return 'null';
  if (format === 'text') return JSON.stringify(typeof value === 'string' ? value : strictUtf8.decode(value));
  return JSON.stringify(Buffer.from(value).toString('base64'));
}

/**
 * A dead letter. Its key may be why it is one, so it is read in the first of the formats that it fits, else as text, else as base64.
 * @param formats the key formats of the node that failed
 */
export function deadLetterLine(record: WrittenRecord, formats: readonly KeyFormat[]): string {
  const { timestamp, partition } = record;
  const key = record.key === null ? null : firstReading(record.key, [...formats, 'string', 'bytes']);
  return lineOf({
    key,
    window: null,
    value: deadValueText(record.value),
    timestamp,
    headers: record.headers ?? [],
    partition,
  });
}

/** An entry of a store; its partition is that of the task which keeps it. */
export function storeLine({ key, window, value, timestamp, taskId }: StoreRow): string {
  const partition = Number(taskId.slice(taskId.indexOf('_') + 1));
  return lineOf({ key, window, value: JSON.stringify(value), timestamp, headers: [], partition });
}

function firstReading(bytes: string, formats: readonly KeyFormat[]): unknown {
  for (const format of formats) {
    try {
      return decodeKey(format, bytes);
    } catch (error) {
      if (!(error instanceof KeyFormatError)) throw error;
    }
  }
  return null;
}

/** What a source could not read may be anything: JSON as it is, other text as a JSON text, other bytes as one in base64. */
function deadValueText(value: WrittenRecord['value']): string {
  try {
    const text = valueText(value);
    JSON.parse(text);
    return text;
  } catch {
    return quoted(value, isText(value) ? 'text' : 'bytes');
  }
}

function isText(value: WrittenRecord['value']): boolean {
  try {
    valueText(value);
    return true;
  } catch {
    return false;
  }
}

function valueText(value: WrittenRecord['value']): string {
  if (value === null) return 'null';
  return typeof value === 'string' ? value : strictUtf8.decode(value);
}

/** The last of equal names; bytes that are not text as a data URL. */
function headersText(headers: readonly Header[]): string {
  if (headers.length === 0) return '{}';
  const byName: { [name: string]: string | null } = Object.create(null);
  for (const { name, value } of headers) byName[name] = value === null ? null : headerText(value);
  return JSON.stringify(byName);
}

function headerText(bytes: Uint8Array): string {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return `data:;base64,${Buffer.from(bytes).toString('base64')}`;
  }
}
