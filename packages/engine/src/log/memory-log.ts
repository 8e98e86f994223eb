import { assert } from '../assert.ts';
import type {
  AbortSignalLike,
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
  TopicPartition,
  TopicSpec,
} from './log.ts';
import {
  assertEpoch,
  assertReachable,
  closedLog,
  missingTopics,
  unknownPartition,
  unknownTopic,
} from './log-refusals.ts';
import { decidedRead } from './read-result.ts';
import { RecordBatch } from './record-batch.ts';

interface Partition {
  /** Ascending, none empty. */
  batches: RecordBatch[];
  startOffset: number;
  endOffset: number;
}

interface Topic {
  readonly spec: TopicSpec;
  readonly partitions: readonly Partition[];
}

interface Task {
  readonly epoch: number;
  readonly committed: CommittedTask | null;
}

/**
 * The log in memory, for tests, previews and the simulator: the same calls in the same order give the same answers.
 *
 * It owns no timer: a read that has nothing to give and a `maxWaitMs` above 0 waits for the next append, an abort or the close, however
 * long that takes. It owns no clock: clean-up by age and size and compaction are left out, and records go by `purge`, `truncate` and
 * `deleteTopics` alone. Batches are kept as they were handed over, so their bytes must not be changed afterwards.
 */
export class MemoryLog implements Log {
  readonly #topics = new Map<string, Topic>();
  readonly #tasks = new Map<string, Task>();
  #waiters: (() => void)[] = [];
  #closed = false;

  async topics(): Promise<readonly TopicDescription[]> {
    this.#assertOpen();
    return [...this.#topics.values()]
      .sort((left, right) => (left.spec.name < right.spec.name ? -1 : 1))
      .map(({ spec, partitions }) => ({
        ...spec,
        startOffsets: partitions.map((partition) => partition.startOffset),
        endOffsets: partitions.map((partition) => partition.endOffset),
        sizeBytes: partitions.flatMap(({ batches }) => batches).reduce((sum, { bytes }) => sum + bytes.byteLength, 0),
      }));
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    this.#assertOpen();
    for (const spec of missingTopics(specs, (name) => this.#topics.get(name)?.spec)) {
      const partitions = Array.from({ length: spec.partitions }, () => ({ batches: [], startOffset: 0, endOffset: 0 }));
      this.#topics.set(spec.name, { spec, partitions });
    }
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    this.#assertOpen();
    for (const name of names) this.#topics.delete(name);
    this.#wakeReaders();
  }

  async read(requests: readonly ReadRequest[], options: ReadOptions): Promise<readonly ReadResult[]> {
    for (;;) {
      this.#assertOpen();
      const results = requests.map((request) => this.#readPartition(request, options.maxBytesPerPartition));
      const atEnd = requests.every((request, index) => request.offset === results[index]?.endOffset);
      if (!atEnd || requests.length === 0 || options.maxWaitMs <= 0 || options.signal?.aborted) return results;
      await this.#nextChange(options.signal);
    }
  }

  async append(appends: readonly Append[]): Promise<CommitResult> {
    this.#assertOpen();
    return this.#append(appends);
  }

  async commit({ application, tasks, appends }: Commit): Promise<CommitResult> {
    this.#assertOpen();
    for (const { taskId, epoch } of tasks) assertEpoch(application, taskId, epoch, this.#epoch(application, taskId));
    const result = this.#append(appends);
    for (const { taskId, epoch, positions, state } of tasks) {
      this.#tasks.set(taskKey(application, taskId), {
        epoch,
        committed: { epoch, positions: positions.map((position) => ({ ...position })), state },
      });
    }
    return result;
  }

  async fence(application: string, taskIds: readonly TaskId[]): Promise<readonly number[]> {
    this.#assertOpen();
    return taskIds.map((taskId) => {
      const epoch = this.#epoch(application, taskId) + 1;
      const committed = this.#tasks.get(taskKey(application, taskId))?.committed ?? null;
      this.#tasks.set(taskKey(application, taskId), { epoch, committed });
      return epoch;
    });
  }

  async committed(application: string, taskId: TaskId): Promise<CommittedTask | null> {
    this.#assertOpen();
    return this.#tasks.get(taskKey(application, taskId))?.committed ?? null;
  }

  async resetTasks(application: string, taskIds: readonly TaskId[]): Promise<void> {
    this.#assertOpen();
    for (const taskId of taskIds) {
      const key = taskKey(application, taskId);
      const task = this.#tasks.get(key);
      if (task !== undefined) this.#tasks.set(key, { epoch: task.epoch, committed: null });
    }
  }

  async purge(positions: readonly SourcePosition[]): Promise<void> {
    this.#assertOpen();
    for (const position of positions) assertReachable(position, position.offset, this.#partition(position).endOffset);
    for (const position of positions) {
      if (this.#topics.get(position.topic)?.spec.cleanup.policy !== 'purge') continue;
      removeBefore(this.#partition(position), position.offset);
    }
  }

  async truncate(topics: readonly string[]): Promise<void> {
    this.#assertOpen();
    const found = topics.map((name) => this.#topic(name));
    for (const partition of found.flatMap(({ partitions }) => partitions)) removeBefore(partition, partition.endOffset);
    this.#wakeReaders();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wakeReaders();
  }

  #assertOpen(): void {
    if (this.#closed) throw closedLog();
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw unknownTopic(name);
    return topic;
  }

  #partition(at: TopicPartition): Partition {
    const { partitions } = this.#topic(at.topic);
    const partition = partitions[at.partition];
    if (partition === undefined) throw unknownPartition(at, partitions.length);
    return partition;
  }

  #epoch(application: string, taskId: TaskId): number {
    return this.#tasks.get(taskKey(application, taskId))?.epoch ?? 0;
  }

  #readPartition(request: ReadRequest, maxBytes: number): ReadResult {
    const { batches, startOffset, endOffset } = this.#partition(request);
    assertReachable(request, request.offset, endOffset);
    const given: RecordBatch[] = [];
    let bytes = 0;
    for (let index = firstEndingAfter(batches, request.offset); index < batches.length; index++) {
      const batch = batches[index] as RecordBatch;
      given.push(batch);
      bytes += batch.bytes.byteLength;
      if (bytes >= maxBytes) break;
    }
    return decidedRead(request, given, { startOffset, endOffset });
  }

  /** Builds every batch before it changes anything, so that a refusal changes nothing. */
  #append(appends: readonly Append[]): CommitResult {
    const ends = new Map<Partition, number>();
    const placed = appends.map((append) => {
      const partition = this.#partition(append);
      const batch = new RecordBatch(append.batch.bytes.slice(), ends.get(partition) ?? partition.endOffset);
      assert(batch.count === append.batch.count, `a batch of ${batch.count} records says ${append.batch.count}`);
      ends.set(partition, batch.nextOffset);
      return { partition, batch };
    });
    for (const { partition, batch } of placed) {
      if (batch.count > 0) partition.batches.push(batch);
      partition.endOffset = batch.nextOffset;
    }
    this.#wakeReaders();
    return { baseOffsets: placed.map(({ batch }) => batch.baseOffset) };
  }

  #nextChange(signal: AbortSignalLike | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiters.push(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  #wakeReaders(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

function taskKey(application: string, taskId: TaskId): string {
  return `${application}\n${taskId}`;
}

function removeBefore(partition: Partition, offset: number): void {
  if (offset <= partition.startOffset) return;
  partition.startOffset = offset;
  partition.batches = partition.batches.slice(firstEndingAfter(partition.batches, offset));
}

/** The index of the first batch with a record at `offset` or later. */
function firstEndingAfter(batches: readonly RecordBatch[], offset: number): number {
  let low = 0;
  let high = batches.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((batches[middle]?.nextOffset ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
