import {
  type AssignedTask,
  assert,
  type Log,
  processors,
  type ReadResult,
  type SourcePosition,
  type StoreQuery,
  TaskGroup,
  type TaskId,
  type Topology,
} from '@millrace/engine';
import { globalTablesTaskId, type TaskTick, type Up } from '@millrace/protocol';
import type { LmdbTaskStores } from '@millrace/store-lmdb';
import { openTask } from './open-task.ts';
import type { StoreAnswers } from './store-query-handler.ts';
import { TaskStates } from './task-states.ts';
import { TopicReader } from './topic-reader.ts';

/** Records between two looks at the clock. */
const recordsPerStep = 500;
/** How long records are processed before messages get their turn. */
const sliceMs = 8;
const maxBytesPerPartition = 256 * 1024;
/** How long a read waits when there is nothing to do; an append ends the wait. */
const idleWaitMs = 1_000;
/** A commit is not put off beyond this many records, whatever the interval says, so that memory stays bounded. */
const maxRecordsPerCommit = 50_000;
/** Store tables follow the changelog this often. */
const flushIntervalMs = 500;
/** Repartition records that have been read are removed this often. */
const purgeIntervalMs = 30_000;

export interface TaskHostOptions {
  readonly topology: Topology;
  readonly log: Log;
  /** The tables of each task lie in a directory of its own below this. */
  readonly stateDirectory: string;
  readonly say: (message: Up) => void;
  readonly now: () => number;
}

/**
 * Runs the tasks of one deployment next to the log: reads, processes, commits, writes the tables behind, until it is told to stop. One
 * loop; while a commit or a table write is under way, processing goes on.
 */
export class TaskHost {
  readonly #options: TaskHostOptions;
  readonly #group: TaskGroup;
  readonly #reader: TopicReader;
  readonly #stores = new Map<TaskId, LmdbTaskStores>();
  readonly #states: TaskStates;
  #wake = new AbortController();
  #isStopping = false;
  #isClosing = false;
  #committing: Promise<void> | null = null;
  #flushing: Promise<void> | null = null;
  #lastCommitMs: number;
  #lastFlushMs: number;
  #lastPurgeMs: number;
  #busyMs = 0;
  /** Committed changes that no table has yet. */
  #hasUnflushed = false;
  #failure: { readonly error: unknown } | null = null;
  /** The last committed position of each partition, by `topic/partition`. */
  readonly #committed = new Map<string, SourcePosition>();
  /** Tasks given by the server that the loop has not taken up yet. */
  #assigned: AssignedTask[] = [];
  #revoked: { readonly taskIds: readonly TaskId[]; readonly done: () => void }[] = [];

  constructor(options: TaskHostOptions) {
    this.#options = options;
    this.#group = new TaskGroup(options.topology, processors, () => Date.now());
    this.#reader = new TopicReader(options.log, options.topology, options.now);
    this.#states = new TaskStates(options.topology, options.say);
    const now = options.now();
    this.#lastCommitMs = now;
    this.#lastFlushMs = now;
    this.#lastPurgeMs = now;
  }

  /** The tasks are taken up at the loop's next turn. */
  assign(tasks: readonly AssignedTask[]): void {
    this.#assigned.push(...tasks);
    this.#states.starting(tasks.map(({ taskId }) => taskId));
    this.#wake.abort();
  }

  /** Settles when the tasks' work is committed and they are gone. */
  async revoke(taskIds: readonly TaskId[]): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#revoked.push({ taskIds, done: resolve }));
    this.#wake.abort();
    await gone;
  }

  stop(): void {
    this.#isStopping = true;
    this.#wake.abort();
  }

  /** Reads, processes and commits until stopped; then everything is committed, written and closed. */
  async run(): Promise<void> {
    try {
      while (!this.#isStopping) await this.#turn();
      await this.#settle();
    } finally {
      await Promise.allSettled([this.#committing, this.#flushing]);
      this.#isClosing = true;
      for (const stores of this.#stores.values()) await stores.close();
    }
  }

  query(query: StoreQuery): StoreAnswers | null {
    if (this.#isClosing) return null;
    const { answers, refusals } = this.#group.query(query);
    return { answers, refusals: [...refusals, ...this.#states.refusals(query.store)] };
  }

  /** A snapshot for the screen. `busyMs` is the time spent on records since the last one. */
  tick(): { readonly tasks: TaskTick[]; readonly busyMs: number } {
    const busyMs = this.#busyMs;
    this.#busyMs = 0;
    const tasks = this.#group.tasks.map(
      (task): TaskTick => ({
        taskId: task.id,
        counters: task.counters().map(([id, values]) => [id, [...values]]),
        streamTime: Number.isFinite(task.streamTime.current) ? task.streamTime.current : null,
        partitions: task.queues.map((queue) => ({
          topic: queue.source.topic,
          partition: task.partition,
          position: queue.position,
          endOffset: queue.endOffset ?? queue.position,
        })),
        stores: [...task.stores].map(([name, store]) => ({ name, entries: store.count })),
      }),
    );
    const globalTables = this.#group.globalTables;
    if (globalTables !== null) tasks.push(globalTick(globalTables));
    return { tasks, busyMs };
  }

  takeFailures(): ReturnType<TaskGroup['takeFailures']> {
    return this.#group.takeFailures();
  }

  async #turn(): Promise<void> {
    if (this.#assigned.length > 0) await this.#takeUp();
    if (this.#revoked.length > 0) await this.#letGo();
    await this.#read();
    this.#process();
    await this.#commitIfDue();
    this.#flushIfDue();
    await this.#purgeIfDue();
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #takeUp(): Promise<void> {
    const tasks = this.#assigned;
    this.#assigned = [];
    for (const { taskId, epoch } of tasks) {
      const stores = await openTask({
        ...this.#options,
        group: this.#group,
        taskId,
        epoch,
        onProgress: (progress) => this.#states.restoring(taskId, progress),
      });
      this.#stores.set(taskId, stores);
      this.#states.running(taskId);
      if (this.#isStopping) return;
    }
  }

  async #letGo(): Promise<void> {
    await this.#settle();
    for (const { taskIds, done } of this.#revoked.splice(0)) {
      for (const taskId of taskIds) {
        this.#group.removeTask(taskId);
        await this.#stores.get(taskId)?.close();
        this.#stores.delete(taskId);
        this.#states.remove(taskId);
      }
      done();
    }
    this.#states.say();
  }

  async #read(): Promise<void> {
    const requests = this.#group.readRequests();
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
    if (requests.length === 0) {
      if (!this.#group.hasWork) await new Promise((resolve) => setTimeout(resolve, 20));
      return;
    }
    const results = await this.#reader.read(requests, {
      maxBytesPerPartition,
      maxWaitMs: this.#group.hasWork ? 0 : this.#idleMs(),
      signal: this.#wake.signal,
    });
    this.#take(results);
  }

  /** What was removed before it was read is told at once: the next commit makes the tasks go on behind it. */
  #take(results: readonly ReadResult[]): void {
    const gaps = this.#group.accept(results).map(({ taskId, topic, partition, records }) => {
      const kept = results.find((result) => result.topic === topic && result.partition === partition);
      assert(kept !== undefined, `a gap was found in ${topic}-${partition}, which was not read`);
      return { taskId, topic, partition, fromOffset: kept.startOffset - records, toOffset: kept.startOffset };
    });
    if (gaps.length > 0) this.#options.say({ type: 'gaps', gaps });
  }

  /** How long to wait for records: until the next commit or table write is due at the most. */
  #idleMs(): number {
    const now = this.#options.now();
    const untilCommit =
      this.#group.recordsSinceCommit > 0
        ? this.#lastCommitMs + this.#options.topology.commitIntervalMs - now
        : idleWaitMs;
    const untilFlush = this.#lastFlushMs + flushIntervalMs - now;
    const untilGoingOn = this.#group.idleMs ?? idleWaitMs;
    return Math.max(1, Math.min(idleWaitMs, untilGoingOn, untilCommit, this.#hasUnflushed ? untilFlush : idleWaitMs));
  }

  #process(): void {
    const begin = this.#options.now();
    let now = begin;
    while (now - begin < sliceMs && this.#group.recordsSinceCommit < maxRecordsPerCommit) {
      const processed = this.#group.process(recordsPerStep);
      now = this.#options.now();
      if (processed < recordsPerStep) break;
    }
    this.#busyMs += now - begin;
  }

  async #commitIfDue(): Promise<void> {
    const records = this.#group.recordsSinceCommit;
    if (!this.#group.isDirty) return;
    const isFull = records >= maxRecordsPerCommit;
    if (this.#committing !== null) {
      // Two generations are the limit: with one under way and the next one full, wait.
      if (isFull) await this.#committing;
      return;
    }
    const isDue = this.#options.now() - this.#lastCommitMs >= this.#options.topology.commitIntervalMs;
    if (isDue || isFull) this.#commit();
  }

  #commit(): void {
    const pending = this.#group.beginCommit();
    if (pending === null) return;
    this.#lastCommitMs = this.#options.now();
    this.#committing = this.#options.log.commit(pending.commit).then((result) => {
      this.#group.endCommit(result);
      for (const position of pending.commit.tasks.flatMap((task) => task.positions)) {
        this.#committed.set(`${position.topic}/${position.partition}`, position);
      }
      this.#hasUnflushed = true;
      this.#committing = null;
    });
    // A failed commit ends the worker: the tasks are made anew from what is committed. The loop sees it here or in #settle.
    this.#committing.catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#isStopping = true;
    this.#wake.abort();
  }

  #flushIfDue(): void {
    const now = this.#options.now();
    if (!this.#hasUnflushed || this.#flushing !== null || now - this.#lastFlushMs < flushIntervalMs) return;
    this.#lastFlushMs = now;
    this.#hasUnflushed = false;
    this.#flushing = this.#flush().finally(() => {
      this.#flushing = null;
    });
    this.#flushing.catch((error: unknown) => this.#fail(error));
  }

  async #flush(): Promise<void> {
    for (const { taskId, slices, done } of this.#group.beginFlush()) {
      await this.#stores.get(taskId)?.write(slices);
      done();
    }
  }

  async #purgeIfDue(): Promise<void> {
    const now = this.#options.now();
    if (now - this.#lastPurgeMs < purgeIntervalMs) return;
    this.#lastPurgeMs = now;
    const internal = new Set(
      this.#options.topology.topics.filter((topic) => topic.cleanup.policy === 'purge').map((topic) => topic.name),
    );
    await this.#options.log.purge([...this.#committed.values()].filter((position) => internal.has(position.topic)));
  }

  /** Commits and writes everything that was processed. @throws the failure that stopped the host, if one did. */
  async #settle(): Promise<void> {
    if (this.#failure === null) {
      await this.#committing;
      this.#commit();
      await this.#committing;
      await this.#flushing;
      await this.#flush();
    }
    if (this.#failure !== null) throw this.#failure.error;
  }
}

/** Global tables belong to no task; they tell of themselves like one more. */
function globalTick(globalTables: NonNullable<TaskGroup['globalTables']>): TaskTick {
  return {
    taskId: globalTablesTaskId,
    counters: globalTables.counters().map(([id, values]) => [id, values]),
    streamTime: null,
    partitions: [...globalTables.partitions()],
    stores: [],
  };
}
