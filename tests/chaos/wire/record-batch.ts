import { gunzipSync } from 'node:zlib';
import { Reader, Writer } from './bytes.ts';

/** A record as it lies in the log. */
export interface WireRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface WireBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  /** What a control batch says of its producer's transaction; null for a batch of records. */
  readonly marker: 'commit' | 'abort' | null;
  readonly records: readonly WireRecord[];
}

export interface ProducerIdentity {
  readonly id: bigint;
  readonly epoch: number;
  readonly isTransactional: boolean;
}

const batchHeaderBytes = 12;

/** Takes apart what a broker answered to a fetch; a last batch that was cut off is left out. */
export function readBatches(bytes: Buffer): WireBatch[] {
  const batches: WireBatch[] = [];
  const reader = new Reader(bytes);
  while (reader.left >= batchHeaderBytes) {
    const baseOffset = Number(reader.int64());
    const length = reader.int32();
    if (reader.left < length) break;
    batches.push(readBatch(baseOffset, reader.raw(length)));
  }
  return batches;
}

function readBatch(baseOffset: number, bytes: Buffer): WireBatch {
  const reader = new Reader(bytes);
  reader.int32(); // the leader's epoch
  const magic = reader.int8();
  if (magic !== 2) throw new Error(`Records of the format ${magic} cannot be read here.`);
  const crc = reader.uint32();
  if (crc32c(bytes.subarray(9)) !== crc) throw new Error(`The checksum of the batch at ${baseOffset} is wrong.`);
  const attributes = reader.int16();
  const lastOffset = baseOffset + reader.int32();
  const baseTimestamp = Number(reader.int64());
  reader.int64(); // the greatest timestamp
  const producerId = reader.int64();
  reader.int16(); // its epoch
  reader.int32(); // its first sequence
  const count = reader.int32();
  const isControl = (attributes & 32) !== 0;
  const body = new Reader(uncompressed(attributes & 7, reader.raw(reader.left)));
  const records = Array.from({ length: count }, () => readRecord(body, baseOffset, baseTimestamp));
  return {
    baseOffset,
    lastOffset,
    producerId,
    isTransactional: (attributes & 16) !== 0,
    marker: isControl ? markerOf(records[0]) : null,
    records: isControl ? [] : records,
  };
}

function readRecord(reader: Reader, baseOffset: number, baseTimestamp: number): WireRecord {
  const record = new Reader(reader.raw(reader.varint()));
  record.int8();
  const timestamp = baseTimestamp + record.varint();
  const offset = baseOffset + record.varint();
  return { timestamp, offset, key: sized(record), value: sized(record) };
}

function sized(reader: Reader): Buffer | null {
  const length = reader.varint();
  return length < 0 ? null : reader.raw(length);
}

function markerOf(record: WireRecord | undefined): 'commit' | 'abort' {
  return record?.key?.readInt16BE(2) === 1 ? 'commit' : 'abort';
}

function uncompressed(codec: number, bytes: Buffer): Buffer {
  if (codec === 0) return bytes;
  if (codec === 1) return gunzipSync(bytes);
  throw new Error(`Batches of the compression ${codec} cannot be read here; a campaign writes without, or gzip.`);
}

/** A batch of one producer, numbered from `baseSequence` on. */
export function encodeBatch(
  records: readonly { readonly key: string; readonly value: string; readonly timestamp: number }[],
  producer: ProducerIdentity,
  baseSequence: number,
): Buffer {
  const baseTimestamp = records[0]?.timestamp ?? 0;
  const body = new Writer();
  body.int16(producer.isTransactional ? 16 : 0);
  body.int32(records.length - 1);
  body.int64(BigInt(baseTimestamp));
  body.int64(BigInt(Math.max(...records.map(({ timestamp }) => timestamp))));
  body.int64(producer.id).int16(producer.epoch).int32(baseSequence);
  body.int32(records.length);
  for (const [index, { key, value, timestamp }] of records.entries())
    body.raw(encodeRecord(key, value, timestamp - baseTimestamp, index));
  const rest = body.end();
  const checked = new Writer()
    .int32(-1)
    .int8(2)
    .int32(crc32c(rest) | 0)
    .raw(rest)
    .end();
  return new Writer().int64(0n).bytes(checked).end();
}

function encodeRecord(key: string, value: string, timestampDelta: number, offsetDelta: number): Buffer {
  const [keyBytes, valueBytes] = [Buffer.from(key), Buffer.from(value)];
  const record = new Writer().int8(0).varint(timestampDelta).varint(offsetDelta);
  record.varint(keyBytes.length).raw(keyBytes).varint(valueBytes.length).raw(valueBytes).varint(0);
  const bytes = record.end();
  return new Writer().varint(bytes.length).raw(bytes).end();
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
