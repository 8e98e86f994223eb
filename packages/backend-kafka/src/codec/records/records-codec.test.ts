import { encodeBatch, type ProducedRecord, producedRecord } from '@millrace/engine';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeKafkaBatches, stampBatch } from './batch-encoder.ts';
import { batchLayout, readBatchHeader } from './batch-header.ts';
import { decodeRecords } from './decode-records.ts';

const bytes = fc.uint8Array({ maxLength: 300, size: 'max' });
const byteString = bytes.map((key) => Buffer.from(key).toString('latin1'));
const record: fc.Arbitrary<ProducedRecord> = fc.record({
  key: fc.option(byteString),
  value: fc.option(bytes),
  timestamp: fc.integer({ min: -(2 ** 45), max: 2 ** 45 }),
  headers: fc.array(fc.record({ name: fc.string({ maxLength: 200 }), value: fc.option(bytes) }), { maxLength: 3 }),
});

/** A number as Kafka writes it, by the definition. */
function varying(value: bigint): number[] {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const written: number[] = [];
  for (; rest > 127n; rest >>= 7n) written.push(Number(rest & 127n) | 128);
  return [...written, Number(rest)];
}

function withLength(part: Uint8Array | null): number[] {
  return part === null ? varying(-1n) : [...varying(BigInt(part.length)), ...part];
}

/** The records of a batch, part by part as the protocol says. */
function written(records: readonly ProducedRecord[]): number[] {
  const first = records[0]?.timestamp ?? 0;
  return records.flatMap(({ key, value, timestamp, headers = [] }, index) => {
    const body = [
      0,
      ...varying(BigInt(timestamp - first)),
      ...varying(BigInt(index)),
      ...withLength(key === null ? null : Buffer.from(key, 'latin1')),
      ...withLength(value as Uint8Array | null),
      ...varying(BigInt(headers.length)),
      ...headers.flatMap((header) => [...withLength(Buffer.from(header.name)), ...withLength(header.value)]),
    ];
    return [...varying(BigInt(body.length)), ...body];
  });
}

describe('the codec of records', () => {
  it('writes what the protocol says, and reads it back', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 40 }), (records) => {
        const [batch] = encodeKafkaBatches([encodeBatch(records)], { compression: 'none', maxBatchBytes: 10_000_000 });
        const out = batch?.bytes ?? new Uint8Array();
        expect([...out.subarray(batchLayout.records)]).toEqual(written(records));
        stampBatch(out, { id: 3n, epoch: 1, isTransactional: false }, 0);
        const view = new DataView(out.buffer);
        const header = readBatchHeader(out, view, 0);
        if (header === null) throw new Error('the batch is not whole');
        const read = decodeRecords(out, view, header);
        const again = encodeBatch(Array.from({ length: read.count }, (_, index) => producedRecord(read, index)));
        expect(again.bytes).toEqual(encodeBatch(records).bytes);
      }),
    );
  });

  it('goes on with small batches after one of a hundred megabytes', () => {
    const value = new Uint8Array(100_000_000).fill(7);
    for (const size of [100, value.length, 100]) {
      const source = encodeBatch([{ key: 'k', value: value.subarray(0, size), timestamp: 1 }]);
      const [batch] = encodeKafkaBatches([source], { compression: 'none', maxBatchBytes: 1_000 });
      const out = batch?.bytes ?? new Uint8Array();
      stampBatch(out, { id: 3n, epoch: 1, isTransactional: false }, 0);
      const view = new DataView(out.buffer);
      const header = readBatchHeader(out, view, 0);
      if (header === null) throw new Error('the batch is not whole');
      expect(decodeRecords(out, view, header).value(0)?.byteLength).toBe(size);
    }
  });
});
