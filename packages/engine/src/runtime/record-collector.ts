import type { ByteString } from '../log/byte-string.ts';
import type { Header } from '../log/header.ts';
import type { Append } from '../log/log.ts';
import { RecordBatchBuilder } from '../log/record-batch-builder.ts';
import { noRecordLimits, type RecordLimits } from '../log/record-limits.ts';

/** Records for one topic, by partition. Kept by those who write to the topic often, so that it is not looked up for each record. */
export class TopicOutput {
  readonly topic: string;
  /** For those who can do something about a record that the topic does not take. */
  readonly limits: RecordLimits;
  /** The timestamps that the topic takes now. */
  earliestTimestamp = Number.NEGATIVE_INFINITY;
  latestTimestamp = Number.POSITIVE_INFINITY;
  /** By partition; each is used batch after batch. */
  readonly #builders: (RecordBatchBuilder | undefined)[] = [];
  #isEmpty = true;

  constructor(topic: string, limits: RecordLimits = noRecordLimits) {
    this.topic = topic;
    this.limits = limits;
  }

  /** @param nowMs epoch milliseconds */
  moveTimestampLimits(nowMs: number): void {
    this.earliestTimestamp = nowMs - withMargin(this.limits.beforeMaxMs);
    this.latestTimestamp = nowMs + withMargin(this.limits.afterMaxMs);
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  send(
    partition: number,
    key: ByteString | null,
    value: Uint8Array | string | null,
    timestamp: number,
    headers: readonly Header[],
  ): void {
    this.#builder(partition).append(key, value, timestamp, headers);
  }

  /** Begins a record, for those who put key and value themselves. */
  open(partition: number, timestamp: number, headers: readonly Header[]): RecordBatchBuilder {
    const builder = this.#builder(partition);
    builder.open(timestamp, headers);
    return builder;
  }

  /** What was sent, encoded, one append a partition; nothing is left afterwards. */
  drain(): readonly Append[] {
    if (this.#isEmpty) return [];
    const appends: Append[] = [];
    this.#builders.forEach((builder, partition) => {
      if (builder !== undefined && builder.count > 0)
        appends.push({ topic: this.topic, partition, batch: builder.finish() });
    });
    this.#isEmpty = true;
    return appends;
  }

  /** Nobody needs the bytes of what was drained any more. */
  reuse({ partition, batch }: Append): void {
    this.#builders[partition]?.reuse(batch);
  }

  #builder(partition: number): RecordBatchBuilder {
    let builder = this.#builders[partition];
    if (builder === undefined) {
      builder = new RecordBatchBuilder();
      this.#builders[partition] = builder;
    }
    this.#isEmpty = false;
    return builder;
  }
}

/** The log's clock is not ours, and what is written now is committed a little later. */
function withMargin(limitMs: number): number {
  return limitMs - Math.min(60_000, limitMs / 2);
}

/** Where everything that tasks produce ends: outputs, repartition records, changelog records, dead letters. */
export class RecordCollector {
  readonly #outputs = new Map<string, TopicOutput>();
  /** By topic name; made anew when a topic is added. */
  #inOrder: readonly TopicOutput[] = [];
  readonly #limits: ReadonlyMap<string, RecordLimits>;
  /** The last reading of the clock; null without one. */
  #nowMs: number | null = null;

  /** @param limits by topic; none where the log takes all records */
  constructor(limits: ReadonlyMap<string, RecordLimits> = new Map()) {
    this.#limits = limits;
  }

  topic(name: string): TopicOutput {
    let output = this.#outputs.get(name);
    if (output === undefined) {
      output = new TopicOutput(name, this.#limits.get(name));
      if (this.#nowMs !== null) output.moveTimestampLimits(this.#nowMs);
      this.#outputs.set(name, output);
      this.#inOrder = [...this.#outputs.values()].sort((a, b) => (a.topic < b.topic ? -1 : 1));
    }
    return output;
  }

  /** @param nowMs epoch milliseconds */
  advanceWallClock(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const output of this.#inOrder) if (output.limits !== noRecordLimits) output.moveTimestampLimits(nowMs);
  }

  get isEmpty(): boolean {
    for (const output of this.#inOrder) if (!output.isEmpty) return false;
    return true;
  }

  /** Everything collected, encoded, one append a partition, by topic name, then partition; the collector is empty afterwards. */
  drain(): readonly Append[] {
    return this.#inOrder.flatMap((output) => output.drain());
  }

  /** Nobody needs the bytes of what was drained any more. */
  reuse(appends: readonly Append[]): void {
    for (const append of appends) this.#outputs.get(append.topic)?.reuse(append);
  }
}
