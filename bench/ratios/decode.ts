import { type EncodedBatch, RecordBatch } from '@millrace/engine';
import { FieldColumns, FieldReader } from '@millrace/engine/testing';
import type { LazyValue } from '@millrace/expression';
import type { Contender } from '../measure.ts';

interface Batches {
  readonly batches: readonly EncodedBatch[];
  readonly records: number;
}

/** Walks over each value and reads some of its fields, as a source and the expressions behind it do. */
export function readingFields(name: string, fields: readonly string[]): Contender<Batches> & { sum: number } {
  const reader = new FieldReader();
  for (const field of fields) reader.slotOf(field);
  const side = {
    name,
    sum: 0,
    prepare: () => undefined,
    run: ({ batches }: Batches) => {
      side.sum = 0;
      for (const batch of batches) side.sum += readBatch(reader, new RecordBatch(batch.bytes, 0), fields);
    },
  };
  return side;
}

function readBatch(reader: FieldReader, batch: RecordBatch, fields: readonly string[]): number {
  const columns = new FieldColumns(reader, batch);
  let sum = 0;
  for (let index = 0; index < batch.count; index++) {
    const value: LazyValue | null = reader.read(
      columns,
      index,
      batch.valueStarts[index] ?? 0,
      batch.valueEnds[index] ?? 0,
    );
    if (value !== null) for (const field of fields) sum += weight(value.field(field));
  }
  return sum;
}

export function parsing(name: string, fields: readonly string[]): Contender<Batches> & { sum: number } {
  const side = {
    name,
    sum: 0,
    prepare: () => undefined,
    run: ({ batches }: Batches) => {
      side.sum = 0;
      for (const { bytes } of batches) side.sum += parseBatch(new RecordBatch(bytes, 0), fields);
    },
  };
  return side;
}

function parseBatch(batch: RecordBatch, fields: readonly string[]): number {
  let sum = 0;
  for (let index = 0; index < batch.count; index++) {
    const value = JSON.parse(batch.text(batch.valueStarts[index] ?? 0, batch.valueEnds[index] ?? 0));
    for (const field of fields) sum += weight(value[field]);
  }
  return sum;
}

/** So that nothing that was read is thrown away unseen. */
function weight(value: unknown): number {
  return typeof value === 'number' ? value : typeof value === 'string' ? value.length : 0;
}
