import type { Append, Commit, CommitResult, TaskCommit } from '../../log/log.ts';
import type { EncodedBatch } from '../../log/record-batch-builder.ts';
import { LogAround } from './log-around.ts';

/** Records that lie together in one partition. */
export interface Range {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly batch: EncodedBatch;
}

/** What became durable in one go. `tasks` is empty for a plain append. */
export interface LedgerEntry {
  readonly tasks: readonly TaskCommit[];
  readonly ranges: readonly Range[];
}

/**
 * A log that keeps a list of everything that was durably written to it, in order, for the checker: which commits took effect, where their
 * records lie, and records that were purged since.
 */
export class LedgerLog extends LogAround {
  readonly entries: LedgerEntry[] = [];

  override async append(appends: readonly Append[]): Promise<CommitResult> {
    const result = await this.log.append(appends);
    this.#note([], appends, result);
    return result;
  }

  override async commit(commit: Commit): Promise<CommitResult> {
    const result = await this.log.commit(commit);
    this.#note(commit.tasks, commit.appends, result);
    return result;
  }

  #note(tasks: readonly TaskCommit[], appends: readonly Append[], { baseOffsets }: CommitResult): void {
    this.entries.push({
      tasks,
      ranges: appends.map(({ topic, partition, batch }, index) => ({
        topic,
        partition,
        // The bytes are the committer's again.
        batch: { ...batch, bytes: batch.bytes.slice() },
        from: baseOffsets[index] ?? 0,
      })),
    });
  }
}
