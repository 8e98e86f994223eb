import type { AssignedTask } from '../../log/assignment.ts';
import { type Log, LogError, type SourcePosition, type TaskId } from '../../log/log.ts';
import type { ProcessorRegistry } from '../../runtime/processor.ts';
import { TaskGroup } from '../../runtime/task-group.ts';
import type { TaskStores } from '../../state/store-table.ts';
import type { Topology } from '../../topology/topology.ts';
import type { Machine } from './machine.ts';
import type { Random } from './random.ts';
import { restoreStores } from './restore-stores.ts';
import { Life, type Scheduler } from './scheduler.ts';

/** How a process divides its time; drawn once for each. */
export interface Pace {
  /** The greatest number of records between two other things. */
  readonly recordsMax: number;
  readonly commitShare: number;
  readonly flushShare: number;
}

export interface WorkerProcessOptions {
  readonly name: string;
  readonly topology: Topology;
  readonly processors: ProcessorRegistry;
  readonly machine: Machine;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly pace: Pace;
  /** The process's own way to the log, made for its life. */
  connect(life: Life): Log;
  /** Wraps the stores of a task, where a test wants them to err. */
  readonly onOpen: (stores: TaskStores) => TaskStores;
  /** The process ended by itself; `error` is null when nothing was wrong with it. */
  onEnd(process: WorkerProcess, error: unknown): void;
}

/**
 * A worker: reads, processes, commits, writes the tables behind, one turn after the other, as apps/worker does it by the clock. Commits and
 * flushes are under way while it processes on. It may die between any two turns, and then nothing of it remains but what it sent and wrote.
 */
export class WorkerProcess {
  readonly life: Life;
  readonly group: TaskGroup;
  readonly #options: WorkerProcessOptions;
  readonly #log: Log;
  readonly #stores = new Map<TaskId, TaskStores>();
  readonly #held = new Set<TaskId>();
  #assigned: AssignedTask[] = [];
  #revoked: { readonly taskIds: readonly TaskId[]; readonly done: () => void }[] = [];
  #committing: Promise<void> | null = null;
  #flushing: Promise<void> | null = null;
  #stalledUntilMs = 0;
  readonly #committed = new Map<string, SourcePosition>();

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
    this.life = new Life(options.name);
    this.#log = options.connect(this.life);
    this.group = new TaskGroup(options.topology, options.processors);
  }

  get machine(): Machine {
    return this.#options.machine;
  }

  /** The tasks that were meant for it and that it has not let go, whether it should still have them or not. */
  get held(): ReadonlySet<TaskId> {
    return this.#held;
  }

  /** The task is going to be assigned. */
  reserve(taskId: TaskId): void {
    this.#held.add(taskId);
  }

  assign(tasks: readonly AssignedTask[]): void {
    this.#assigned.push(...tasks);
  }

  /** Settles when the tasks' work is committed and they are gone; never, if the process dies before. */
  revoke(taskIds: readonly TaskId[]): Promise<void> {
    return new Promise((resolve) => {
      this.#revoked.push({ taskIds, done: resolve });
    });
  }

  /** The process stops where it is, and goes on later as if nothing had happened. */
  stall(untilMs: number): void {
    this.#stalledUntilMs = untilMs;
  }

  /** Ends the process without a word. */
  kill(): void {
    this.#options.scheduler.end(this.life);
  }

  /** Everything that was meant for it is taken up and committed, up to the ends that the topics have now. */
  isIdle(endOf: (topic: string, partition: number) => number): boolean {
    return (
      this.#held.size === this.group.tasks.length &&
      this.#committing === null &&
      this.#flushing === null &&
      this.group.tasks.every(
        (task) =>
          !task.isDirty &&
          task.queues.every(({ source, partition, position }) => position >= endOf(source.topic, partition)),
      )
    );
  }

  async run(): Promise<void> {
    let error: unknown = null;
    try {
      for (;;) await this.#turn();
    } catch (caught) {
      error = caught;
    }
    if (this.life.isOver) return;
    this.kill();
    this.#options.onEnd(this, error);
  }

  async #turn(): Promise<void> {
    const { random, pace } = this.#options;
    await this.#pause('goes on');
    if (this.#assigned.length > 0) await this.#takeUp();
    if (this.#revoked.length > 0) await this.#letGo();
    const requests = this.group.readRequests();
    this.group.accept(await this.#log.read(requests, { maxBytesPerPartition: 1, maxWaitMs: 0 }));
    await this.#pause('has read');
    this.group.process(random.int(1, pace.recordsMax));
    await this.#pause('has processed');
    if (this.#committing === null && random.chance(pace.commitShare)) this.#commit();
    if (this.#flushing === null && random.chance(pace.flushShare)) {
      this.#flushing = this.#flush().then(() => {
        this.#flushing = null;
      });
      this.#flushing.catch((error: unknown) => this.#fail(error));
    }
    if (random.chance(0.1)) await this.#purge();
  }

  async #pause(what: string): Promise<void> {
    const { scheduler } = this.#options;
    await scheduler.turn(this.life, what, Math.max(0, this.#stalledUntilMs - scheduler.nowMs));
  }

  async #takeUp(): Promise<void> {
    const { topology, machine } = this.#options;
    for (const { taskId, epoch } of this.#assigned.splice(0)) {
      const stores = this.#options.onOpen(machine.stores(taskId));
      await restoreStores(this.#log, topology, taskId, stores, () => this.#pause(`restores ${taskId}`));
      const committed = await this.#log.committed(topology.pipeline, taskId);
      const names = topology.subTopologies.find(({ id }) => taskId.startsWith(`${id}_`))?.stores ?? [];
      this.#stores.set(taskId, stores);
      this.group.addTask({
        taskId,
        epoch,
        tables: new Map(names.map((name) => [name, stores.table(name)])),
        changelogPositions: new Map(names.map((name) => [name, stores.position(name)])),
        committed,
      });
    }
  }

  async #letGo(): Promise<void> {
    await this.#committing;
    this.#commit();
    await this.#committing;
    await this.#flushing;
    for (const { taskIds, done } of this.#revoked.splice(0)) {
      for (const taskId of taskIds) {
        this.group.removeTask(taskId);
        this.#stores.delete(taskId);
        this.#held.delete(taskId);
      }
      done();
    }
  }

  #commit(): void {
    const pending = this.group.beginCommit();
    if (pending === null) return;
    this.#committing = this.#log.commit(pending.commit).then((result) => {
      this.group.endCommit(result);
      for (const position of pending.commit.tasks.flatMap((task) => task.positions)) {
        this.#committed.set(`${position.topic}/${position.partition}`, position);
      }
      this.#committing = null;
    });
    this.#committing.catch((error: unknown) => this.#fail(error));
  }

  /** A commit that failed, or whose outcome is not known, ends the process: its tasks are made anew from what is committed. */
  #fail(error: unknown): void {
    if (this.life.isOver) return;
    this.kill();
    this.#options.onEnd(this, error);
  }

  async #flush(): Promise<void> {
    for (const { taskId, slices, done } of this.group.beginFlush()) {
      await this.#pause(`flushes ${taskId}`);
      await this.#stores.get(taskId)?.write(slices);
      await this.#pause(`has flushed ${taskId}`);
      done();
    }
  }

  async #purge(): Promise<void> {
    const purged = new Set(
      this.#options.topology.topics.filter(({ cleanup }) => cleanup.policy === 'purge').map(({ name }) => name),
    );
    await this.#log.purge([...this.#committed.values()].filter(({ topic }) => purged.has(topic)));
  }
}

/** Whether a process may end by this: the log refused it, or it does not know what became of its commit. */
export function isTheNetwork(error: unknown): boolean {
  return error instanceof LogError && (error.code === 'fenced' || error.code === 'unknown-outcome');
}
