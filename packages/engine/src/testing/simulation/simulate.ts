import type { Log } from '../../log/log.ts';
import { MemoryLog } from '../../log/memory-log.ts';
import { encodeBatch } from '../../log/record-batch-builder.ts';
import { processors } from '../../nodes/processors.ts';
import type { ProcessorRegistry } from '../../runtime/processor.ts';
import type { TaskStores } from '../../state/store-table.ts';
import { planTopology } from '../../topology/plan-topology.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';
import type { Topology } from '../../topology/topology.ts';
import { Cluster } from './cluster.ts';
import { FaultyLog } from './faulty-log.ts';
import { LedgerLog } from './ledger-log.ts';
import { Random } from './random.ts';
import type { InputRecord, Scenario } from './scenario.ts';
import { Life, Scheduler } from './scheduler.ts';
import { Weather } from './weather.ts';

/** Defects put in on purpose, to see whether they are found. Nothing is changed where a part is absent. */
export interface Mutation {
  readonly log?: ((log: Log) => Log) | undefined;
  readonly stores?: ((stores: TaskStores, topology: Topology) => TaskStores) | undefined;
  readonly processors?: ((registry: ProcessorRegistry) => ProcessorRegistry) | undefined;
}

/** What is left when everything has been processed and all is quiet. */
export interface SimulatedRun {
  readonly scenario: Scenario;
  readonly topology: Topology;
  readonly log: Log;
  readonly ledger: LedgerLog;
  readonly cluster: Cluster;
  readonly turns: number;
  readonly trace: readonly string[];
  /** Why it did not come to rest; null if it did. */
  readonly stuck: string | null;
}

const turnsMax = 60_000;

/** Runs a scenario to its end: everything goes wrong as it says, then nothing more does until all inputs are processed and committed. */
export async function simulate(
  scenario: Scenario,
  mutation: Mutation = {},
  options: { readonly traced?: boolean } = {},
): Promise<SimulatedRun> {
  const topology = planTopology(scenario.pipeline, topicCatalogue(scenario.topics));
  const random = new Random(scenario.seed).fork('run');
  const ledger = new LedgerLog(new MemoryLog());
  const log = mutation.log?.(ledger) ?? ledger;
  const scheduler = new Scheduler(random.fork('turns'));
  if (options.traced) scheduler.trace = [];
  const weather = new Weather(random.fork('weather'), scenario.lossShare);
  await ledger.ensureTopics([...scenario.topics.map(externalTopic), ...topology.topics]);
  for (const input of scenario.before) await ledger.append([appendOf(input)]);

  const cluster = new Cluster({
    topology,
    processors: mutation.processors?.(processors) ?? processors,
    log,
    scheduler,
    random: random.fork('cluster'),
    weather,
    machines: scenario.machines,
    onOpen: (stores) => mutation.stores?.(stores, topology) ?? stores,
  });
  void cluster.run();
  const producing = new Producing(new FaultyLog(ledger, scheduler, new Life('producer'), new Life('network'), weather));
  void producing.run(scenario.inputs, random.fork('producer'));
  const havoc = new Havoc(scheduler, cluster, scenario, random.fork('havoc'));
  void havoc.run();

  let stuck: string | null = null;
  let isCalm = false;
  while (stuck === null) {
    if (!(await scheduler.step())) stuck = 'nobody has anything left to do, and not all is done';
    if (scheduler.turns > turnsMax) stuck = `not all is done after ${turnsMax} turns`;
    if (cluster.defects.length > 0) stuck = `a worker ended: ${textOf(cluster.defects[0])}`;
    if (!producing.isDone || !havoc.isDone) continue;
    if (!isCalm) {
      isCalm = true;
      weather.calmDown();
    }
    if (scheduler.turns % 16 !== 0) continue;
    cluster.killZombies();
    if (await cluster.isSettled()) break;
  }
  return { scenario, topology, log, ledger, cluster, turns: scheduler.turns, trace: scheduler.trace ?? [], stuck };
}

/** Appends the inputs in their order, some at a time. */
class Producing {
  isDone = false;
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  async run(inputs: readonly InputRecord[], random: Random): Promise<void> {
    const most = random.pick([1, 5, 20, 1000]);
    for (let at = 0; at < inputs.length; ) {
      const together = inputs.slice(at, at + random.int(1, most));
      await this.#log.append(together.map(appendOf));
      at += together.length;
    }
    this.isDone = true;
  }
}

/** Makes the faults happen. */
class Havoc {
  isDone = false;
  readonly #life = new Life('havoc');
  readonly #scheduler: Scheduler;
  readonly #cluster: Cluster;
  readonly #scenario: Scenario;
  readonly #random: Random;

  constructor(scheduler: Scheduler, cluster: Cluster, scenario: Scenario, random: Random) {
    this.#scheduler = scheduler;
    this.#cluster = cluster;
    this.#scenario = scenario;
    this.#random = random;
  }

  async run(): Promise<void> {
    const cluster = this.#cluster;
    for (const fault of this.#scenario.faults) {
      await this.#scheduler.turn(this.#life, fault.does, Math.max(0, fault.atMs - this.#scheduler.nowMs));
      const machine = fault.machine % this.#scenario.machines;
      switch (fault.does) {
        case 'crash':
          cluster.crash(machine);
          break;
        case 'crash and lose the disk':
          cluster.crash(machine);
          cluster.machines[machine]?.loseStores(this.#random);
          break;
        case 'depose':
          cluster.depose(machine, fault.all);
          break;
        case 'stall':
          cluster.process(machine)?.stall(this.#scheduler.nowMs + fault.forMs);
          break;
        case 'stall and depose':
          cluster.process(machine)?.stall(this.#scheduler.nowMs + fault.forMs);
          cluster.depose(machine, true);
          break;
        case 'move':
          void cluster.move(fault.task);
          break;
      }
    }
    this.isDone = true;
  }
}

function externalTopic({ name, partitions }: { readonly name: string; readonly partitions: number }) {
  const cleanup = { policy: 'delete', retentionMs: null, retentionBytes: null } as const;
  return { name, partitions, role: 'external', cleanup, owner: null } as const;
}

function appendOf({ topic, partition, record }: InputRecord) {
  return { topic, partition, batch: encodeBatch([record]) };
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : String(error);
}
