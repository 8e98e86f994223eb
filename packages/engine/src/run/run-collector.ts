import type { ByteString } from '../log/byte-string.ts';
import type { Header } from '../log/header.ts';
import type { Append } from '../log/log.ts';
import { RecordBatch } from '../log/record-batch.ts';
import type { ProducedRecord, RecordBatchBuilder } from '../log/record-batch-builder.ts';
import { RecordCollector, TopicOutput } from '../runtime/record-collector.ts';
import { DiscardedOutput } from './discarded-output.ts';

/** A record that the run wrote, where it wrote it. */
export interface WrittenRecord extends ProducedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/**
 * What the tasks of a run produce. Records of internal topics are taken after every step, since they are read within the run. All others
 * gather in batches, and come out one by one in the order in which they were written, over all topics and partitions.
 */
export class RunCollector extends RecordCollector {
  readonly #internal = new Map<string, TopicOutput>();
  readonly #external = new Map<string, ExternalOutput>();
  readonly #unwanted = new Map<string, DiscardedOutput>();
  readonly #isInternal: (topic: string) => boolean;
  readonly #isWanted: (topic: string) => boolean;
  /** Where each record since the last {@link RunCollector.takeWritten} went. */
  #outputs: ExternalOutput[] = [];
  #partitions: number[] = [];
  readonly #wrote = (output: ExternalOutput, partition: number): void => {
    this.#outputs.push(output);
    this.#partitions.push(partition);
  };

  /** `isWanted` tells of topics that are not internal whether anybody wants to know what is written to them. */
  constructor(isInternal: (topic: string) => boolean, isWanted: (topic: string) => boolean) {
    super();
    this.#isInternal = isInternal;
    this.#isWanted = isWanted;
  }

  override topic(name: string): TopicOutput {
    const known = this.#internal.get(name) ?? this.#external.get(name) ?? this.#unwanted.get(name);
    if (known !== undefined) return known;
    return this.#isInternal(name)
      ? added(this.#internal, new TopicOutput(name))
      : this.#isWanted(name)
        ? added(this.#external, new ExternalOutput(name, this.#wrote))
        : added(this.#unwanted, new DiscardedOutput(name));
  }

  override get isEmpty(): boolean {
    return !this.hasInternal && this.#outputs.length === 0;
  }

  /** Records written to topics that nothing in the topology reads, not taken yet. */
  get writtenCount(): number {
    return this.#outputs.length;
  }

  get hasInternal(): boolean {
    for (const output of this.#internal.values()) if (!output.isEmpty) return true;
    return false;
  }

  /** Everything written to internal topics since the last call. */
  takeInternal(): readonly Append[] {
    const appends: Append[] = [];
    for (const output of this.#internal.values()) if (!output.isEmpty) appends.push(...output.drain());
    return appends;
  }

  /** Everything written to other topics since the last call, in the order in which it was written. */
  takeWritten(onWrite: (record: WrittenRecord) => void): void {
    const outputs = this.#outputs;
    const partitions = this.#partitions;
    if (outputs.length === 0) return;
    this.#outputs = [];
    this.#partitions = [];
    for (const output of this.#external.values()) output.finishBatches();
    for (let index = 0; index < outputs.length; index++) {
      onWrite((outputs[index] as ExternalOutput).next(partitions[index] as number));
    }
  }
}

function added<Output extends TopicOutput>(outputs: Map<string, Output>, output: Output): Output {
  outputs.set(output.topic, output);
  return output;
}

/** A topic that nothing in the topology reads. */
class ExternalOutput extends TopicOutput {
  readonly #wrote: (output: ExternalOutput, partition: number) => void;
  /** By partition: what is being taken, and where. */
  readonly #batches: (RecordBatch | undefined)[] = [];
  readonly #indexes: number[] = [];
  readonly #ends: number[] = [];

  constructor(topic: string, wrote: (output: ExternalOutput, partition: number) => void) {
    super(topic);
    this.#wrote = wrote;
  }

  override send(
    partition: number,
    key: ByteString | null,
    value: Uint8Array | string | null,
    timestamp: number,
    headers: readonly Header[],
  ): void {
    this.#wrote(this, partition);
    super.send(partition, key, value, timestamp, headers);
  }

  override open(partition: number, timestamp: number, headers: readonly Header[]): RecordBatchBuilder {
    this.#wrote(this, partition);
    return super.open(partition, timestamp, headers);
  }

  finishBatches(): void {
    for (const { partition, batch } of this.drain()) {
      const base = this.#ends[partition] ?? 0;
      this.#ends[partition] = base + batch.count;
      this.#batches[partition] = new RecordBatch(batch.bytes, base);
      this.#indexes[partition] = 0;
    }
  }

  next(partition: number): WrittenRecord {
    const batch = this.#batches[partition] as RecordBatch;
    const index = this.#indexes[partition] as number;
    this.#indexes[partition] = index + 1;
    // The batch is nobody else's, so that its bytes need no copy.
    return {
      topic: this.topic,
      partition,
      offset: batch.offset(index),
      key: batch.keyByteString(index),
      value: batch.value(index),
      timestamp: batch.timestamps[index] as number,
      headers: batch.headers(index),
    };
  }
}
