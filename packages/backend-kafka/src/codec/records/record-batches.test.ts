import {
  bytesToByteString,
  encodeBatch,
  type ProducedRecord,
  producedRecord,
  type RecordBatch,
  RecordBatchBuilder,
} from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import type { Compression } from '../../kafka-settings.ts';
import { encodeKafkaBatches, type KafkaBatch, stampBatch } from './batch-encoder.ts';
import { batchLayout, readBatchHeader } from './batch-header.ts';
import { canCompress } from './compression.ts';
import { crc32c } from './crc32c.ts';
import { decodeRecords } from './decode-records.ts';
import { MalformedRecordsError } from './malformed-records.ts';

const noProducer = { id: -1n, epoch: -1, isTransactional: false };
const plain = { compression: 'none', maxBatchBytes: 1_000_000 } as const;

function encode(records: readonly ProducedRecord[], compression: Compression = 'none'): Uint8Array {
  const [batch] = encodeKafkaBatches([encodeBatch(records)], { compression, maxBatchBytes: 1_000_000 });
  stampBatch((batch as KafkaBatch).bytes, noProducer, -1);
  return (batch as KafkaBatch).bytes;
}

function decode(bytes: Uint8Array): RecordBatch {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readBatchHeader(bytes, view, 0);
  if (header === null) throw new MalformedRecordsError('cut short');
  return decodeRecords(bytes, view, header);
}

function restamp(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint32(batchLayout.crc, crc32c(bytes, batchLayout.attributes));
  return bytes;
}

function plainForm(records: Iterable<ProducedRecord>) {
  const bytes = (value: Uint8Array | string | null) =>
    value === null ? null : [...(typeof value === 'string' ? new TextEncoder().encode(value) : value)];
  return [...records].map(({ key, value, timestamp, headers }) => ({
    key,
    value: bytes(value),
    timestamp,
    headers: (headers ?? []).map((header) => ({ name: header.name, value: bytes(header.value) })),
  }));
}

function recordsOf(batch: RecordBatch): ProducedRecord[] {
  return Array.from({ length: batch.count }, (_, index) => producedRecord(batch, index));
}

const allBytes = Uint8Array.from({ length: 256 }, (_, index) => index);
const varied: readonly ProducedRecord[] = [
  { key: 'plain', value: '{"a":1}', timestamp: 1_700_000_000_000 },
  { key: null, value: 'no key', timestamp: 0 },
  { key: 'gone', value: null, timestamp: -1 },
  { key: '', value: '', timestamp: 5 },
  { key: null, value: null, timestamp: Number.MAX_SAFE_INTEGER },
  { key: bytesToByteString(allBytes), value: allBytes, timestamp: 1 },
  { key: 'long', value: 'Zürich 東京 🚲'.repeat(5000), timestamp: 2 },
  {
    key: 'headers',
    value: 'x',
    timestamp: 3,
    headers: [
      { name: 'größe', value: allBytes },
      { name: 'größe', value: null },
      { name: '', value: new Uint8Array() },
    ],
  },
];

describe('record batches', () => {
  it('checksums as the standard says', () => {
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => 31 - index))).toBe(0x113fdb5c);
  });

  it('checksums parts of any length and place as bit by bit', () => {
    const bytes = Uint8Array.from({ length: 120 }, (_, index) => Math.imul(index + 1, 0x9e3779b1) >>> 24);
    for (let start = 0; start < 20; start++) {
      for (let end = start; end <= bytes.length; end++) {
        let crc = 0xffffffff;
        for (const byte of bytes.subarray(start, end)) {
          crc ^= byte;
          for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
        }
        expect(crc32c(bytes, start, end)).toBe(~crc >>> 0);
      }
    }
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('keeps every byte, compressed with %s', (compression) => {
    if (!canCompress(compression)) {
      expect(() => encode(varied, compression)).toThrow(/Node\.js 22/);
      return;
    }
    expect(plainForm(recordsOf(decode(encode(varied, compression))))).toEqual(plainForm(varied));
  });

  it('reads a batch as other producers lay it out', () => {
    // One record (key "k", value "v", header "h" = "x", time 10) as Apache Kafka's own producer lays it out.
    const record = [28, 0, 0, 0, 2, 0x6b, 2, 0x76, 2, 2, 0x68, 2, 0x78];
    const body = Uint8Array.from([(record.length - 1) * 2, ...record.slice(1)]);
    const bytes = new Uint8Array(batchLayout.records + body.byteLength);
    const view = new DataView(bytes.buffer);
    view.setBigInt64(0, 41n);
    view.setInt32(batchLayout.length, bytes.byteLength - batchLayout.beforeLength);
    view.setInt8(batchLayout.version, 2);
    view.setBigInt64(batchLayout.baseTimestamp, 10n);
    view.setBigInt64(batchLayout.maxTimestamp, 10n);
    view.setInt32(batchLayout.count, 1);
    bytes.set(body, batchLayout.records);
    const batch = decode(restamp(bytes));
    expect([batch.offset(0), batch.nextOffset]).toEqual([41, 42]);
    expect(plainForm(recordsOf(batch))).toEqual(
      plainForm([
        { key: 'k', value: 'v', timestamp: 10, headers: [{ name: 'h', value: new TextEncoder().encode('x') }] },
      ]),
    );
  });

  it('keeps the gaps that compaction leaves', () => {
    const bytes = encode([1, 2, 3].map((value) => ({ key: `${value}`, value: `${value}`, timestamp: value })));
    // Each record is: length, attributes, time, offset, 1 + 1 bytes of key, 1 + 1 of value, header count.
    bytes[batchLayout.records + 3] = 2 * 4;
    bytes[batchLayout.records + 9 + 3] = 2 * 7;
    bytes[batchLayout.records + 18 + 3] = 2 * 9;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    view.setInt32(batchLayout.lastOffsetDelta, 12);
    view.setBigInt64(batchLayout.baseOffset, 100n);
    const batch = decode(restamp(bytes));
    expect([0, 1, 2].map((index) => batch.offset(index))).toEqual([104, 107, 109]);
    expect(recordsOf(batch).map(({ key }) => key)).toEqual(['1', '2', '3']);
  });

  it('cuts batches where the limit is, in order, and joins small ones', () => {
    const sources = Array.from({ length: 10 }, (_, number) =>
      encodeBatch(
        Array.from({ length: 7 }, (_, at) => ({ key: `${number}`, value: `${at}`.repeat(40), timestamp: at })),
      ),
    );
    const batches = encodeKafkaBatches(sources, { compression: 'none', maxBatchBytes: 1000 });
    expect(Math.max(...batches.map(({ bytes }) => bytes.byteLength))).toBeLessThanOrEqual(1000);
    expect(batches.length).toBeLessThan(10);
    for (const { bytes } of batches) stampBatch(bytes, noProducer, -1);
    const read = batches.flatMap(({ bytes }) => recordsOf(decode(bytes)).map(({ key }) => key));
    expect(read).toEqual(sources.flatMap((_, number) => Array.from({ length: 7 }, () => `${number}`)));
    const large = encodeKafkaBatches([encodeBatch([{ key: null, value: 'x'.repeat(5000), timestamp: 0 }])], {
      compression: 'none',
      maxBatchBytes: 1000,
    });
    expect(large.map(({ count }) => count)).toEqual([1]);
  });

  it('cuts fractions of a millisecond off', () => {
    const read = recordsOf(
      decode(
        encode([
          { key: 'a', value: 'b', timestamp: 7.9 },
          { key: 'a', value: 'c', timestamp: -0.5 },
        ]),
      ),
    );
    expect(read.map(({ timestamp }) => timestamp)).toEqual([7, -1]);
  });

  it('says that a batch is not whole, however much is missing', () => {
    const bytes = encode(varied.slice(0, 4));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let length = 0; length < bytes.byteLength; length++) {
      expect(readBatchHeader(bytes.subarray(0, length), view, 0)).toBe(null);
    }
  });

  it('refuses every flipped bit behind the checksum', () => {
    const bytes = encode(varied.slice(0, 4));
    for (let at = batchLayout.crc; at < bytes.byteLength; at++) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ 0x10;
      expect(() => decode(damaged)).toThrow(MalformedRecordsError);
    }
  });

  it('refuses absurd numbers with a right checksum, quickly', () => {
    const good = encode(varied.slice(0, 4));
    const change = (set: (view: DataView) => void): Uint8Array => {
      const bytes = good.slice();
      set(new DataView(bytes.buffer));
      return restamp(bytes);
    };
    for (const bytes of [
      change((view) => view.setInt32(batchLayout.count, 0x7fff_ffff)),
      change((view) => view.setInt32(batchLayout.count, -1)),
      change((view) => view.setInt32(batchLayout.count, 5)),
      change((view) => view.setInt32(batchLayout.lastOffsetDelta, -2)),
      change((view) => view.setInt32(batchLayout.lastOffsetDelta, 0)),
      change((view) => view.setInt32(batchLayout.length, 3)),
      change((view) => view.setInt32(batchLayout.length, -3)),
      change((view) => view.setInt8(batchLayout.version, 1)),
      change((view) => view.setBigInt64(batchLayout.baseOffset, -9n)),
      change((view) => view.setInt16(batchLayout.attributes, 6)),
      ...[1, 2, 3, 4].map((compression) => change((view) => view.setInt16(batchLayout.attributes, compression))),
    ]) {
      expect(() => decode(bytes)).toThrow(MalformedRecordsError);
    }
  });

  it('answers random damage with records or a typed error', () => {
    const good = encode(varied.slice(0, 6));
    let state = 42;
    const below = (limit: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 0x1_0000_0000) * limit);
    };
    for (let round = 0; round < 5000; round++) {
      const bytes = good.slice();
      for (let count = 1 + below(4); count > 0; count--) {
        bytes[batchLayout.records + below(bytes.byteLength - batchLayout.records)] = below(256);
      }
      try {
        decode(restamp(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedRecordsError);
      }
    }
  });

  it('does not uncompress without end', () => {
    const bytes = encode([{ key: 'a', value: '0'.repeat(500_000), timestamp: 0 }], 'snappy');
    // The first block says that it is as long as a number can be.
    bytes.set([0xff, 0xff, 0xff, 0xff, 0x0f], batchLayout.records + 20);
    expect(() => decode(restamp(bytes))).toThrow(MalformedRecordsError);
  });

  it('walks over headers as builders write them', () => {
    const builder = new RecordBatchBuilder();
    builder.append('a', '1', 1);
    builder.append('b', '2', 2, [{ name: 'cause', value: new TextEncoder().encode('in-0@17') }]);
    builder.append('c', '3', 3);
    const [batch] = encodeKafkaBatches([builder.finish()], plain);
    stampBatch((batch as KafkaBatch).bytes, { id: 7n, epoch: 2, isTransactional: true }, 0);
    const read = recordsOf(decode((batch as KafkaBatch).bytes));
    expect(read.map(({ headers }) => headers?.map(({ name }) => name))).toEqual([[], ['cause'], []]);
  });
});
