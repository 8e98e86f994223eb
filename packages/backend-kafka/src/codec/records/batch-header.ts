import { MalformedRecordsError } from './malformed-records.ts';

/**
 * A record batch, version 2. Numbers are big-endian.
 *
 *     0 base offset i64 | 8 length of what follows i32 | 12 leader epoch i32 | 16 version i8 = 2 | 17 CRC-32C of what follows u32
 *     21 attributes i16 | 23 last offset's delta i32 | 27 base timestamp i64 | 35 greatest timestamp i64
 *     43 producer id i64 | 51 producer epoch i16 | 53 base sequence i32 | 57 count i32 | 61 records, compressed as one
 */
export const batchLayout = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  version: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
  /** What `length` does not count. */
  beforeLength: 12,
} as const;

export const batchAttributes = { compression: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 } as const;

export interface BatchHeader {
  /** Where the batch begins and ends in its bytes. */
  readonly start: number;
  readonly end: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly attributes: number;
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: bigint;
  readonly count: number;
}

/** The header of the batch at `start`; null when the bytes end before the batch does, as brokers cut what they send. */
export function readBatchHeader(bytes: Uint8Array, view: DataView, start: number): BatchHeader | null {
  const left = bytes.byteLength - start;
  if (left < batchLayout.beforeLength) return null;
  const length = view.getInt32(start + batchLayout.length);
  // Where all forms have it, and first: older ones are shorter.
  const version = left > batchLayout.version ? view.getInt8(start + batchLayout.version) : 2;
  if (version !== 2) throw unknownVersion(version);
  if (length < batchLayout.records - batchLayout.beforeLength) {
    throw new MalformedRecordsError(`A record batch of ${length} bytes is shorter than its header.`);
  }
  if (left < batchLayout.beforeLength + length) return null;
  const count = view.getInt32(start + batchLayout.count);
  const lastOffsetDelta = view.getInt32(start + batchLayout.lastOffsetDelta);
  const baseOffset = readInt64(view, start + batchLayout.baseOffset);
  if (count < 0 || lastOffsetDelta < 0 || !Number.isSafeInteger(baseOffset) || baseOffset < 0) {
    throw new MalformedRecordsError(`A record batch at offset ${baseOffset} announces ${count} records.`);
  }
  return {
    start,
    end: start + batchLayout.beforeLength + length,
    baseOffset,
    lastOffset: baseOffset + lastOffsetDelta,
    attributes: view.getInt16(start + batchLayout.attributes),
    baseTimestamp: readInt64(view, start + batchLayout.baseTimestamp),
    maxTimestamp: readInt64(view, start + batchLayout.maxTimestamp),
    producerId: view.getBigInt64(start + batchLayout.producerId),
    count,
  };
}

function unknownVersion(version: number): MalformedRecordsError {
  return new MalformedRecordsError(
    version === 0 || version === 1
      ? `The records have the form of version ${version}, from before Kafka 0.11, which is not read. Write them into a new topic with a newer producer, and read that.`
      : `The records have the form of version ${version}, which is not known. Write them with a producer of Kafka 4 or older.`,
  );
}

/** Beyond the whole numbers that a number holds it is the nearest. */
export function readInt64(view: DataView, at: number): number {
  return view.getInt32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
}

export function writeInt64(view: DataView, at: number, value: number): void {
  view.setInt32(at, Math.floor(value / 0x1_0000_0000));
  view.setUint32(at + 4, value >>> 0);
}
