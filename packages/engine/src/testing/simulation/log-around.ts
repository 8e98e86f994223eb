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
  TaskId,
  TopicDescription,
  TopicSpec,
} from '../../log/log.ts';

/** A log that passes everything on to another, for those that do some of it otherwise. */
export class LogAround implements Log {
  protected readonly log: Log;

  constructor(log: Log) {
    this.log = log;
  }

  topics(): Promise<readonly TopicDescription[]> {
    return this.log.topics();
  }

  ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    return this.log.ensureTopics(specs);
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.log.deleteTopics(names);
  }

  append(appends: readonly Append[]): Promise<CommitResult> {
    return this.log.append(appends);
  }

  read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    return this.log.read(requests, options);
  }

  fence(application: string, taskIds: readonly TaskId[]): Promise<readonly number[]> {
    return this.log.fence(application, taskIds);
  }

  committed(application: string, taskId: TaskId): Promise<CommittedTask | null> {
    return this.log.committed(application, taskId);
  }

  commit(commit: Commit): Promise<CommitResult> {
    return this.log.commit(commit);
  }

  resetTasks(application: string, taskIds: readonly TaskId[]): Promise<void> {
    return this.log.resetTasks(application, taskIds);
  }

  purge(positions: readonly SourcePosition[]): Promise<void> {
    return this.log.purge(positions);
  }

  truncate(topics: readonly string[]): Promise<void> {
    return this.log.truncate(topics);
  }

  close(): Promise<void> {
    return this.log.close();
  }
}
