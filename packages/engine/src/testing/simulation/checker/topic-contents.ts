import { RecordBatch } from '../../../log/record-batch.ts';
import type { LedgerLog, Range } from '../ledger-log.ts';
import type { LogRecord } from './model-record.ts';

const lenientUtf8 = new TextDecoder();

/** Everything that was ever written, by topic and partition, purged or not. */
export class TopicContents {
  readonly #partitions = new Map<string, LogRecord[]>();

  constructor(ledger: LedgerLog) {
    for (const range of ledger.entries.flatMap(({ ranges }) => ranges)) {
      const name = `${range.topic}/${range.partition}`;
      const partition = this.#partitions.get(name) ?? [];
      partition.push(...recordsOf(range));
      this.#partitions.set(name, partition);
    }
  }

  /** In the order of their offsets, which begin at 0. */
  partition(topic: string, partition: number): readonly LogRecord[] {
    return this.#partitions.get(`${topic}/${partition}`) ?? [];
  }

  /** `topic/partition` of all that have records. */
  get names(): readonly string[] {
    return [...this.#partitions.keys()].sort();
  }
}

function recordsOf({ batch: { bytes }, from }: Range): readonly LogRecord[] {
  const batch = new RecordBatch(bytes, from);
  return Array.from({ length: batch.count }, (_, index) => {
    const value = batch.value(index);
    return {
      offset: batch.offset(index),
      key: batch.keyByteString(index),
      value: value === null ? null : lenientUtf8.decode(value),
      timestamp: batch.timestamps[index] ?? 0,
      headers: batch
        .headers(index)
        .map(({ name, value: bytesOf }) => [name, bytesOf === null ? null : lenientUtf8.decode(bytesOf)] as const),
    };
  });
}
