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
} from '@millrace/engine';
import { assert, assertEpoch, assertReachable, missingTopics } from '@millrace/engine';
import { AppendSignal } from './append-signal.ts';
import { LogEnvironment } from './environment.ts';
import { Housekeeping, type HousekeepingReport } from './housekeeping.ts';
import { PartitionStore, prepareAppends } from './partition-store.ts';
import type { Row } from './rows.ts';
import { openJson, sealJson } from './rows.ts';
import { TopicTable } from './topic-table.ts';

export interface EmbeddedLogOptions {
  /** Created, readable for its owner only, if it is missing. On a local disk: memory maps and locks do not work over a network. */
  readonly directory: string;
  /** Epoch milliseconds, for the age of records. */
  readonly clock?: (() => number) | undefined;
  /** How often a waiting read looks for appends of other processes that nobody told it of. */
  readonly pollMs?: number | undefined;
}

interface TaskRow {
  readonly epoch: number;
  readonly committed: CommittedTask | null;
}

/** How many batches one transaction sweeps away, so that other writers get their turn. */
const sweepBatches = 256;

/**
 * The log on one machine, in one LMDB environment that several processes may have open at once. A commit is one short transaction: the
 * epochs are compared, offsets given and everything put in it, so it holds whichever process was first. What resolves is on the disk.
 *
 * Readers in other processes learn of appends when their host calls {@link wake}; hosts learn of appends here by {@link onAppended}.
 */
export class EmbeddedLog implements Log {
  readonly #environment: LogEnvironment;
  readonly #topics: TopicTable;
  readonly #partitions: PartitionStore;
  readonly #housekeeping: Housekeeping;
  readonly #appended = new AppendSignal();
  readonly #listeners = new Set<(topics: readonly string[]) => void>();
  readonly #clock: () => number;
  readonly #pollMs: number;

  private constructor(environment: LogEnvironment, clock: () => number, pollMs: number) {
    this.#environment = environment;
    this.#clock = clock;
    this.#pollMs = pollMs;
    this.#topics = new TopicTable(environment);
    this.#partitions = new PartitionStore(environment, this.#topics);
    this.#housekeeping = new Housekeeping(environment, this.#topics, this.#partitions);
  }

  /** @throws LogError when the directory cannot be used, or holds a log that is damaged or of another version. */
  static async open({ directory, clock = Date.now, pollMs = 100 }: EmbeddedLogOptions): Promise<EmbeddedLog> {
    return new EmbeddedLog(await LogEnvironment.open(directory), clock, pollMs);
  }

  async topics(): Promise<readonly TopicDescription[]> {
    return this.#environment.read(() =>
      this.#topics.all().map(({ id, spec }) => {
        const partitions = Array.from({ length: spec.partitions }, (_, index) => this.#topics.partition(id, index));
        return {
          ...spec,
          startOffsets: partitions.map(({ startOffset }) => startOffset),
          endOffsets: partitions.map(({ endOffset }) => endOffset),
          sizeBytes: partitions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        };
      }),
    );
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    const missing = (): TopicSpec[] => missingTopics(specs, (name) => this.#topics.find(name)?.spec);
    if (this.#environment.read(missing).length === 0) return;
    await this.#environment.write(() => {
      const specs = missing();
      if (specs.length > 0) this.#topics.create(specs);
    });
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    await this.#environment.write(() => {
      const found = [...new Set(names)].flatMap((name) => this.#topics.find(name) ?? []);
      if (found.length > 0) this.#topics.drop(found);
    });
    this.#appended.wake();
  }

  async read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    const startedMs = performance.now();
    for (;;) {
      const results = this.#environment.read(() =>
        requests.map((request) => this.#partitions.read(request, options.maxBytesPerPartition)),
      );
      const atEnd = requests.every(({ offset }, index) => offset === results[index]?.endOffset);
      const leftMs = options.maxWaitMs - (performance.now() - startedMs);
      if (!atEnd || requests.length === 0 || leftMs <= 0 || options.signal?.aborted) return results;
      await this.#appended.wait(Math.min(leftMs, this.#pollMs), options.signal);
    }
  }

  async append(appends: readonly Append[]): Promise<CommitResult> {
    this.#environment.assertOpen();
    const prepared = prepareAppends(appends, this.#clock());
    const baseOffsets = await this.#environment.write(() => this.#partitions.append(prepared));
    this.#tell(appends);
    return { baseOffsets };
  }

  async commit({ application, tasks, appends }: Commit): Promise<CommitResult> {
    this.#environment.assertOpen();
    const prepared = prepareAppends(appends, this.#clock());
    const rows = tasks.map(({ taskId, epoch, positions, state }) => {
      const key = taskKey(application, taskId);
      const task: TaskRow = { epoch, committed: { epoch, positions, state } };
      return { key, taskId, epoch, row: sealJson(key, task) };
    });
    const baseOffsets = await this.#environment.write(() => {
      for (const { taskId, epoch } of rows)
        assertEpoch(application, taskId, epoch, this.#task(application, taskId).epoch);
      const baseOffsets = this.#partitions.append(prepared);
      for (const { key, row } of rows) void this.#environment.tasks.put(key, row);
      return baseOffsets;
    });
    this.#tell(appends);
    return { baseOffsets };
  }

  async fence(application: string, taskIds: readonly TaskId[]): Promise<readonly number[]> {
    return this.#environment.write(() => {
      const epochs = new Map<TaskId, number>();
      const rows = new Map<TaskId, TaskRow>();
      const given = taskIds.map((taskId) => {
        const task = rows.get(taskId) ?? this.#task(application, taskId);
        const epoch = (epochs.get(taskId) ?? task.epoch) + 1;
        epochs.set(taskId, epoch);
        rows.set(taskId, { epoch, committed: task.committed });
        return epoch;
      });
      for (const [taskId, task] of rows) this.#putTask(application, taskId, task);
      return given;
    });
  }

  async committed(application: string, taskId: TaskId): Promise<CommittedTask | null> {
    return this.#environment.read(() => this.#task(application, taskId).committed);
  }

  async resetTasks(application: string, taskIds: readonly TaskId[]): Promise<void> {
    await this.#environment.write(() => {
      const tasks = taskIds.map((taskId) => ({ taskId, task: this.#task(application, taskId) }));
      for (const { taskId, task } of tasks) {
        if (task.committed !== null) this.#putTask(application, taskId, { epoch: task.epoch, committed: null });
      }
    });
  }

  async purge(positions: readonly SourcePosition[]): Promise<void> {
    await this.#environment.write(() => {
      const places = positions.map((position) => {
        const id = this.#topics.locate(position);
        assertReachable(position, position.offset, this.#topics.partition(id, position.partition).endOffset);
        return { ...position, id, policy: this.#topics.get(position.topic).spec.cleanup.policy };
      });
      for (const { id, partition, offset, policy } of places) {
        if (policy === 'purge') this.#partitions.removeBefore(id, partition, offset, sweepBatches);
      }
    });
  }

  async truncate(topics: readonly string[]): Promise<void> {
    await this.#environment.write(() => {
      const found = topics.map((name) => this.#topics.get(name));
      for (const { id, spec } of found) {
        for (let index = 0; index < spec.partitions; index++) {
          const { endOffset } = this.#topics.partition(id, index);
          this.#partitions.removeBefore(id, index, endOffset, sweepBatches);
        }
      }
    });
    this.#appended.wake();
  }

  /**
   * Applies the clean-up of topics: a bounded piece of work in short transactions, to be called by one process every now and then, and
   * again at once while the report says that there is more.
   */
  async housekeep(): Promise<HousekeepingReport> {
    this.#environment.assertOpen();
    return this.#housekeeping.run(this.#clock());
  }

  /** Another process has appended: waiting reads look again now. */
  wake(): void {
    this.#appended.wake();
  }

  /** Tells of every append and commit of this object once it is durable. Gives the function that ends this. */
  onAppended(listener: (topics: readonly string[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for writes under way. */
  async close(): Promise<void> {
    const closed = this.#environment.close();
    this.#appended.wake();
    await closed;
  }

  #tell(appends: readonly Append[]): void {
    const topics = [...new Set(appends.filter(({ batch }) => batch.count > 0).map(({ topic }) => topic))];
    if (topics.length === 0) return;
    this.#appended.wake();
    // In a turn of their own: what a listener throws must not look like a commit that failed.
    for (const listener of this.#listeners) queueMicrotask(() => listener(topics));
  }

  #task(application: string, taskId: TaskId): TaskRow {
    const key = taskKey(application, taskId);
    const row = this.#environment.tasks.getBinary(key) as Row | undefined;
    if (row === undefined) return { epoch: 0, committed: null };
    return openJson(key, row, `task ${taskId} of ${application}`) as TaskRow;
  }

  #putTask(application: string, taskId: TaskId, task: TaskRow): void {
    const key = taskKey(application, taskId);
    void this.#environment.tasks.put(key, sealJson(key, task));
  }
}

function taskKey(application: string, taskId: TaskId): Buffer<ArrayBuffer> {
  const key = Buffer.from(`${application}\n${taskId}`);
  assert(key.byteLength <= 1024, `the task key ${application}/${taskId} is longer than 1 KiB`);
  return key;
}
