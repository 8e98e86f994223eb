import type { Log, TaskId } from '../../log/log.ts';
import type { ProcessorRegistry } from '../../runtime/processor.ts';
import type { TaskStores } from '../../state/store-table.ts';
import { type Topology, taskIds } from '../../topology/topology.ts';
import { FaultyLog } from './faulty-log.ts';
import { Machine } from './machine.ts';
import type { Random } from './random.ts';
import { Life, type Scheduler } from './scheduler.ts';
import type { Weather } from './weather.ts';
import { isTheNetwork, type Pace, WorkerProcess } from './worker-process.ts';

export interface ClusterOptions {
  readonly topology: Topology;
  readonly processors: ProcessorRegistry;
  readonly log: Log;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly weather: Weather;
  readonly machines: number;
  readonly onOpen: (stores: TaskStores) => TaskStores;
}

/**
 * Who runs what: starts a process on each machine that has none, and gives each task that nobody has to one of them, under a new epoch, as
 * the server does. A process that was deposed is not told; one that ends by anything but the network is a finding.
 */
export class Cluster {
  readonly machines: readonly Machine[];
  readonly #options: ClusterOptions;
  readonly #life = new Life('coordinator');
  readonly #network = new Life('network');
  readonly #log: Log;
  readonly #tasks: readonly TaskId[];
  /** At most one on each machine. */
  #processes: WorkerProcess[] = [];
  readonly #owners = new Map<TaskId, WorkerProcess>();
  #started = 0;
  /** What ended processes that should have gone on. */
  readonly defects: unknown[] = [];

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.machines = Array.from({ length: options.machines }, (_, index) => new Machine(`machine ${index}`));
    this.#tasks = taskIds(options.topology);
    this.#log = new FaultyLog(options.log, options.scheduler, this.#life, this.#network, options.weather);
  }

  async run(): Promise<void> {
    for (;;) {
      await this.#options.scheduler.turn(this.#life, 'looks', this.#options.random.int(1, 20));
      this.#startProcesses();
      await this.#giveOut();
    }
  }

  /** Every task is run by a process that has nothing left to do. */
  async isSettled(): Promise<boolean> {
    if (!this.#tasks.every((taskId) => this.#owners.has(taskId))) return false;
    const topics = new Map((await this.#options.log.topics()).map(({ name, endOffsets }) => [name, endOffsets]));
    return this.#processes.every((process) =>
      process.isIdle((topic, partition) => topics.get(topic)?.[partition] ?? 0),
    );
  }

  /** The processes that are in office, each with some tasks. */
  get owners(): readonly WorkerProcess[] {
    return [...new Set(this.#owners.values())];
  }

  process(machine: number): WorkerProcess | null {
    return this.#processes.find((process) => process.machine === this.machines[machine]) ?? null;
  }

  crash(machine: number): void {
    const process = this.process(machine);
    if (process === null) return;
    process.kill();
    this.#forget(process);
  }

  /** Takes tasks away from a process without its knowing: it goes on as a zombie. */
  depose(machine: number, all: boolean): void {
    const process = this.process(machine);
    for (const [taskId, owner] of [...this.#owners]) {
      if (owner === process && (all || this.#options.random.chance(0.5))) this.#owners.delete(taskId);
    }
  }

  /** Hands a task over in good order. */
  async move(task: number): Promise<void> {
    const taskId = this.#tasks[task % this.#tasks.length] as TaskId;
    const owner = this.#owners.get(taskId);
    if (owner === undefined || !owner.group.tasks.some(({ id }) => id === taskId)) return;
    await owner.revoke([taskId]);
    if (this.#owners.get(taskId) === owner) this.#owners.delete(taskId);
  }

  /** Ends every process that has lost a task without knowing. */
  killZombies(): void {
    for (const process of [...this.#processes]) {
      if (!this.#isZombie(process)) continue;
      process.kill();
      this.#forget(process);
    }
  }

  #isZombie(process: WorkerProcess): boolean {
    return [...process.held].some((taskId) => this.#owners.get(taskId) !== process);
  }

  #startProcesses(): void {
    const { topology, processors, scheduler, random, weather, onOpen } = this.#options;
    for (const machine of this.machines) {
      if (this.#processes.some((process) => process.machine === machine)) continue;
      const name = `worker ${this.#started++} on ${machine.name}`;
      const process = new WorkerProcess({
        name,
        topology,
        processors,
        machine,
        scheduler,
        random: random.fork(name),
        pace: randomPace(random),
        connect: (life) => new FaultyLog(this.#options.log, scheduler, life, this.#network, weather),
        onOpen,
        onEnd: (ended, error) => {
          // What becomes of a zombie does not matter, as long as its commits are refused.
          if (!isTheNetwork(error) && !this.#isZombie(ended)) this.defects.push(error);
          this.#forget(ended);
        },
      });
      this.#processes.push(process);
      void process.run();
    }
  }

  /** Each task that nobody has goes to a process that does not have it (as a zombie has). */
  async #giveOut(): Promise<void> {
    const given = new Map<WorkerProcess, TaskId[]>();
    for (const taskId of this.#tasks) {
      if (this.#owners.has(taskId)) continue;
      const able = this.#processes.filter((process) => !process.held.has(taskId));
      if (able.length === 0) continue;
      const process = this.#options.random.pick(able);
      this.#owners.set(taskId, process);
      process.reserve(taskId);
      given.set(process, [...(given.get(process) ?? []), taskId]);
    }
    for (const [process, ids] of given) {
      const epochs = await this.#log.fence(this.#options.topology.pipeline, ids);
      process.assign(ids.map((taskId, index) => ({ taskId, epoch: epochs[index] ?? 0 })));
    }
  }

  #forget(process: WorkerProcess): void {
    this.#processes = this.#processes.filter((other) => other !== process);
    for (const [taskId, owner] of [...this.#owners]) if (owner === process) this.#owners.delete(taskId);
  }
}

function randomPace(random: Random): Pace {
  return {
    recordsMax: random.pick([1, 3, 10, 50]),
    commitShare: random.pick([0.1, 0.3, 0.8]),
    flushShare: random.pick([0, 0.05, 0.3]),
  };
}
