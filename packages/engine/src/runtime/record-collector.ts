import type { ByteString } from '../log/byte-string.ts';
import type { Header } from '../log/header.ts';
import type { Append } from '../log/log.ts';
import { RecordBatchBuilder } from '../log/record-batch-builder.ts';

/** Records for one topic, by partition. Kept by those who write to the topic often, so that it is not looked up for each record. */
export class TopicOutput {
  readonly topic: string;
  /** The most that key, value and headers of a record may take, for those who can do something about it. */
  readonly maxRecordBytes: number;
  /** By partition; each is used batch after batch. */
  readonly #builders: (RecordBatchBuilder | undefined)[] = [];
  #isEmpty = true;

  constructor(topic: string, maxRecordBytes = Number.POSITIVE_INFINITY) {
    this.topic = topic;
    this.maxRecordBytes = maxRecordBytes;
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

/** Where everything that tasks produce ends: outputs, repartition records, changelog records, dead letters. */
export class RecordCollector {
  readonly #outputs = new Map<string, TopicOutput>();
  /** By topic name; made anew when a topic is added. */
  #inOrder: readonly TopicOutput[] = [];
  readonly #limits: ReadonlyMap<string, number>;

  /** @param limits by topic: see {@link TopicOutput.maxRecordBytes}; none where the log takes records of any size */
  constructor(limits: ReadonlyMap<string, number> = new Map()) {
    this.#limits = limits;
  }

  topic(name: string): TopicOutput {
    let output = this.#outputs.get(name);
    if (output === undefined) {
      output = new TopicOutput(name, this.#limits.get(name));
      this.#outputs.set(name, output);
      this.#inOrder = [...this.#outputs.values()].sort((a, b) => (a.topic < b.topic ? -1 : 1));
    }
    return output;
  }

  get isEmpty(): boolean {
    for (const output of this.#inOrder) if (!output.isEmpty) return false;
    return true;
  }

  /** Everything collected, encoded, one append a partition, by topic name, then partition; the collector is empty afterwards. */
  drain(): readonly Append[] {
    return this.#inOrder.flatMap((output) => output.drain());
  }
}
