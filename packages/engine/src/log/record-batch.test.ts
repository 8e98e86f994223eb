import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionFailure } from '../assert.ts';
import { bytesToByteString } from './byte-string.ts';
import { NumberedHeader, noHeaders } from './header.ts';
import { batchFormat, MalformedBatchError, RecordBatch } from './record-batch.ts';
import type { ProducedRecord } from './record-batch-builder.ts';
import { encodeBatch, producedRecord, RecordBatchBuilder } from './record-batch-builder.ts';

const encoder = new TextEncoder();

function bytesOf(value: Uint8Array | string | null): number[] | null {
  if (value === null) return null;
  return [...(typeof value === 'string' ? encoder.encode(value) : value)];
}

/** A record with nothing left of how its bytes were held. */
function plain(record: ProducedRecord): unknown {
  return {
    key: record.key,
    value: bytesOf(record.value),
    timestamp: record.timestamp,
    headers: (record.headers ?? []).map(({ name, value }) => ({ name, value: bytesOf(value) })),
  };
}

function unpacked(batch: RecordBatch): unknown[] {
  return Array.from({ length: batch.count }, (_, index) => plain(producedRecord(batch, index)));
}

const bytes = fc.uint8Array({ maxLength: 20 });
const wellFormed = fc.string({ unit: 'grapheme', maxLength: 12 });
const header = fc.oneof(
  fc.record({ name: wellFormed, value: fc.option(bytes) }),
  fc
    .tuple(wellFormed, fc.string({ unit: 'grapheme-ascii' }), fc.oneof(fc.nat(), fc.maxSafeNat()))
    .map(([name, prefix, number]) => new NumberedHeader(name, prefix, number)),
);
const record = fc.record({
  key: fc.option(fc.oneof(bytes.map(bytesToByteString), fc.string({ unit: 'grapheme-ascii' }))),
  value: fc.option(fc.oneof(bytes, wellFormed)),
  timestamp: fc.double({ noNaN: true }),
  headers: fc.oneof({ weight: 3, arbitrary: fc.constant(noHeaders) }, { weight: 1, arbitrary: fc.array(header) }),
});

describe('a record batch', () => {
  it('gives back every record as it was, whatever it holds', () => {
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const { bytes, count } = encodeBatch(records);
        const batch = new RecordBatch(bytes, 100);
        expect(count).toBe(records.length);
        expect(unpacked(batch)).toEqual(records.map(plain));
        expect(batch.nextOffset).toBe(100 + records.length);
      }),
    );
  });

  it('reads from a view that lies anywhere in a larger buffer', () => {
    const { bytes } = encodeBatch([{ key: 'k', value: 'é', timestamp: 1, headers: [{ name: 'h', value: null }] }]);
    const larger = new Uint8Array(bytes.byteLength + 7).fill(0xee);
    larger.set(bytes, 3);
    const batch = new RecordBatch(larger.subarray(3, 3 + bytes.byteLength), 0);
    expect(unpacked(batch)).toEqual(unpacked(new RecordBatch(bytes, 0)));
    expect(batch.text(batch.valueStarts[0] ?? 0, batch.valueEnds[0] ?? 0)).toBe('é');
  });

  it('knows null from empty, in keys, values and headers', () => {
    const headers = [
      { name: 'null', value: null },
      { name: 'empty', value: new Uint8Array() },
    ];
    const batch = new RecordBatch(
      encodeBatch([
        { key: null, value: null, timestamp: 0 },
        { key: '', value: '', timestamp: 0, headers },
      ]).bytes,
      0,
    );
    expect([batch.key(0), batch.value(0), batch.keyByteString(0)]).toEqual([null, null, null]);
    expect([batch.key(1)?.length, batch.value(1)?.length, batch.keyByteString(1)]).toEqual([0, 0, '']);
    expect(batch.headers(0)).toBe(noHeaders);
    expect(batch.headers(1).map(({ value }) => value?.length ?? null)).toEqual([null, 0]);
  });

  it('gives text of ASCII and of other payloads alike', () => {
    for (const value of ['plain', 'Zürich 東京 🚲']) {
      const { bytes } = encodeBatch([
        { key: 'first', value: 'a', timestamp: 0 },
        { key: 'second', value, timestamp: 0 },
      ]);
      const batch = new RecordBatch(bytes, 0);
      expect(batch.text(batch.valueStarts[1] ?? 0, batch.valueEnds[1] ?? 0)).toBe(value);
      expect(batch.keyByteString(1)).toBe('second');
    }
  });

  it('judges each record alone when one is not UTF-8', () => {
    const { bytes } = encodeBatch([
      { key: null, value: new Uint8Array([0xff, 0xfe]), timestamp: 0 },
      { key: '\xff', value: 'fine', timestamp: 0 },
    ]);
    const batch = new RecordBatch(bytes, 0);
    expect(() => batch.text(batch.valueStarts[0] ?? 0, batch.valueEnds[0] ?? 0)).toThrow(TypeError);
    expect(batch.text(batch.valueStarts[1] ?? 0, batch.valueEnds[1] ?? 0)).toBe('fine');
    expect(batch.keyByteString(1)).toBe('\xff');
  });

  it('takes values of any length, in one piece or several', () => {
    for (const part of ['a', 'é', 'x'.repeat(47), 'x'.repeat(200), '東'.repeat(100), '\ud800']) {
      const builder = new RecordBatchBuilder();
      builder.append('first', part, 0);
      builder.open(1, noHeaders);
      builder.putKey('k');
      builder.putKey('ey'.repeat(30));
      builder.putText(part);
      const inner = encoder.encode(`<${part}>`);
      builder.putBytes(inner, 1, inner.byteLength - 1);
      builder.putText('');
      builder.open(2, noHeaders);
      const batch = new RecordBatch(builder.finish().bytes, 0);
      const expected = [...encoder.encode(part)];
      expect([...(batch.value(0) ?? [])]).toEqual(expected);
      expect([...(batch.value(1) ?? [])]).toEqual([...expected, ...expected]);
      expect([batch.keyByteString(1), batch.keyByteString(2), batch.value(2)]).toEqual([
        `k${'ey'.repeat(30)}`,
        null,
        null,
      ]);
    }
  });

  it('leaves nothing of a batch in the next one', () => {
    const builder = new RecordBatchBuilder();
    builder.append('first', 'x'.repeat(3_000_000), 1, [{ name: 'h', value: null }]);
    builder.append(null, null, 2);
    builder.finish();
    for (let index = 0; index < 100_000; index++) builder.append('k', 'v', index);
    expect(new RecordBatch(builder.finish().bytes, 0).count).toBe(100_000);
    builder.append('second', 'y', 3);
    expect(unpacked(new RecordBatch(builder.finish().bytes, 0))).toEqual([
      plain({ key: 'second', value: 'y', timestamp: 3 }),
    ]);
    expect(builder.finish().count).toBe(0);
  });

  it('writes batches into the memory of earlier ones that nobody needs, as if it were new', () => {
    const builder = new RecordBatchBuilder();
    const buffers = new Set<ArrayBuffer>();
    for (const count of [1000, 900, 999, 3, 1000, 50_000, 49_000, 10, 2_000_000, 1, 1]) {
      const fresh = new RecordBatchBuilder();
      for (const each of [builder, fresh]) {
        for (let index = 0; index < count; index++) each.append(`k${index}`, null, index);
      }
      const batch = builder.finish();
      expect(Buffer.compare(batch.bytes, fresh.finish().bytes)).toBe(0);
      buffers.add(batch.bytes.buffer);
      batch.bytes.fill(0xff);
      builder.reuse(batch);
    }
    // Anew for the first, for each that is larger, and for each that is far smaller than a large one.
    expect(buffers.size).toBe(5);
  });

  it('writes a header that counts as it stands at each record', () => {
    const numbers = [0, 9, 10, 11, 19, 1234, 1299, 7, 999_999_999, 1_000_000_000, 1_000_000_001, 2 ** 53 - 1, 0];
    const header = new NumberedHeader('cause', 'topic-0@');
    const builder = new RecordBatchBuilder();
    for (const number of numbers) {
      header.number = number;
      builder.append(null, null, 0, [header]);
    }
    const batch = new RecordBatch(builder.finish().bytes, 0);
    const values = numbers.map((_, index) => new TextDecoder().decode(batch.headers(index)[0]?.value ?? undefined));
    expect(values).toEqual(numbers.map((number) => `topic-0@${number}`));
  });

  it('keeps offsets with gaps, which compaction leaves', () => {
    const builder = new RecordBatchBuilder();
    for (const delta of [0, 5, 1_000_000]) builder.appendAt(delta, { key: `${delta}`, value: 'x', timestamp: delta });
    const batch = new RecordBatch(builder.finish().bytes, 40);
    expect([batch.offset(0), batch.offset(1), batch.offset(2), batch.nextOffset]).toEqual([
      40, 45, 1_000_040, 1_000_041,
    ]);
    expect(batch.keyByteString(2)).toBe('1000000');
  });

  it('does not mix records with and without a place', () => {
    const builder = new RecordBatchBuilder();
    builder.append('a', 'x', 0);
    expect(() => builder.appendAt(3, { key: 'b', value: 'x', timestamp: 0 })).toThrow(AssertionFailure);
  });

  it('may be empty', () => {
    const batch = new RecordBatch(encodeBatch([]).bytes, 7);
    expect([batch.count, batch.nextOffset]).toEqual([0, 7]);
  });

  it('refuses bytes that are cut, grown, of another version or with lengths that do not add up', () => {
    const { bytes } = encodeBatch([
      { key: 'k', value: 'v', timestamp: 0 },
      { key: 'k', value: 'v', timestamp: 0 },
    ]);
    const refuses = (damaged: Uint8Array): void => {
      expect(() => new RecordBatch(damaged, 0)).toThrow(MalformedBatchError);
    };
    for (let length = 0; length < bytes.byteLength; length++) refuses(bytes.subarray(0, length));
    refuses(new Uint8Array([...bytes, 0]));
    refuses(Uint8Array.from(bytes, (byte, index) => (index === 0 ? 2 : byte)));
    const longerKey = bytes.slice();
    new DataView(longerKey.buffer).setInt32(batchFormat.fixedBytes + 2 * 8, 2, true);
    refuses(longerKey);
  });
});
