import type { RecordBatch } from './record-batch.ts';
import type { EncodedBatch } from './record-batch-builder.ts';

/** Why the topic exists; decides clean-up and where it is listed. */
export type TopicRole = 'external' | 'repartition' | 'changelog' | 'commits' | 'dead-letter' | 'control' | 'audit';

/**
 * `delete`: old batches go by `retentionMs` and `retentionBytes` (of one partition); null keeps for ever.
 * `compact`: for each key the last record stays for ever; what later records replace stays as history for `historyMs` after it was
 * appended, or for less where it is over `historyBytes` (of one partition; null sets no such bound).
 * `purge`: records go when their readers have committed past them (see {@link Log.purge}).
 */
export type TopicCleanup =
  | { readonly policy: 'delete'; readonly retentionMs: number | null; readonly retentionBytes: number | null }
  | { readonly policy: 'compact'; readonly historyMs: number; readonly historyBytes: number | null }
  | { readonly policy: 'purge' };

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly role: TopicRole;
  readonly cleanup: TopicCleanup;
  /** The pipeline that an internal topic belongs to; null for external topics. */
  readonly owner: string | null;
}

/** Offsets, one a partition: the first that is kept and the one that the next record gets. */
export interface TopicDescription extends TopicSpec {
  readonly startOffsets: readonly number[];
  readonly endOffsets: readonly number[];
  readonly sizeBytes: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface ReadRequest extends TopicPartition {
  /** The first offset wanted. */
  readonly offset: number;
}

export interface ReadResult extends TopicPartition {
  /** In offset order. The first may begin before the offset asked for, or before `startOffset`; skip what lies before. Empty at the end of the partition. */
  readonly batches: readonly RecordBatch[];
  /**
   * Where to read on: behind the last batch given, and behind what is no record for a reader, such as the marks and the aborted records of
   * transactions.
   */
  readonly nextOffset: number;
  /** The partition's end at the moment of the read: a reader that has reached it has seen everything that is decided. */
  readonly endOffset: number;
  /**
   * The end with what is written but not decided yet, since its transaction goes on. Who takes over from somebody else reads on until it
   * has reached what this was at first: what lies before it will be either a record or none.
   */
  readonly undecidedEndOffset: number;
  /** The first offset still kept. When it is beyond the offset asked for, records were removed before they were read. */
  readonly startOffset: number;
}

export interface ReadOptions {
  /** For each partition: stop after the batch that passes this. At least one batch comes if there is one. */
  readonly maxBytesPerPartition: number;
  /** With nothing to give, wait this long for an append before answering with empty results. 0 answers at once. */
  readonly maxWaitMs: number;
  /** Ends a wait early, with whatever there is. */
  readonly signal?: AbortSignalLike | undefined;
}

/** The part of AbortSignal that the ports need; the platform's own fits. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Records for the end of one partition. */
export interface Append extends TopicPartition {
  readonly batch: EncodedBatch;
}

/** `<sub-topology>_<partition>`, as in Kafka Streams. */
export type TaskId = string;

/** How far a task has read: the next offset of each partition it reads. */
export interface SourcePosition extends TopicPartition {
  readonly offset: number;
}

export interface TaskCommit {
  readonly taskId: TaskId;
  /** The epoch under which the task was assigned. The commit is refused when the log knows a newer one. */
  readonly epoch: number;
  readonly positions: readonly SourcePosition[];
  /** Task state (stream times and the like) as the engine encoded it; handed back by {@link Log.committed}. */
  readonly state: string;
}

/**
 * Everything that becomes durable together: outputs, changelog records and the order journal of all tasks given (in `appends`, in the
 * order in which they were produced, since one worker has one producer), with their positions and state. The bytes of the appends are the
 * caller's again when it has its answer: a log that keeps them copies them.
 */
export interface Commit {
  /** The pipeline id; tasks of different pipelines never meet. */
  readonly application: string;
  readonly tasks: readonly TaskCommit[];
  readonly appends: readonly Append[];
}

export interface CommitResult {
  /** The offset of the first record of each append, in the order of `appends`. */
  readonly baseOffsets: readonly number[];
}

export interface CommittedTask {
  /** The epoch under which it was committed; the task may have been fenced since. */
  readonly epoch: number;
  readonly positions: readonly SourcePosition[];
  readonly state: string;
}

export type LogErrorCode =
  | 'unknown-topic'
  | 'invalid-topic' /* a name or partition count that no topic can have */
  | 'topic-conflict' /* exists with other partitions, role or owner */
  | 'unknown-partition'
  | 'fenced' /* a newer epoch exists: this worker must stop, never retry */
  | 'offset-out-of-range'
  | 'disk-full'
  | 'corrupt'
  | 'closed'
  | 'unreachable' /* no broker answers, or the connection was lost */
  | 'wrong-credentials'
  | 'not-authorised'
  | 'too-large' /* records larger than the topic allows */
  | 'invalid-timestamp' /* further from the present than the topic allows */
  | 'invalid-record' /* the topic does not accept the record, such as one without a key where records are compacted */
  | 'unsupported' /* the cluster cannot do it: its version or its settings */
  | 'unknown-outcome' /* the answer to a commit was lost: read back with committed() before doing anything else */
  | 'io';

/** The world's fault. `retriable` says whether the same call may succeed later; a commit is never simply repeated. */
export class LogError extends Error {
  readonly code: LogErrorCode;
  readonly retriable: boolean;
  constructor(code: LogErrorCode, message: string, options: { retriable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LogError';
    this.code = code;
    this.retriable = options.retriable ?? false;
  }
}

/**
 * Topics on one machine or a cluster. Every call may fail with {@link LogError}. What `commit` and `append` have acknowledged is durable
 * and visible to readers; what they have not is invisible, whole.
 */
export interface Log {
  topics(): Promise<readonly TopicDescription[]>;

  /** Creates the topics that are missing. One that exists with another partition count, role or owner is a `topic-conflict`; nothing is created then. */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>;

  /** Afterwards there are no topics of these names; a name that was unknown before is no error. */
  deleteTopics(names: readonly string[]): Promise<void>;

  /** Reads many partitions at one moment: what one commit wrote is seen in all of them or in none. Results are in the order of the requests. */
  read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]>;

  /** Appends all or nothing, outside any task: for producers, examples, the control log. */
  append(appends: readonly Append[]): Promise<CommitResult>;

  /** Makes the commit durable, all or nothing. @throws LogError `fenced` when any task has a newer epoch. */
  commit(commit: Commit): Promise<CommitResult>;

  /**
   * Takes the tasks over: gives each a new epoch, greater than any before, and so refuses every later commit of earlier owners. Gives the
   * epochs in the order of the ids.
   */
  fence(application: string, taskIds: readonly TaskId[]): Promise<readonly number[]>;

  /** What the task last committed; null when it never did (or was reset). */
  committed(application: string, taskId: TaskId): Promise<CommittedTask | null>;

  /** Forgets positions and state of the tasks, keeping their epochs, so that they start again from the earliest records. */
  resetTasks(application: string, taskIds: readonly TaskId[]): Promise<void>;

  /** Removes records before the offsets given, in topics whose clean-up is `purge`; other topics are left as they are. */
  purge(positions: readonly SourcePosition[]): Promise<void>;

  /** Removes all records of the topics; offsets go on where they were. */
  truncate(topics: readonly string[]): Promise<void>;

  close(): Promise<void>;
}
