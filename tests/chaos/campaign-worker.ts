import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StoreAnswer, Topology } from '@millrace/engine';
import { type Up, upSchema } from '@millrace/protocol';
import { hold, letGo } from './processes.ts';

const program = fileURLToPath(new URL('../../apps/worker/dist/main.js', import.meta.url));
/** A worker that ended is started again after this, as its server does. */
const startAgainMs = 500;
const answerLimitMs = 10_000;

export interface CampaignWorkerOptions {
  readonly name: string;
  readonly directory: string;
  readonly brokers: string;
  readonly topology: Topology;
  readonly sessionTimeoutMs: number;
  /** Whether it has a fixed name in its group: then it gets its tasks back at once when it is started again. */
  readonly isNamed: boolean;
}

/** A worker as it is built, in a process of its own, started again whenever it ends, until it is told to stop. */
export class CampaignWorker {
  readonly #options: CampaignWorkerOptions;
  #child: ChildProcess | null = null;
  #isOver = false;
  #starts = 0;
  #runningTasks = 0;
  #requests = 0;

  constructor(options: CampaignWorkerOptions) {
    this.#options = options;
    this.#start();
  }

  get name(): string {
    return this.#options.name;
  }

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  get runningTasks(): number {
    return this.#runningTasks;
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** What its tasks hold of a store; nothing of those that are still being restored. */
  async answersOf(store: string): Promise<StoreAnswer[]> {
    const child = this.#child;
    if (child === null) return [];
    const requestId = ++this.#requests;
    const answer = new Promise<StoreAnswer[]>((resolve, reject) => {
      const late = `${this.#options.name} does not answer about ${store}.`;
      const limit = setTimeout(() => reject(new Error(late)), answerLimitMs);
      const hear = (raw: unknown) => {
        const message = upSchema.parse(raw);
        if (message.type !== 'storeAnswers' || message.requestId !== requestId) return;
        clearTimeout(limit);
        child.off('message', hear);
        if (message.answers.some(({ more }) => more)) reject(new Error(`${store} has more rows than one page.`));
        else resolve(message.answers);
      };
      child.on('message', hear);
    });
    child.send({ type: 'storeQuery', requestId, query: { store, select: { by: 'all' }, limit: 500 } });
    return answer;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    const child = this.#child;
    if (child === null) return;
    const ended = once(child, 'exit');
    child.kill('SIGCONT');
    if (child.connected) child.send({ type: 'stop' });
    const late = setTimeout(() => child.kill('SIGKILL'), answerLimitMs);
    await ended;
    clearTimeout(late);
  }

  #start(): void {
    const { name, directory, brokers, topology, sessionTimeoutMs, isNamed } = this.#options;
    this.#starts++;
    const log = openSync(join(directory, `${name}.log`), 'a');
    const child = fork(program, {
      execArgv: [],
      stdio: ['ignore', log, log, 'ipc'],
      env: {
        ...process.env,
        MILLRACE_BACKEND: 'kafka',
        KAFKA_BROKERS: brokers,
        MILLRACE_DATA: join(directory, name),
        MILLRACE_PIPELINE: topology.pipeline,
        MILLRACE_WORKER_NAME: isNamed ? name : '',
        MILLRACE_SESSION_TIMEOUT_MS: `${sessionTimeoutMs}`,
      },
    });
    closeSync(log);
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) hold(pid);
    child.on('message', (raw) => this.#hear(child, upSchema.parse(raw)));
    child.on('error', () => undefined);
    child.once('exit', () => {
      if (pid !== undefined) letGo(pid);
      this.#child = null;
      this.#runningTasks = 0;
      if (!this.#isOver) setTimeout(() => this.#startUnlessOver(), startAgainMs);
    });
  }

  #startUnlessOver(): void {
    if (!this.#isOver) this.#start();
  }

  #hear(child: ChildProcess, message: Up): void {
    if (message.type === 'hello') child.send({ type: 'deploy', topology: this.#options.topology });
    if (message.type === 'taskStates')
      this.#runningTasks = message.tasks.filter(({ state }) => state === 'running').length;
  }
}
