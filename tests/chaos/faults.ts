import type { LocalKafka } from '../../scripts/kafka/start-kafka.mjs';
import type { CampaignWorker } from './campaign-worker.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { SeededRandom } from './random.ts';

/** What a fault can lay hands on. */
export interface Field {
  readonly workers: readonly CampaignWorker[];
  readonly proxies: readonly FaultProxy[];
  readonly kafka: LocalKafka;
  readonly nodes: number;
  readonly random: SeededRandom;
}

export interface FaultClass {
  readonly kind: string;
  /** Strikes, and resolves when the fault is over. */
  readonly strike: (field: Field) => Promise<void>;
}

const endTxn = 26;
const txnOffsetCommit = 28;
const produce = 0;
/** Longer than the session of a worker lasts, so that others have its tasks when it wakes up. */
const pastSessionMs = 14_000;

export const faultClasses: readonly FaultClass[] = [
  {
    kind: 'a worker is killed',
    strike: async ({ workers, random }) => random.pick(workers).signal('SIGKILL'),
  },
  {
    kind: 'all workers are killed',
    strike: async ({ workers }) => {
      for (const worker of workers) worker.signal('SIGKILL');
    },
  },
  {
    kind: 'a worker stands still past its session, then goes on',
    strike: async ({ workers, random }) => {
      const zombie = random.pick(workers);
      zombie.signal('SIGSTOP');
      await sleep(pastSessionMs);
      zombie.signal('SIGCONT');
    },
  },
  {
    kind: 'a broker is killed and comes back',
    strike: async ({ kafka, nodes, random }) => {
      const node = 1 + random.below(nodes);
      await kafka.kill(node);
      await kafka.restart(node);
    },
  },
  {
    kind: 'a broker ends in order and comes back',
    strike: async ({ kafka, nodes, random }) => {
      const node = 1 + random.below(nodes);
      await kafka.end(node);
      await kafka.restart(node);
    },
  },
  {
    kind: 'the network is cut for three seconds',
    strike: async ({ proxies }) => {
      for (const proxy of proxies) proxy.cut();
      await sleep(3_000);
      for (const proxy of proxies) proxy.heal();
    },
  },
  {
    kind: 'every answer takes 300 ms longer for five seconds',
    strike: async ({ proxies }) => {
      for (const proxy of proxies) proxy.delay(300);
      await sleep(5_000);
      for (const proxy of proxies) proxy.heal();
    },
  },
  {
    kind: 'connections are reset five times',
    strike: async ({ proxies, random }) => {
      for (let time = 0; time < 5; time++) {
        for (const proxy of proxies) proxy.reset();
        await sleep(100 + random.below(400));
      }
    },
  },
  ...(['reset', 'silence'] as const).map((then) => ({
    kind: `answers to commits are lost, then ${then}`,
    strike: ({ proxies }: Field) => loseAnswers(proxies, endTxn, then),
  })),
  {
    kind: 'answers to the offsets of a commit are lost',
    strike: ({ proxies }) => loseAnswers(proxies, txnOffsetCommit, 'reset'),
  },
  {
    kind: 'answers to writes are lost',
    strike: ({ proxies }) => loseAnswers(proxies, produce, 'reset'),
  },
];

/** Over when an answer was lost; a fault that never struck is none. */
async function loseAnswers(proxies: readonly FaultProxy[], apiKey: number, then: 'reset' | 'silence'): Promise<void> {
  const struck = () =>
    proxies.reduce((sum, proxy) => sum + proxy.strikes.filter((one) => one.apiKey === apiKey).length, 0);
  const before = struck();
  for (const proxy of proxies) proxy.loseAnswers(apiKey, 3, then);
  for (let waitedMs = 0; struck() === before; waitedMs += 20) {
    if (waitedMs > 20_000) throw new Error('No such answer came by, so none was lost.');
    await sleep(20);
  }
  await sleep(2_000);
  for (const proxy of proxies) proxy.heal();
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
