import { encodeBatch } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { encodeKafkaBatches, type KafkaBatch, stampBatch } from './codec/records/batch-encoder.ts';
import { batchAttributes, batchLayout } from './codec/records/batch-header.ts';
import { crc32c } from './codec/records/crc32c.ts';
import { MalformedRecordsError } from './codec/records/malformed-records.ts';
import { fetchedBatches } from './fetched-batches.ts';

interface Written {
  readonly offset: number;
  readonly producer?: number;
  readonly values?: readonly string[];
  /** The end of the producer's transaction instead of records. */
  readonly mark?: 'commit' | 'abort';
  /** Compaction has left nothing but the frame, up to this offset. */
  readonly emptyUntil?: number;
}

function batch({ offset, producer, values = [], mark, emptyUntil }: Written): Uint8Array {
  const records = (mark === undefined ? values : ['']).map((value) => ({ key: value, value, timestamp: 0 }));
  const key = `\0\0\0${mark === 'commit' ? '\u0001' : '\0'}`;
  const source = encodeBatch(mark === undefined ? records : [{ key, value: '', timestamp: 0 }]);
  const filler = encodeBatch([{ key: 'x', value: 'x', timestamp: 0 }]);
  const [encoded] = encodeKafkaBatches([emptyUntil === undefined ? source : filler], {
    compression: 'none',
    maxBatchBytes: 100_000,
  });
  let { bytes } = encoded as KafkaBatch;
  if (emptyUntil !== undefined) bytes = bytes.slice(0, batchLayout.records);
  stampBatch(bytes, { id: BigInt(producer ?? -1), epoch: 0, isTransactional: producer !== undefined }, 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setBigInt64(batchLayout.baseOffset, BigInt(offset));
  view.setInt32(batchLayout.length, bytes.byteLength - batchLayout.beforeLength);
  if (emptyUntil !== undefined) {
    view.setInt32(batchLayout.count, 0);
    view.setInt32(batchLayout.lastOffsetDelta, emptyUntil - offset);
  }
  if (mark !== undefined) {
    view.setInt16(batchLayout.attributes, batchAttributes.transactional | batchAttributes.control);
  }
  view.setUint32(batchLayout.crc, crc32c(bytes, batchLayout.attributes));
  return bytes;
}

function read(written: readonly Written[], offset: number, aborted: readonly (readonly [number, number])[]) {
  const bytes = Buffer.concat(written.map(batch));
  const { batches, nextOffset } = fetchedBatches(
    new Uint8Array(bytes),
    offset,
    aborted.map(([producer, firstOffset]) => ({ producerId: BigInt(producer), firstOffset })),
  );
  const values = batches.flatMap((found) =>
    Array.from({ length: found.count }, (_, index) => found.keyByteString(index)),
  );
  return { values, nextOffset };
}

describe('the records of an answer', () => {
  it('leave aborted transactions out that overlap, in whatever order they ended', () => {
    const written: Written[] = [
      { offset: 0, producer: 1, values: ['a1'] },
      { offset: 1, producer: 2, values: ['a2'] },
      { offset: 2, values: ['plain'] },
      { offset: 3, producer: 1, values: ['a1 again'] },
      { offset: 4, producer: 2, mark: 'abort' },
      { offset: 5, producer: 2, values: ['c2'] },
      { offset: 6, producer: 1, mark: 'abort' },
      { offset: 7, producer: 1, values: ['c1'] },
      { offset: 8, producer: 1, mark: 'commit' },
      { offset: 9, producer: 2, mark: 'commit' },
    ];
    const expected = { values: ['plain', 'c2', 'c1'], nextOffset: 10 };
    expect(
      read(written, 0, [
        [2, 1],
        [1, 0],
      ]),
    ).toEqual(expected); // As they ended.
    expect(
      read(written, 0, [
        [1, 0],
        [2, 1],
      ]),
    ).toEqual(expected);
  });

  it('leave a transaction out that began before what was asked for, and one whose end is not there yet', () => {
    expect(
      read(
        [
          { offset: 5, producer: 1, values: ['a', 'b'] },
          { offset: 7, values: ['c'] },
        ],
        5,
        [[1, 2]],
      ),
    ).toEqual({
      values: ['c'],
      nextOffset: 8,
    });
  });

  it('know the second aborted transaction of a producer from a committed one between', () => {
    const written: Written[] = [
      { offset: 0, producer: 1, values: ['a'] },
      { offset: 1, producer: 1, mark: 'abort' },
      { offset: 2, producer: 1, values: ['b'] },
      { offset: 3, producer: 1, mark: 'commit' },
      { offset: 4, producer: 1, values: ['c'] },
      { offset: 5, producer: 1, mark: 'abort' },
    ];
    expect(
      read(written, 0, [
        [1, 0],
        [1, 4],
      ]),
    ).toEqual({ values: ['b'], nextOffset: 6 });
  });

  it('end behind empty batches and marks, so that a reader gets on', () => {
    expect(read([{ offset: 3, emptyUntil: 40 }], 3, [])).toEqual({ values: [], nextOffset: 41 });
    expect(read([{ offset: 3, producer: 1, mark: 'commit' }], 3, [])).toEqual({ values: [], nextOffset: 4 });
    expect(read([], 3, [])).toEqual({ values: [], nextOffset: 3 });
  });

  it('do without the batch at the end that the broker has cut', () => {
    const whole = batch({ offset: 0, values: ['a'] });
    const bytes = new Uint8Array(Buffer.concat([whole, batch({ offset: 1, values: ['b'] })]));
    for (let length = whole.byteLength; length < bytes.byteLength; length++) {
      expect(fetchedBatches(bytes.subarray(0, length), 0, []).nextOffset).toBe(1);
    }
  });

  it('are given up to the first that cannot be read, with which a read cannot begin', () => {
    const good = batch({ offset: 0, values: ['a'] });
    const damaged = batch({ offset: 1, values: ['b'] });
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    // A message of version 1: offset, length, checksum, version, attributes, time, key and value that are null.
    const old = new Uint8Array(34);
    new DataView(old.buffer).setInt32(8, 22);
    old[7] = 1;
    old[16] = 1;
    for (const [unreadable, what] of [
      [damaged, /checksum/],
      [old, /form of version 1, from before Kafka 0\.11/],
    ] as const) {
      const { batches, nextOffset } = fetchedBatches(new Uint8Array(Buffer.concat([good, unreadable])), 0, []);
      expect([batches.length, nextOffset]).toEqual([1, 1]);
      expect(() => fetchedBatches(unreadable, 1, [])).toThrow(what);
    }
  });

  it('are refused when offsets go back', () => {
    expect(() =>
      read(
        [
          { offset: 4, values: ['a'] },
          { offset: 2, values: ['b'] },
        ],
        4,
        [],
      ),
    ).toThrow(MalformedRecordsError);
  });
});
