import { LogError, type TopicPartition } from '@millrace/engine';
import { CompactionPass } from './compaction.ts';
import type { LogEnvironment } from './environment.ts';
import type { PartitionStore } from './partition-store.ts';
import { batchKey, lastOffsetOf } from './rows.ts';
import type { Topic, TopicTable } from './topic-table.ts';

export interface HousekeepingReport {
  readonly removedBatches: number;
  /** Batches that compaction replaced by smaller ones, or by none. */
  readonly compactedBatches: number;
  /** The call has done its share and there is more to do: call again. */
  readonly more: boolean;
  /** Partitions that could not be cleaned, one error each; the others were. */
  readonly problems: readonly LogError[];
}

/** Batches that one call removes or looks through, and batches in one transaction. */
const batchesPerRun = 4096;
const batchesPerWrite = 256;

/**
 * Clean-up. Every step is one transaction that leaves the log as readers may find it, so a process may die between any two: what is left
 * to do shows in the log itself. Compaction alone remembers something (which keys have newer records), and begins anew without it.
 */
export class Housekeeping {
  readonly #environment: LogEnvironment;
  readonly #topics: TopicTable;
  readonly #partitions: PartitionStore;
  readonly #passes = new Map<string, CompactionPass>();
  #running: Promise<HousekeepingReport> | null = null;

  constructor(environment: LogEnvironment, topics: TopicTable, partitions: PartitionStore) {
    this.#environment = environment;
    this.#topics = topics;
    this.#partitions = partitions;
  }

  run(nowMs: number): Promise<HousekeepingReport> {
    this.#running ??= this.#run(nowMs).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run(nowMs: number): Promise<HousekeepingReport> {
    const share = new Share(batchesPerRun);
    await this.#sweepDropped(share);
    let compactedBatches = 0;
    const problems: LogError[] = [];
    const topics = this.#environment.read(() => this.#topics.all());
    for (const topic of topics) {
      for (let partition = 0; partition < topic.spec.partitions && share.left > 0; partition++) {
        try {
          await this.#expire(topic, partition, nowMs, share);
          compactedBatches += await this.#compact(topic, partition, nowMs, share);
        } catch (error) {
          if (!(error instanceof LogError) || error.code !== 'corrupt') throw error;
          problems.push(error);
        }
      }
    }
    this.#forgetPasses(topics);
    return { removedBatches: share.removed, compactedBatches, more: share.left <= 0, problems };
  }

  async #sweepDropped(share: Share): Promise<void> {
    for (const { id, partitions } of this.#environment.read(() => this.#topics.dropped())) {
      for (let partition = 0; partition < partitions; partition++) {
        await this.#sweep(id, partition, Number.MAX_SAFE_INTEGER, share);
      }
      if (share.left <= 0) return;
      await this.#environment.write(() => this.#topics.forget(id));
    }
  }

  /** Moves the start past what is too old or too much, and takes away what lies before the start for whatever reason. */
  async #expire(topic: Topic, partition: number, nowMs: number, share: Share): Promise<void> {
    const startOffset = this.#environment.read(() => this.#retainedFrom(topic, partition, nowMs, share.left));
    await this.#sweep(topic.id, partition, startOffset, share);
  }

  #retainedFrom({ id, spec }: Topic, partition: number, nowMs: number, maxBatches: number): number {
    const { startOffset, endOffset, sizeBytes } = this.#topics.partition(id, partition);
    if (spec.cleanup.policy !== 'delete') return startOffset;
    const { retentionMs, retentionBytes } = spec.cleanup;
    let retainedFrom = startOffset;
    if (retentionMs === null && retentionBytes === null) return retainedFrom;
    let leftBytes = sizeBytes;
    let batches = 0;
    const at: TopicPartition = { topic: spec.name, partition };
    for (const { lastOffset, appendedAtMs, bytes } of this.#partitions.rows(id, at, 0)) {
      const swept = lastOffset < startOffset;
      const tooOld = retentionMs !== null && appendedAtMs + retentionMs <= nowMs;
      const tooMuch = retentionBytes !== null && leftBytes > retentionBytes && lastOffset + 1 < endOffset;
      if (!(swept || tooOld || tooMuch) || batches++ >= maxBatches) break;
      leftBytes -= bytes.byteLength;
      if (!swept) retainedFrom = lastOffset + 1;
    }
    return retainedFrom;
  }

  async #sweep(topicId: number, partition: number, startOffset: number, share: Share): Promise<void> {
    while (share.left > 0 && this.#environment.read(() => this.#hasBefore(topicId, partition, startOffset))) {
      const swept = await this.#environment.write(() =>
        this.#partitions.removeBefore(topicId, partition, startOffset, Math.min(batchesPerWrite, share.left)),
      );
      share.removed += swept;
      share.left -= swept;
    }
  }

  #hasBefore(topicId: number, partition: number, offset: number): boolean {
    const start = batchKey(topicId, partition, 0);
    const end = batchKey(topicId, partition, offset);
    for (const key of this.#environment.batches.getKeys({ start, end, limit: 1 })) return lastOffsetOf(key) < offset;
    return false;
  }

  async #compact(topic: Topic, partition: number, nowMs: number, share: Share): Promise<number> {
    const { cleanup } = topic.spec;
    if (cleanup.policy !== 'compact') return 0;
    const name = passName(topic, partition);
    let pass = this.#passes.get(name);
    if (pass === undefined || pass.isOver(nowMs)) {
      pass = new CompactionPass(this.#environment, this.#topics, this.#partitions, topic, partition, cleanup, nowMs);
      this.#passes.set(name, pass);
    }
    let compacted = 0;
    while (share.left > 0 && !pass.done) {
      const step = await pass.step();
      compacted += step.replaced;
      share.left -= Math.max(step.seen, 1);
    }
    return compacted;
  }

  #forgetPasses(topics: readonly Topic[]): void {
    const names = new Set(topics.flatMap((topic) => (topic.spec.cleanup.policy === 'compact' ? [topic.id] : [])));
    for (const name of this.#passes.keys()) if (!names.has(Number(name.split('/')[0]))) this.#passes.delete(name);
  }
}

class Share {
  left: number;
  removed = 0;
  constructor(batches: number) {
    this.left = batches;
  }
}

function passName(topic: Topic, partition: number): string {
  return `${topic.id}/${partition}`;
}
