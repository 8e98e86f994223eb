import type { LocalKafka } from '../../scripts/kafka/start-kafka.mjs';
import type { CampaignServer } from './campaign-server.ts';
import type { CampaignWorker } from './campaign-worker.ts';
import type { FaultProxy } from './fault-proxy.ts';
import { killIfThere } from './processes.ts';
import type { SeededRandom } from './random.ts';

/** What a fault can lay hands on. */
export interface Field {
  readonly proxies: readonly FaultProxy[];
  readonly kafka: LocalKafka;
  readonly nodes: number;
  readonly random: SeededRandom;
  readonly sessionTimeoutMs: number;
  /** The node that keeps the positions of the round's group at the moment. */
  coordinator(): Promise<number>;
  /** The node that leads a partition of the results at the moment. */
  leader(partition: number): Promise<number>;
}

export interface WorkerField extends Field {
  readonly workers: readonly CampaignWorker[];
}

export interface ServerField extends Field {
  readonly server: CampaignServer;
}

/** Strikes, and resolves when the fault is over, with what was struck. */
type Strike<Of extends Field> = (field: Of) => Promise<string>;

export type FaultClass = { readonly kind: string } & (
  | { readonly strikes: 'workers'; readonly strike: Strike<WorkerField> }
  | { readonly strikes: 'server'; readonly strike: Strike<ServerField> }
);

const endTxn = 26;
const txnOffsetCommit = 28;
const produce = 0;
const joinGroup = 11;
const syncGroup = 14;
const stepsOfCommit = [
  { step: 'AddPartitionsToTxn', apiKey: 24 },
  { step: 'Produce', apiKey: produce },
  { step: 'TxnOffsetCommit', apiKey: txnOffsetCommit },
  { step: 'EndTxn', apiKey: endTxn },
];
const momentLimitMs = 10_000;
const partitions = 8;
/** How much longer than its session a worker stands still, so that others have its tasks when it wakes up. */
const pastSessionMs = 2_000;
/** The others take its partitions over after the brokers' session of 4 s: so the work goes on for some seconds without it. */
const brokerDownMs = 8_000;

export const faultClasses: readonly FaultClass[] = [
  onWorkers('a worker is killed', async (field) => {
    const worker = field.random.pick(field.workers);
    const when = await momentOfCommit(field);
    worker.signal('SIGKILL');
    return `${worker.name}, ${when}`;
  }),
  onWorkers('all workers are killed', async (field) => {
    const when = await momentOfCommit(field);
    for (const worker of field.workers) worker.signal('SIGKILL');
    return `${field.workers.length} workers, ${when}`;
  }),
  onServer('the server is killed and comes back', async ({ server, random }) => {
    await server.kill();
    const goneMs = random.below(3_000);
    await sleep(goneMs);
    await server.startAgain();
    return `the server, for ${goneMs} ms`;
  }),
  onServer('the server and all its workers are killed', async (field) => {
    const { server } = field;
    const helpers = server.helperPids;
    const when = await momentOfCommit(field);
    const gone = server.kill();
    for (const pid of helpers) killIfThere(pid);
    await gone;
    await server.startAgain();
    return `the server and ${helpers.length} processes of workers, ${when}`;
  }),
  onWorkers('a worker stands still past its session, then goes on', async ({ workers, random, sessionTimeoutMs }) => {
    const zombie = random.pick(workers);
    zombie.signal('SIGSTOP');
    await sleep(sessionTimeoutMs + pastSessionMs);
    zombie.signal('SIGCONT');
    return zombie.name;
  }),
  onWorkers('a broker is killed and comes back', async (field) => {
    const { node, why } = await brokerInCharge(field);
    await field.kafka.kill(node);
    if (field.nodes > 1) await sleep(brokerDownMs);
    await field.kafka.restart(node);
    return why;
  }),
  onWorkers('a broker ends in order and comes back', async (field) => {
    const { node, why } = await brokerInCharge(field);
    await field.kafka.end(node);
    await field.kafka.restart(node);
    return why;
  }),
  onWorkers('the network is cut for three seconds', async (field) => {
    const { chosen, which } = someProxies(field);
    for (const proxy of chosen) proxy.cut();
    await sleep(3_000);
    for (const proxy of chosen) proxy.heal();
    return which;
  }),
  onWorkers('every answer takes 300 ms longer for five seconds', async (field) => {
    const { chosen, which } = someProxies(field);
    for (const proxy of chosen) proxy.delay(300);
    await sleep(5_000);
    for (const proxy of chosen) proxy.heal();
    return which;
  }),
  onWorkers('connections are reset five times', async (field) => {
    const { chosen, which } = someProxies(field);
    for (let time = 0; time < 5; time++) {
      for (const proxy of chosen) proxy.reset();
      await sleep(100 + field.random.below(400));
    }
    return which;
  }),
  onWorkers('answers to commits are lost, then reset', (field) => loseAnswers(field, endTxn, 'reset')),
  onWorkers('answers to commits are lost, then silence', (field) => loseAnswers(field, endTxn, 'silence')),
  onWorkers('answers to the offsets of a commit are lost', (field) => loseAnswers(field, txnOffsetCommit, 'reset')),
  onWorkers('answers to writes are lost', (field) => loseAnswers(field, produce, 'reset')),
  onWorkers('a worker is killed, and answers to joining the group are lost', async (field) => {
    const worker = field.random.pick(field.workers);
    const isJoin = field.random.below(2) === 0;
    worker.signal('SIGKILL');
    const lost = await loseAnswers(field, isJoin ? joinGroup : syncGroup, 'reset', 1);
    return `${worker.name}, ${lost} to ${isJoin ? 'JoinGroup' : 'SyncGroup'}`;
  }),
];

function onWorkers(kind: string, strike: Strike<WorkerField>): FaultClass {
  return { kind, strikes: 'workers', strike };
}

function onServer(kind: string, strike: Strike<ServerField>): FaultClass {
  return { kind, strikes: 'server', strike };
}

/** Waits until a worker has just asked for a step of its commit; somebody always does while work is in flight. */
async function momentOfCommit({ proxies, random }: Field): Promise<string> {
  const { step, apiKey } = random.pick(stepsOfCommit);
  let late: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    late = setTimeout(() => reject(new Error(`No worker asked for ${step} any more.`)), momentLimitMs);
  });
  await Promise.race([limit, ...proxies.map((proxy) => proxy.nextRequest(apiKey))]);
  clearTimeout(late);
  return `right after ${step} was asked for`;
}

/** Of several brokers the one that matters: it coordinates the group, or leads a partition that is written to. */
async function brokerInCharge(field: Field): Promise<{ readonly node: number; readonly why: string }> {
  if (field.nodes === 1) return { node: 1, why: 'the only node' };
  if (field.random.below(2) === 0) {
    const node = await field.coordinator();
    return { node, why: `node ${node}, which coordinates the group` };
  }
  const partition = field.random.below(partitions);
  const node = await field.leader(partition);
  return { node, why: `node ${node}, which leads partition ${partition} of the results` };
}

/** The way to all brokers, or to one of several. */
function someProxies({ proxies, random }: Field): { readonly chosen: readonly FaultProxy[]; readonly which: string } {
  if (proxies.length === 1 || random.below(2) === 0) return { chosen: proxies, which: 'the way to all nodes' };
  const index = random.below(proxies.length);
  return { chosen: proxies.slice(index, index + 1), which: `the way to node ${index + 1}` };
}

/** The next `count` answers of each broker; over when one was lost at least, since a fault that never struck is none. */
async function loseAnswers({ proxies }: Field, apiKey: number, then: 'reset' | 'silence', count = 3): Promise<string> {
  const struck = () =>
    proxies.reduce(
      (sum, proxy) => sum + proxy.strikes.filter((one) => one.fault === 'answer lost' && one.apiKey === apiKey).length,
      0,
    );
  const before = struck();
  for (const proxy of proxies) proxy.loseAnswers(apiKey, count, then);
  for (let waitedMs = 0; struck() === before; waitedMs += 20) {
    if (waitedMs > 20_000) throw new Error('No such answer came by, so none was lost.');
    await sleep(20);
  }
  await sleep(2_000);
  for (const proxy of proxies) proxy.heal();
  return `${struck() - before} answers`;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
