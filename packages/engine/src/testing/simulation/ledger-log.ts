import type {
  Append,
  Commit,
  CommitResult,
  CommittedTask,
  Log,
  ReadOptions,
  ReadRequest,
  ReadResult,
  SourcePosition,
  TaskCommit,
  TaskId,
  TopicDescription,
  TopicSpec,
} from '../../log/log.ts';
import type { EncodedBatch } from '../../log/record-batch-builder.ts';

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
export class LedgerLog implements Log {
  readonly entries: LedgerEntry[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  async append(appends: readonly Append[]): Promise<CommitResult> {
    const result = await this.#log.append(appends);
    this.#note([], appends, result);
    return result;
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const result = await this.#log.commit(commit);
    this.#note(commit.tasks, commit.appends, result);
    return result;
  }

  topics(): Promise<readonly TopicDescription[]> {
    return this.#log.topics();
  }

  ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.#log.ensureTopics(specs);
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#log.deleteTopics(names);
  }

  read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    return this.#log.read(requests, options);
  }

  fence(application: string, taskIds: readonly TaskId[]): Promise<readonly number[]> {
    return this.#log.fence(application, taskIds);
  }

  committed(application: string, taskId: TaskId): Promise<CommittedTask | null> {
    return this.#log.committed(application, taskId);
  }

  resetTasks(application: string, taskIds: readonly TaskId[]): Promise<void> {
    return this.#log.resetTasks(application, taskIds);
  }

  purge(positions: readonly SourcePosition[]): Promise<void> {
    return this.#log.purge(positions);
  }

  truncate(topics: readonly string[]): Promise<void> {
    return this.#log.truncate(topics);
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  #note(tasks: readonly TaskCommit[], appends: readonly Append[], { baseOffsets }: CommitResult): void {
    this.entries.push({
      tasks,
      ranges: appends.map(({ topic, partition, batch }, index) => ({
        topic,
        partition,
        batch,
        from: baseOffsets[index] ?? 0,
      })),
    });
  }
}
