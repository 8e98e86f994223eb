import { assert } from '../assert.ts';
import type { Commit, CommitResult, CommittedTask, ReadRequest, ReadResult, TaskId } from '../log/log.ts';
import type { RecordLimits } from '../log/record-limits.ts';
import type { RecordFailure } from '../metrics/record-failure.ts';
import { answerStoreQuery } from '../state/answer-query.ts';
import type { StoreAnswer, StoreQuery, StoreRefusal } from '../state/store-query.ts';
import type { StoreSlice, StoreTable } from '../state/store-table.ts';
import { subTopologyOf, type Topology } from '../topology/topology.ts';
import { GlobalTables } from './global-tables.ts';
import type { ProcessorRegistry } from './processor.ts';
import { RecordCollector } from './record-collector.ts';
import type { RecordQueue } from './record-queue.ts';
import { Task } from './task.ts';

/** A partition whose records were removed before this task had read them. */
export interface Gap {
  readonly taskId: TaskId;
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
}

/** A commit on its way: hand it to the log, then call {@link TaskGroup.endCommit} with the answer. */
export interface PendingCommit {
  readonly commit: Commit;
  readonly tasks: readonly Task[];
}

/** Records buffered of one partition at which no more are read for it. */
const bufferedRecordsPerPartition = 2000;

/**
 * The tasks of one worker, on one event loop, behind one producer. Among the tasks of a sub-topology the one with the lowest timestamp
 * goes next, and none goes while a partition of any of them is known to have records that have not arrived: what they write into a shared
 * repartition topic is then in order of event time, and catching up on a long history makes nothing late.
 */
export class TaskGroup {
  readonly #topology: Topology;
  readonly #processors: ProcessorRegistry;
  readonly #collector: RecordCollector;
  readonly #tasks = new Map<TaskId, Task>();
  #commits = 0;
  #pending: PendingCommit | null = null;
  /** By task and store: the changelog offset that the store's committed layers reach. */
  readonly #changelogPositions = new Map<string, number>();
  #recordsSinceCommit = 0;
  /** Who asked for each of the last read requests: one partition may be read by many tasks, each at its own offset. */
  #asking: readonly { readonly taskId: TaskId; readonly queue: RecordQueue }[] = [];
  /** Shared by all tasks; no task takes a record before they have been read to their ends once. */
  readonly #globalTables: GlobalTables;
  #areGlobalTablesRead: boolean;
  #globalFailures: RecordFailure[] = [];
  readonly #clock: (() => number) | undefined;
  /** One reading of the clock a batch of records. */
  #nowMs = 0;

  /**
   * `clock` gives epoch milliseconds; without one, the wall clock of a task is its stream time. `recordLimits`: by topic, what it
   * takes of a record; one beyond it is for its node's error policy. Timestamps are held against the clock.
   */
  constructor(
    topology: Topology,
    processors: ProcessorRegistry,
    clock?: () => number,
    recordLimits: ReadonlyMap<string, RecordLimits> = new Map(),
  ) {
    this.#collector = new RecordCollector(recordLimits);
    this.#topology = topology;
    this.#processors = processors;
    this.#clock = clock;
    this.#globalTables = new GlobalTables(topology.globalTables);
    this.#areGlobalTablesRead = topology.globalTables.length === 0;
  }

  /**
   * Adds a task whose stores are restored. `tables` by store name; `changelogPositions` the offset that each has reached, which is the end
   * of its changelog.
   */
  addTask(options: {
    readonly taskId: TaskId;
    readonly epoch: number;
    readonly tables: ReadonlyMap<string, StoreTable>;
    readonly changelogPositions: ReadonlyMap<string, number>;
    readonly committed: CommittedTask | null;
  }): Task {
    const { subTopology, partition } = subTopologyOf(this.#topology, options.taskId);
    assert(!this.#tasks.has(options.taskId), `task ${options.taskId} was added twice`);
    const task = new Task({
      topology: this.#topology,
      subTopology,
      partition,
      epoch: options.epoch,
      processors: this.#processors,
      collector: this.#collector,
      tables: options.tables,
      committed: options.committed,
      globalTables: this.#globalTables,
      wallClock: this.#clock === undefined ? undefined : () => this.#nowMs,
    });
    for (const [store, position] of options.changelogPositions) {
      this.#changelogPositions.set(`${task.id}/${store}`, position);
    }
    this.#tasks.set(task.id, task);
    return task;
  }

  /** Lets go of a task; only right after a commit, since what is not committed would be lost. */
  removeTask(taskId: TaskId): void {
    assert(
      this.#pending === null && this.#tasks.get(taskId)?.isDirty !== true,
      `task ${taskId} was removed with work in flight`,
    );
    this.#tasks.delete(taskId);
  }

  get tasks(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  /** Records processed since the last {@link TaskGroup.beginCommit}. */
  get recordsSinceCommit(): number {
    return this.#recordsSinceCommit;
  }

  /** Whether anything has happened since the last commit: records were processed, or the clock struck. */
  get isDirty(): boolean {
    for (const task of this.#tasks.values()) if (task.isDirty) return true;
    return false;
  }

  get hasPendingCommit(): boolean {
    return this.#pending !== null;
  }

  /** Tells of the global tables as of tasks; null where there are none. */
  get globalTables(): Pick<GlobalTables, 'counters' | 'partitions'> | null {
    return this.#topology.globalTables.length === 0 ? null : this.#globalTables;
  }

  /** What should be read next: every partition whose buffer has room, and those of global tables. The answer goes to {@link TaskGroup.accept}. */
  readRequests(): readonly ReadRequest[] {
    const asking = this.tasks.flatMap((task) =>
      task.queues
        .filter((queue) => queue.bufferedRecords < bufferedRecordsPerPartition)
        .map((queue) => ({ taskId: task.id, queue })),
    );
    this.#asking = asking;
    const ofTasks = asking.map(({ queue }) => ({
      topic: queue.source.topic,
      partition: queue.partition,
      offset: queue.nextToFetch,
    }));
    return [...ofTasks, ...this.#globalTables.readRequests()];
  }

  /** Takes the answer to the last {@link TaskGroup.readRequests}, in its order. Gives what had been removed before it could be read. */
  accept(results: readonly ReadResult[]): readonly Gap[] {
    const asking = this.#asking;
    const asked = asking.length + this.#globalTables.partitions().length;
    assert(results.length === asked, `${results.length} reads were answered, and ${asked} were asked for`);
    this.#asking = [];
    const gaps: Gap[] = [];
    this.#globalFailures.push(...this.#globalTables.accept(results.slice(asking.length)));
    this.#areGlobalTablesRead ||= this.#globalTables.isCaughtUp;
    results.slice(0, asking.length).forEach((result, index) => {
      const { taskId, queue } = asking[index] as (typeof asking)[number];
      const hadRead = queue.nextToFetch > 0;
      const records = queue.accept(result);
      if (records > 0 && hadRead) gaps.push({ taskId, topic: result.topic, partition: result.partition, records });
    });
    return gaps;
  }

  /** Processes records, lowest timestamp first, until `maxRecords` are done or none may be taken. Gives how many were. */
  process(maxRecords: number): number {
    this.#readClock();
    const ready = this.#readyTasks();
    // Nothing arrives meanwhile: only the head of the task that has just run changes.
    const heads = ready.map((task) => task.headTimestamp);
    let processed = 0;
    while (processed < maxRecords && ready.length > 0) {
      let chosen = 0;
      let least = Number.POSITIVE_INFINITY;
      let second = Number.POSITIVE_INFINITY;
      for (let index = 0; index < heads.length; index++) {
        const timestamp = heads[index] as number;
        if (timestamp < least) {
          second = least;
          least = timestamp;
          chosen = index;
        } else if (timestamp < second) {
          second = timestamp;
        }
      }
      if (least === Number.POSITIVE_INFINITY) break;
      const next = ready[chosen] as Task;
      // Who waits for partitions is asked again after each record.
      const limit = next.waitsForPartitions ? 1 : maxRecords - processed;
      processed += next.run(limit, second);
      heads[chosen] = next.headTimestamp;
      const isIdle = this.#clock !== undefined && next.idleMs(this.#nowMs) > 0;
      const isReady = next.isReady;
      if (isReady && !isIdle) continue;
      // A partition ran dry that has more: its sub-topology waits until that has arrived.
      for (let index = ready.length - 1; index >= 0; index--) {
        const task = ready[index] as Task;
        if (task !== next && (isReady || task.subTopology.id !== next.subTopology.id)) continue;
        ready.splice(index, 1);
        heads.splice(index, 1);
      }
    }
    this.#recordsSinceCommit += processed;
    return processed;
  }

  /** Whether a record could be processed right now. */
  get hasWork(): boolean {
    return this.#readyTasks().some((task) => task.headTimestamp !== Number.POSITIVE_INFINITY);
  }

  /** How long until a task that has records goes on without the partitions that it waits for, milliseconds; null when none does. */
  get idleMs(): number | null {
    const nowMs = this.#clock?.();
    if (nowMs === undefined) return null;
    let least: number | null = null;
    for (const task of this.#tasks.values()) {
      const left = task.headTimestamp === Number.POSITIVE_INFINITY ? 0 : task.idleMs(nowMs);
      if (left > 0 && (least === null || left < least)) least = left;
    }
    return least;
  }

  /** Ends the generation: everything since the last commit, to be made durable as one. Null when nothing happened. */
  beginCommit(): PendingCommit | null {
    assert(this.#pending === null, 'a commit began while another is under way');
    const tasks = this.tasks.filter((task) => task.isDirty);
    if (tasks.length === 0) return null;
    const commits = tasks.map((task) => task.beginCommit());
    const commit: Commit = { application: this.#topology.pipeline, tasks: commits, appends: this.#collector.drain() };
    this.#pending = { commit, tasks };
    this.#recordsSinceCommit = 0;
    return this.#pending;
  }

  /**
   * The log has acknowledged the commit, whose appends are used again from here on. After any other answer the group is of no use: make a new
   * one from what is committed.
   */
  endCommit(result: CommitResult): void {
    const pending = this.#pending;
    assert(pending !== null, 'a commit ended that never began');
    this.#pending = null;
    this.#commits++;
    const ends = new Map<string, number>();
    pending.commit.appends.forEach((append, index) => {
      const base = result.baseOffsets[index];
      assert(base !== undefined, 'the log did not say where an append begins');
      ends.set(`${append.topic}/${append.partition}`, base + append.batch.count);
    });
    this.#collector.reuse(pending.commit.appends);
    for (const task of pending.tasks) {
      task.endCommit();
      for (const [name, store] of task.stores) {
        const end = ends.get(`${store.spec.changelogTopic}/${task.partition}`);
        if (end !== undefined) this.#changelogPositions.set(`${task.id}/${name}`, end);
      }
    }
  }

  /** For each task with something to write: the slices for its tables. Call {@link Task}'s stores' `endFlush` through `done` afterwards. */
  beginFlush(): readonly { readonly taskId: TaskId; readonly slices: readonly StoreSlice[]; done(): void }[] {
    const flushes = [];
    for (const task of this.#tasks.values()) {
      const slices: StoreSlice[] = [];
      const flushing: { endFlush(): void }[] = [];
      for (const [name, store] of task.stores) {
        const taken = store.beginFlush();
        if (taken === null) continue;
        const position = this.#changelogPositions.get(`${task.id}/${name}`);
        assert(position !== undefined, `store ${name} of task ${task.id} has no changelog position`);
        slices.push({ store: name, changes: taken.changes, droppedSegments: taken.droppedSegments, position });
        flushing.push(store);
      }
      if (slices.length > 0) {
        flushes.push({
          taskId: task.id,
          slices,
          done: () =>
            flushing.forEach((store) => {
              store.endFlush();
            }),
        });
      }
    }
    return flushes;
  }

  takeFailures(): readonly RecordFailure[] {
    return [...this.#globalFailures.splice(0), ...this.tasks.flatMap((task) => task.takeFailures())];
  }

  /** Answers for every task here that owns the store, from the last commit. */
  query(query: StoreQuery): {
    readonly answers: readonly StoreAnswer[];
    readonly refusals: readonly { readonly taskId: string; readonly reason: StoreRefusal }[];
  } {
    const answers: StoreAnswer[] = [];
    for (const task of this.#tasks.values()) {
      const store = task.stores.get(query.store);
      if (store !== undefined)
        answers.push(answerStoreQuery(store, query, task.id, this.#commits, task.operatorTime(store.spec.node)));
    }
    return { answers, refusals: [] };
  }

  #readClock(): void {
    if (this.#clock === undefined) return;
    this.#nowMs = this.#clock();
    this.#collector.advanceWallClock(this.#nowMs);
    for (const task of this.#tasks.values()) task.advanceWallClock(this.#nowMs);
  }

  #readyTasks(): Task[] {
    if (!this.#areGlobalTablesRead) return [];
    const waiting = new Set<number>();
    for (const task of this.#tasks.values()) if (!task.isReady) waiting.add(task.subTopology.id);
    const nowMs = this.#clock?.() ?? 0;
    return [...this.#tasks.values()].filter(
      (task) => !waiting.has(task.subTopology.id) && (this.#clock === undefined || task.idleMs(nowMs) === 0),
    );
  }
}
