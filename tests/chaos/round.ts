import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalKafka } from '../../scripts/kafka/start-kafka.mjs';
import { CampaignWorker } from './campaign-worker.ts';
import { deployPipeline } from './deployed-pipeline.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { FaultClass } from './faults.ts';
import { makeInput } from './input.ts';
import type { ObservedFault, Seen, SeenValue, StoredTotal } from './observations.ts';
import type { Witnessed } from './observe.ts';
import { topicsOf } from './pipeline.ts';
import { SeededRandom } from './random.ts';
import { Cluster } from './wire/cluster.ts';
import { prepareTopics, writeOrders } from './write-input.ts';

const tsx = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url));
const checkProgram = fileURLToPath(new URL('check.ts', import.meta.url));
const watchProgram = fileURLToPath(new URL('watch-live.ts', import.meta.url));

const partitions = 8;
const workerCount = 3;
const orderCount = 4_000;
const batchPauseMs = 400;
/** When nothing new has come for so long after all input was taken, nothing will. */
const quietMs = 4_000;
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
  readonly fault: string;
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
  const input = makeInput(seed, orderCount);
  const topics = topicsOf(prefix);
  const cluster = new Cluster(kafka.brokers);
  const workers: CampaignWorker[] = [];
  let witness: ChildProcess | null = null;
  try {
    await prepareTopics(cluster, prefix, input, partitions, nodes);
    const topology = await deployPipeline(prefix, partitions, kafka.brokers);
    const liveFile = join(directory, 'live.ndjson');
    witness = spawn(process.execPath, [tsx, watchProgram, kafka.brokers, topics.totals, liveFile], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    const behindProxies = proxies.map(({ port }) => `127.0.0.1:${port}`).join(',');
    for (let index = 1; index <= workerCount; index++)
      workers.push(new CampaignWorker(`worker-${index}`, directory, behindProxies, topology));
    await until('all workers have tasks', () => Promise.resolve(workers.every((worker) => worker.runningTasks > 0)));

    const writing = writeOrders(cluster, prefix, input, partitions, () => sleep(batchPauseMs));
    const strikeAt = Math.floor(orderCount / 6) + random.below(Math.floor(orderCount / 3));
    await until('the work is under way', async () => (await written(cluster, topics.orders)) >= strikeAt);
    let inFlightRecords = 0;
    await until('something is in flight', async () => {
      const taken = await committed(cluster, prefix, topics.orders);
      inFlightRecords = (await written(cluster, topics.orders)) - taken;
      return inFlightRecords > 0 && taken > 0;
    });
    await fault.strike({ workers, proxies, kafka, nodes, random });
    const overMs = performance.now();
    await writing;
    const writtenMs = performance.now();
    const recoveredMs = await recovered(cluster, prefix, Math.max(overMs, writtenMs));
    const observed: ObservedFault = { kind: fault.kind, inFlightRecords, recoveredMs };
    const store = await storedTotals(workers, `${prefix}-by-region-store`);
    await Promise.all(workers.map((worker) => worker.stop()));
    await endWitness(witness);
    witness = null;
    const witnessed: Witnessed = { live: readLines(liveFile), store, faults: [observed] };
    const file = join(directory, 'witnessed.json');
    writeFileSync(file, JSON.stringify(witnessed));
    const judged = spawnSync(process.execPath, [tsx, checkProgram, kafka.brokers, prefix, file], { encoding: 'utf8' });
    const said = `${judged.stdout}${judged.stderr}`.trim().split('\n');
    return { seed, fault: fault.kind, passed: judged.status === 0, inFlightRecords, recoveredMs, said };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    if (witness !== null) await endWitness(witness);
    await cluster.close();
  }
}

/** How long after `fromMs` the last result came; null if input was left over at the end. */
async function recovered(cluster: Cluster, prefix: string, fromMs: number): Promise<number | null> {
  const topics = topicsOf(prefix);
  let lastMs = performance.now();
  let before = -1;
  while (performance.now() - fromMs < giveUpMs) {
    let left = 0;
    for (const topic of [topics.orders, topics.payments])
      left += (await written(cluster, topic)) - (await committed(cluster, prefix, topic));
    let results = 0;
    for (const topic of [topics.passed, topics.totals, topics.paid]) results += await written(cluster, topic);
    if (left > 0 || results !== before) lastMs = performance.now();
    before = results;
    if (performance.now() - lastMs > quietMs) return Math.max(0, lastMs - fromMs);
    await sleep(100);
  }
  return null;
}

async function written(cluster: Cluster, topic: string): Promise<number> {
  let sum = 0;
  for (let partition = 0; partition < partitions; partition++)
    sum += await cluster.endOffset(topic, partition, 'committed');
  return sum;
}

async function committed(cluster: Cluster, group: string, topic: string): Promise<number> {
  const offsets = await cluster.committedOffsets(group, topic, partitions);
  return offsets.reduce((sum, offset) => sum + Math.max(0, offset), 0);
}

async function storedTotals(workers: readonly CampaignWorker[], store: string): Promise<StoredTotal[]> {
  const rows = (await Promise.all(workers.map((worker) => worker.rowsOf(store)))).flat();
  return rows.map(({ key, window, value }) => ({
    region: String(key),
    startMs: window?.start ?? 0,
    value: value as unknown as SeenValue,
  }));
}

function readLines(file: string): Seen[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Seen);
}

async function endWitness(witness: ChildProcess): Promise<void> {
  if (witness.exitCode !== null) return;
  const ended = once(witness, 'exit');
  witness.stdin?.end();
  await ended;
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const beginMs = performance.now();
  while (!(await condition())) {
    if (performance.now() - beginMs > giveUpMs) throw new Error(`In vain: ${what}.`);
    await sleep(20);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
