import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalKafka } from '../../scripts/kafka/start-kafka.mjs';
import { CampaignServer } from './campaign-server.ts';
import { CampaignWorker } from './campaign-worker.ts';
import { deployPipeline } from './deployed-pipeline.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { FaultClass, Field } from './faults.ts';
import { type Fleet, WorkerFleet } from './fleet.ts';
import { makeInput } from './input.ts';
import type { ObservedFault, Seen, SeenValue, StoredTotal } from './observations.ts';
import type { Witnessed } from './observe.ts';
import { campaignPipeline, topicsOf } from './pipeline.ts';
import { Progress } from './progress.ts';
import { SeededRandom } from './random.ts';
import { type Address, Cluster } from './wire/cluster.ts';
import { prepareTopics, writeOrders } from './write-input.ts';

const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));
const checkProgram = fileURLToPath(new URL('check.ts', import.meta.url));
const watchProgram = fileURLToPath(new URL('watch-live.ts', import.meta.url));

const partitions = 8;
const workerCount = 3;
const orderCount = 1_800;
/** Between batches of input: so slow before and during the fault that it strikes in the middle of the work. */
const batchPauseMs = 120;
/** This share of the input waits for the end of the fault, so that there is work after it too. */
const keptBack = 0.25;
const commitIntervalMs = 100;
/** As short as makes sense with heartbeats each second: rounds wait for it. */
const sessionTimeoutMs = 6_000;
const giveUpMs = 120_000;

export interface RoundOptions {
  readonly seed: number;
  readonly fault: FaultClass;
  readonly kafka: LocalKafka;
  readonly nodes: number;
  readonly proxies: readonly FaultProxy[];
  readonly directory: string;
}

export interface RoundVerdict {
  readonly seed: number;
  readonly nodes: number;
  readonly fault: string;
  /** What exactly was struck. */
  readonly struck: string;
  readonly passed: boolean;
  readonly inFlightRecords: number;
  readonly recoveredMs: number | null;
  readonly said: readonly string[];
}

/** One round of the campaign: three workers over eight partitions, one fault in the middle of the work, then the independent verdict. */
export async function runRound(options: RoundOptions): Promise<RoundVerdict> {
  const { seed, fault, kafka, nodes, proxies } = options;
  const prefix = `chaos-${seed}-${process.pid}`;
  const directory = join(options.directory, prefix);
  mkdirSync(directory, { recursive: true });
  const random = new SeededRandom(seed);
  const input = makeInput(seed, orderCount, startOfDayMs());
  const cluster = new Cluster(kafka.brokers);
  const progress = new Progress(cluster, prefix, partitions);
  let fleet: Fleet | null = null;
  let witness: ChildProcess | null = null;
  try {
    await prepareTopics(cluster, prefix, input, partitions, nodes);
    const liveFile = join(directory, 'live.ndjson');
    witness = spawn(process.execPath, [tsx, watchProgram, kafka.brokers, topicsOf(prefix).totals, liveFile], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    const started = await startFleet(options, prefix, directory, {
      proxies,
      kafka,
      nodes,
      random,
      sessionTimeoutMs,
      coordinator: async () => nodeAt(kafka, await cluster.coordinatorOf(0, prefix)),
      leader: async (partition) => nodeAt(kafka, await cluster.leaderOf(topicsOf(prefix).totals, partition)),
    });
    const { strike } = started;
    fleet = started.fleet;
    await until('all workers have tasks', () => Promise.resolve(started.fleet.isRunning));

    const over = new Signal();
    const writing = writeOrders(cluster, prefix, input, partitions, (share) =>
      share > 1 - keptBack ? over.raised : Promise.race([over.raised, sleep(batchPauseMs)]),
    );
    writing.catch(() => undefined);
    const strikeAt = Math.floor(orderCount / 6) + random.below(Math.floor(orderCount / 3));
    await until('the work is under way', async () => (await progress.written()) >= strikeAt);
    let inFlightRecords = 0;
    await until('something is in flight', async () => {
      const taken = await progress.taken();
      inFlightRecords = (await progress.written()) - taken;
      return inFlightRecords > 0 && taken > 0;
    });
    const struck = await strike().finally(() => over.raise());
    const overMs = performance.now();
    await writing;
    const recoveredMs = await recovered(progress, overMs);
    const observed: ObservedFault = { kind: fault.kind, inFlightRecords, recoveredMs };
    const store = await storedTotals(fleet, `${prefix}-by-region-store`);
    await fleet.stop();
    await endWitness(witness);
    witness = null;
    const witnessed: Witnessed = { live: readLines(liveFile), store, faults: [observed] };
    const { passed, said } = await judge(kafka.brokers, prefix, directory, witnessed);
    if (passed) {
      await cluster.deleteTopics(await cluster.topicsNamed(`${prefix}-`));
      rmSync(directory, { recursive: true });
    }
    return { seed, nodes, fault: fault.kind, struck, passed, inFlightRecords, recoveredMs, said };
  } finally {
    await fleet?.stop();
    if (witness !== null) await endWitness(witness);
    await cluster.close();
  }
}

/** The workers that the fault wants, with the pipeline deployed on them. */
async function startFleet(
  { fault, kafka, proxies }: RoundOptions,
  prefix: string,
  directory: string,
  field: Field,
): Promise<{ readonly fleet: Fleet; readonly strike: () => Promise<string> }> {
  const behindProxies = proxies.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const shape = { directory, brokers: behindProxies, sessionTimeoutMs };
  if (fault.strikes === 'server') {
    const server = await CampaignServer.start({ ...shape, workers: workerCount }, prefix);
    await server.deploy(campaignPipeline(prefix, partitions, commitIntervalMs)).catch(async (error: unknown) => {
      await server.stop();
      throw error;
    });
    return { fleet: server, strike: () => fault.strike({ ...field, server }) };
  }
  const topology = await deployPipeline(prefix, partitions, commitIntervalMs, kafka.brokers);
  const isNamed = field.random.below(2) === 0;
  const workers = Array.from(
    { length: workerCount },
    (_, index) => new CampaignWorker({ ...shape, topology, isNamed, name: `worker-${index + 1}` }),
  );
  return { fleet: new WorkerFleet(workers, partitions), strike: () => fault.strike({ ...field, workers }) };
}

/** What the store's owners answer, once all of them do: some may still be restoring. */
async function storedTotals(fleet: Fleet, store: string): Promise<StoredTotal[]> {
  const rows = await until('every partition of the store answers', () => fleet.rowsOf(store));
  return rows.map(({ key, window, value }) => ({
    region: String(key),
    startMs: window?.start ?? 0,
    value: value as unknown as SeenValue,
  }));
}

/** How long after `fromMs` nothing was left to do; null if something was left over at the end. */
async function recovered(progress: Progress, fromMs: number): Promise<number | null> {
  while (performance.now() - fromMs < giveUpMs) {
    if (await progress.isDone()) return Math.round(performance.now() - fromMs);
    await sleep(100);
  }
  return null;
}

async function judge(brokers: string, prefix: string, directory: string, witnessed: Witnessed) {
  const file = join(directory, 'witnessed.json');
  writeFileSync(file, JSON.stringify(witnessed));
  const judging = spawn(process.execPath, [tsx, checkProgram, brokers, prefix, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [judging.stdout, judging.stderr])
    stream.on('data', (bytes) => {
      said += bytes;
    });
  const [code] = await once(judging, 'close');
  return { passed: code === 0, said: said.trim().split('\n') };
}

/** Which of the cluster's nodes listens there. */
function nodeAt(kafka: LocalKafka, { host, port }: Address): number {
  const index = kafka.brokers.split(',').indexOf(`${host}:${port}`);
  if (index < 0) throw new Error(`No node of this cluster listens at ${host}:${port}.`);
  return index + 1;
}

/**
 * Event times of today: a broker that starts again forgets producers whose last record is older than `producer.id.expiration.ms`, and takes
 * what they send once more for new. Whole days, so that windows lie the same however late it is.
 */
function startOfDayMs(): number {
  const dayMs = 86_400_000;
  return Math.floor(Date.now() / dayMs) * dayMs;
}

function readLines(file: string): Seen[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Seen);
}

async function endWitness(witness: ChildProcess): Promise<void> {
  if (witness.exitCode !== null || witness.signalCode !== null) return;
  const ended = once(witness, 'exit');
  witness.stdin?.end();
  await ended;
}

/** Something that happens once. */
class Signal {
  raise: () => void = () => undefined;
  readonly raised = new Promise<void>((resolve) => {
    this.raise = resolve;
  });
}

/** What is there when it is more than null or false. */
async function until<T>(what: string, look: () => Promise<T | null | false>): Promise<T> {
  const beginMs = performance.now();
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    if (performance.now() - beginMs > giveUpMs) throw new Error(`In vain: ${what}.`);
    await sleep(20);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
