import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StoreRow, Topology } from '@millrace/engine';
import { type Up, upSchema } from '@millrace/protocol';

const program = fileURLToPath(new URL('../../apps/worker/dist/main.js', import.meta.url));
/** A worker that ended is started again after this, as its server does. */
const startAgainMs = 500;
const answerLimitMs = 10_000;

/** A worker as it is built, in a process of its own, started again whenever it ends, until it is told to stop. */
export class CampaignWorker {
  readonly #name: string;
  readonly #directory: string;
  readonly #brokers: string;
  readonly #topology: Topology;
  #child: ChildProcess | null = null;
  #isOver = false;
  #starts = 0;
  #runningTasks = 0;
  #requests = 0;

  constructor(name: string, directory: string, brokers: string, topology: Topology) {
    this.#name = name;
    this.#directory = directory;
    this.#brokers = brokers;
    this.#topology = topology;
    this.#start();
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

  /** The rows of a store that its tasks hold. */
  async rowsOf(store: string): Promise<StoreRow[]> {
    const child = this.#child;
    if (child === null) return [];
    const requestId = ++this.#requests;
    const answer = new Promise<StoreRow[]>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`${this.#name} does not answer about ${store}.`)), answerLimitMs);
      const hear = (raw: unknown) => {
        const message = upSchema.parse(raw);
        if (message.type !== 'storeAnswers' || message.requestId !== requestId) return;
        clearTimeout(limit);
        child.off('message', hear);
        if (message.answers.some(({ more }) => more)) reject(new Error(`${store} has more rows than one page.`));
        else resolve(message.answers.flatMap(({ rows }) => rows));
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
    this.#starts++;
    const log = openSync(join(this.#directory, `${this.#name}.log`), 'a');
    const child = fork(program, {
      execArgv: [],
      stdio: ['ignore', log, log, 'ipc'],
      env: {
        ...process.env,
        MILLRACE_BACKEND: 'kafka',
        KAFKA_BROKERS: this.#brokers,
        MILLRACE_DATA: join(this.#directory, this.#name),
        MILLRACE_PIPELINE: this.#topology.pipeline,
      },
    });
    closeSync(log);
    this.#child = child;
    child.on('message', (raw) => this.#hear(child, upSchema.parse(raw)));
    child.on('error', () => undefined);
    child.once('exit', () => {
      this.#child = null;
      this.#runningTasks = 0;
      if (!this.#isOver) setTimeout(() => this.#startUnlessOver(), startAgainMs);
    });
  }

  #startUnlessOver(): void {
    if (!this.#isOver) this.#start();
  }

  #hear(child: ChildProcess, message: Up): void {
    if (message.type === 'hello') child.send({ type: 'deploy', topology: this.#topology });
    if (message.type === 'taskStates')
      this.#runningTasks = message.tasks.filter(({ state }) => state === 'running').length;
  }
}
