import {
  type AssignedTask,
  type Assignment,
  type AssignmentListener,
  assert,
  type Log,
  LogError,
  processors,
  type ReadResult,
  type RecordLimits,
  type SourcePosition,
  type StoreQuery,
  subTopologyOf,
  TaskGroup,
  type TaskId,
  type Topology,
} from '@millrace/engine';
import { globalTablesTaskId, type TaskTick, type Up } from '@millrace/protocol';
import type { LmdbTaskStores } from '@millrace/store-lmdb';
import { addOpenedTask, openTask, recordsToOpen } from './open-task.ts';
import type { LayoutProblem } from './partition-layout.ts';
import type { StandbyTasks } from './standby-tasks.ts';
import type { StoreAnswers } from './store-query-handler.ts';
import { TaskOpenings } from './task-openings.ts';
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
/**
 * Store tables follow the changelog this often. Rows that change again and again are written once in that time; what is not written yet is read
 * from the changelog when a task is opened after a crash, quicker than it was written (ratio 12 in bench/README.md).
 */
const flushIntervalMs = 2_000;
/** Repartition records that have been read are removed this often. */
const purgeIntervalMs = 30_000;
/** Topics that get more partitions are noticed within this time. */
const layoutIntervalMs = 5_000;
/** A read that takes this much longer than it should has no answer because something is wrong. */
const silentMs = 5_000;
/** After a fault that passes, tasks are tried again after this long; twice as long each time, up to the second. */
const leastBackOffMs = 100;
const greatestBackOffMs = 10_000;

export interface TaskHostOptions {
  readonly topology: Topology;
  readonly log: Log;
  /** The tables of each task lie in a directory of its own below this. */
  readonly stateDirectory: string;
  readonly say: (message: Up) => void;
  readonly now: () => number;
  /**
   * Says which tasks to run. A fault that passes then costs what was not committed, and the tasks are opened again; without one, tasks
   * come by {@link TaskHost.assign}, and every fault ends the host.
   */
  readonly assignment?: Assignment | undefined;
  readonly standbys?: StandbyTasks | undefined;
  /** Who keeps the log, for messages. */
  readonly keeper?: string | undefined;
  /** What each topic takes of a record, by topic; without it, the log takes all records. */
  readonly recordLimits?: (() => Promise<ReadonlyMap<string, RecordLimits>>) | undefined;
  /** Whether topics still have the partitions that the topology was planned with. */
  readonly layoutProblem?: (() => Promise<LayoutProblem | null>) | undefined;
}

/**
 * Runs the tasks of one deployment next to the log: reads, processes, commits, writes the tables behind, until it is told to stop. One
 * loop; while a commit or a table write is under way, or a task is being restored, processing goes on.
 */
export class TaskHost {
  readonly #options: TaskHostOptions;
  #group: TaskGroup;
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
  /** What this host was given to run, running yet or not. */
  readonly #owned = new Map<TaskId, number>();
  readonly #openings: TaskOpenings;
  #revoked: { readonly taskIds: readonly TaskId[]; readonly done: () => void }[] = [];
  /** Who waits for everything to be dropped. */
  #lost: (() => void)[] = [];
  /** Commits, or openings of tasks, that failed in a row. */
  #faults = 0;
  /** Reads that failed in a row. */
  #readFaults = 0;
  /** Whether the server has been told that something keeps us from going on. */
  #isInTrouble = false;
  #recordLimits: ReadonlyMap<string, RecordLimits> = new Map();
  /** What the server is told as long as nothing is worse. */
  #notice: string | null = null;
  #lastLayoutMs: number;

  constructor(options: TaskHostOptions) {
    this.#options = options;
    this.#group = this.#newGroup();
    this.#openings = new TaskOpenings(
      (task, signal) =>
        openTask({
          ...options,
          ...task,
          signal,
          onProgress: (progress) => this.#states.restoring(task.taskId, progress),
        }),
      async ({ taskId }) => this.#states.starting([taskId], await recordsToOpen({ ...options, taskId })),
      () => this.#wake.abort(),
    );
    this.#reader = new TopicReader(options.log, options.topology, options.now);
    this.#states = new TaskStates(options.topology, options.say);
    const now = options.now();
    this.#lastCommitMs = now;
    this.#lastFlushMs = now;
    this.#lastPurgeMs = now;
    this.#lastLayoutMs = now;
  }

  /** The tasks are restored beside those that run already. */
  assign(tasks: readonly AssignedTask[]): void {
    for (const { taskId, epoch } of tasks) this.#owned.set(taskId, epoch);
    this.#states.starting(tasks.map(({ taskId }) => taskId));
    this.#openings.add(tasks);
  }

  /** Settles when the tasks' work is committed and they are gone. */
  async revoke(taskIds: readonly TaskId[]): Promise<void> {
    if (this.#isClosing) return;
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
    const { assignment } = this.#options;
    if (this.#options.recordLimits !== undefined) {
      await this.#learnRecordLimits();
      this.#group = this.#newGroup();
    }
    if (this.#options.layoutProblem !== undefined) await this.#checkLayout();
    assignment?.subscribe(this.#listener());
    try {
      while (!this.#isStopping) {
        try {
          await this.#turn();
        } catch (error) {
          await this.#recover(error);
        }
      }
      await this.#settle().catch((error: unknown) => {
        // What is not committed at the end is done again by whoever has the tasks next.
        if (this.#remedyFor(error) === 'none') throw error;
      });
    } finally {
      this.#isClosing = true;
      await this.#closeStores();
      await this.#options.standbys?.close();
      for (const settled of [...this.#lost.splice(0), ...this.#revoked.splice(0).map(({ done }) => done)]) settled();
      await assignment?.close();
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

  #listener(): AssignmentListener {
    return {
      assigned: (tasks) => Promise.resolve(this.assign(tasks)),
      revoked: (taskIds) => this.revoke(taskIds),
      lost: () => this.#drop(),
      standbys: async (taskIds) => this.#options.standbys?.keep(taskIds),
      failed: (error) => this.#fail(new RefusedByGroup(error)),
    };
  }

  async #turn(): Promise<void> {
    // Whatever woke the loop before is seen to now; what comes from here on ends the wait of this turn.
    if (this.#wake.signal.aborted) this.#wake = new AbortController();
    if (this.#lost.length > 0) await this.#dropTasks();
    if (this.#failure !== null) throw this.#failure.error;
    this.#takeUp();
    if (this.#revoked.length > 0) await this.#letGo();
    await this.#read();
    this.#process();
    await this.#commitIfDue();
    this.#flushIfDue();
    await this.#purgeIfDue();
    this.#checkLayoutIfDue();
    await new Promise((resolve) => setImmediate(resolve));
  }

  #takeUp(): void {
    for (const task of this.#openings.take()) {
      addOpenedTask(this.#group, this.#options.topology, task);
      this.#stores.set(task.taskId, task.stores);
      this.#states.running(task.taskId);
    }
  }

  async #letGo(): Promise<void> {
    await this.#settle();
    for (const { taskIds, done } of this.#revoked.splice(0)) {
      await this.#openings.cancel(taskIds);
      for (const taskId of taskIds) {
        this.#owned.delete(taskId);
        this.#group.removeTask(taskId);
        this.#states.remove(taskId);
        await this.#closeStore(taskId);
      }
      done();
    }
    this.#states.say();
  }

  /** The tasks are somebody else's: nothing of them goes on. Settles when all is closed. */
  async #drop(): Promise<void> {
    if (this.#isClosing) return;
    const dropped = new Promise<void>((resolve) => this.#lost.push(resolve));
    this.#wake.abort();
    await dropped;
  }

  async #dropTasks(): Promise<void> {
    const waiting = this.#lost.splice(0);
    await this.#closeTasks();
    this.#owned.clear();
    for (const settled of [...waiting, ...this.#revoked.splice(0).map(({ done }) => done)]) settled();
    this.#states.say();
  }

  /** Closes every task without a commit. What a commit under way comes to does not matter: whoever opens a task waits until it is decided. */
  async #closeTasks(): Promise<void> {
    await this.#closeStores();
    for (const taskId of this.#owned.keys()) this.#states.remove(taskId);
    this.#committing = null;
    this.#failure = null;
    this.#hasUnflushed = false;
    this.#group = this.#newGroup();
  }

  async #closeStores(): Promise<void> {
    await Promise.allSettled([this.#committing, this.#flushing]);
    await this.#openings.cancelAll();
    for (const taskId of [...this.#stores.keys()]) await this.#closeStore(taskId);
  }

  async #closeStore(taskId: TaskId): Promise<void> {
    const stores = this.#stores.get(taskId);
    this.#stores.delete(taskId);
    if (stores === undefined) return;
    this.#options.standbys?.note(taskId, positionsOf(this.#options.topology, taskId, stores));
    await stores.close();
  }

  /** @throws the error, when nothing can be done about it here */
  async #recover(error: unknown): Promise<void> {
    const remedy = this.#remedyFor(error);
    if (remedy === 'none') {
      // What came before records that cannot be read is whole; whoever removes those must not lose it.
      if (isUnreadable(error)) await this.#settle().catch(ignore);
      throw error;
    }
    const message = error instanceof Error ? error.message : String(error);
    console.error(`${message} Tasks go on from their last commit.`);
    if (remedy === 'reopen') this.#tellTrouble(message);
    // With what the topic takes now, the record is one for its node's error policy.
    if (isRefused(error)) await this.#learnRecordLimits();
    await this.#closeTasks();
    if (remedy === 'forfeit') {
      this.#options.assignment?.forfeit();
      return;
    }
    await this.#backOff(this.#faults++);
    const tasks = [...this.#owned].map(([taskId, epoch]) => ({ taskId, epoch }));
    if (!this.#isStopping && this.#lost.length === 0 && tasks.length > 0) this.assign(tasks);
  }

  /** `reopen`: the tasks are still ours, and may be opened again as their last commit left them. `forfeit`: others have them. */
  #remedyFor(error: unknown): 'none' | 'reopen' | 'forfeit' {
    if (this.#options.assignment === undefined || !(error instanceof LogError)) return 'none';
    if (error.code === 'fenced') return 'forfeit';
    return error.retriable || error.code === 'unknown-outcome' || isRefused(error) ? 'reopen' : 'none';
  }

  /** Ends early when there is something to see to. */
  async #backOff(faults: number): Promise<void> {
    if (this.#isStopping || this.#lost.length > 0 || this.#revoked.length > 0) return;
    this.#wake = new AbortController();
    await this.#rest(Math.min(greatestBackOffMs, leastBackOffMs * 2 ** faults));
  }

  /** Waits, or until there is something to see to. */
  async #rest(forMs: number): Promise<void> {
    const { signal } = this.#wake;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, forMs);
      signal.addEventListener('abort', end);
    });
  }

  #tellTrouble(message: string): void {
    this.#isInTrouble = true;
    this.#options.say({ type: 'trouble', message });
  }

  #tellSilence(): void {
    // The log of this machine has nobody who could fail to answer.
    if (this.#options.assignment === undefined) return;
    this.#tellTrouble(
      `${this.#options.keeper ?? 'The log'} has not answered for some seconds. Tasks go on where they stand as soon as it does; check that its brokers run and can be reached.`,
    );
  }

  #endTrouble(): void {
    if (!this.#isInTrouble) return;
    this.#isInTrouble = false;
    this.#options.say({ type: 'trouble', message: this.#notice });
  }

  #checkLayoutIfDue(): void {
    const now = this.#options.now();
    if (now - this.#lastLayoutMs < layoutIntervalMs) return;
    this.#lastLayoutMs = now;
    this.#checkLayout().catch((error: unknown) => this.#fail(error));
  }

  /** @throws LogError `topic-conflict` when going on would be wrong */
  async #checkLayout(): Promise<void> {
    const { layoutProblem, say } = this.#options;
    if (layoutProblem === undefined) return;
    let problem: LayoutProblem | null;
    try {
      problem = await layoutProblem();
    } catch {
      return; // Whoever reads and commits says what is wrong with the brokers.
    }
    if (problem?.stops) throw new LogError('topic-conflict', problem.message);
    const notice = problem?.message ?? null;
    if (notice === this.#notice) return;
    this.#notice = notice;
    if (!this.#isInTrouble) say({ type: 'trouble', message: notice });
  }

  async #learnRecordLimits(): Promise<void> {
    try {
      this.#recordLimits = (await this.#options.recordLimits?.()) ?? this.#recordLimits;
    } catch (error) {
      // A commit with a record beyond them fails then, and they are asked for again.
      console.error('What topics take of a record is not known:', error);
    }
  }

  #newGroup(): TaskGroup {
    return new TaskGroup(this.#options.topology, processors, () => Date.now(), this.#recordLimits);
  }

  async #read(): Promise<void> {
    const requests = this.#group.readRequests();
    if (requests.length === 0) {
      if (!this.#group.hasWork) await this.#rest(this.#idleMs());
      return;
    }
    const silence = setTimeout(() => this.#tellSilence(), idleWaitMs + silentMs);
    try {
      const results = await this.#reader.read(requests, {
        maxBytesPerPartition,
        maxWaitMs: this.#group.hasWork ? 0 : this.#idleMs(),
        signal: this.#wake.signal,
      });
      this.#readFaults = 0;
      // With something to commit, it is the commit that shows whether all is well.
      if (this.#group.recordsSinceCommit === 0 && this.#committing === null) this.#endTrouble();
      this.#take(results);
    } catch (error) {
      // Nothing was taken, so nothing is lost: the same is asked for again.
      if (this.#remedyFor(error) !== 'reopen') throw error;
      if (error instanceof Error) this.#tellTrouble(error.message);
      await this.#backOff(this.#readFaults++);
    } finally {
      clearTimeout(silence);
    }
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
      this.#faults = 0;
      this.#endTrouble();
    });
    // After a failed commit the tasks are made anew from what is committed. The loop sees it here or in #settle.
    this.#committing.catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
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
    const read = [...this.#committed.values()].filter((position) => internal.has(position.topic));
    await this.#options.log.purge(read).catch((error: unknown) => {
      // It comes again, and removes more then.
      if (this.#remedyFor(error) !== 'reopen') throw error;
    });
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

function isUnreadable(error: unknown): boolean {
  return error instanceof LogError && error.code === 'corrupt';
}

function ignore(): void {
  // The error that led here is told.
}

/** A topic does not take a record, by limits that were changed since they were read. */
function isRefused(error: unknown): boolean {
  return error instanceof LogError && (error.code === 'too-large' || error.code === 'invalid-timestamp');
}

/** The group does not take this worker as a member, whatever it does. */
class RefusedByGroup extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'RefusedByGroup';
  }
}

function positionsOf(topology: Topology, taskId: TaskId, stores: LmdbTaskStores): ReadonlyMap<string, number> {
  const { subTopology } = subTopologyOf(topology, taskId);
  return new Map(
    topology.stores
      .filter(({ name }) => subTopology.stores.includes(name))
      .map(({ name, changelogTopic }) => [changelogTopic, stores.position(name)]),
  );
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
