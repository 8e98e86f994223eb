import { type ChildProcess, fork } from 'node:child_process';
import { type Down, protocolVersion, type Up, upSchema, workerFlags } from '@millrace/protocol';
import type { Patience } from './patience.ts';
import { nextWorkerId, type Worker } from './worker.ts';

/** What a worker process is started with. */
export interface WorkerStart {
  /** The worker's program. */
  readonly main: string;
  readonly dataDirectory: string;
  readonly pipelineId: string;
  readonly patience: Patience;
  /** What else its environment says. */
  readonly environment: { readonly [name: string]: string };
}

/** How a worker ended. `words` is a clause for a sentence: `was ended by SIGKILL`. */
export interface WorkerExit {
  readonly code: number | null;
  readonly words: string;
}

export interface WorkerListener {
  /** A `hello` is of our version. */
  said(message: Up): void;
  /** Exactly once, last. */
  ended(exit: WorkerExit): void;
}

/** One worker process that this one has started: spoken with, and ended. */
export class WorkerProcess implements Worker {
  readonly id = nextWorkerId();
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #patience: Patience;
  readonly #ended: Promise<void>;
  readonly #helloTimer: NodeJS.Timeout;
  #words: string | null = null;
  #hasSaidHello = false;
  #isOver = false;

  private constructor(child: ChildProcess, pid: number, patience: Patience, listener: WorkerListener) {
    this.#child = child;
    this.pid = pid;
    this.#patience = patience;
    const { helloWithinMs, stopWithinMs } = patience;
    this.#helloTimer = setTimeout(
      () => this.kill(`did not say hello within ${helloWithinMs / 1_000} s`),
      helloWithinMs,
    );
    child.on('message', (raw) => {
      if (this.#isOver) return;
      const message = upSchema.safeParse(raw);
      if (!message.success) {
        this.kill(`sent a message that is none of ours (${message.error.issues[0]?.message ?? 'no reason'})`);
        return;
      }
      if (message.data.type === 'hello') {
        clearTimeout(this.#helloTimer);
        const version = message.data.protocolVersion;
        if (version !== protocolVersion) {
          this.kill(`speaks version ${version} of the protocol, not ${protocolVersion}; build the project again`);
          return;
        }
        this.#hasSaidHello = true;
      }
      if (message.data.type === 'failed')
        setTimeout(() => this.kill('did not end after a failure'), stopWithinMs).unref();
      listener.said(message.data);
    });
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#isOver = true;
        clearTimeout(this.#helloTimer);
        listener.ended({
          code,
          words: this.#words ?? (signal === null ? `ended with code ${code}` : `was ended by ${signal}`),
        });
        resolve();
      });
    });
    // A message to a worker that is going down fails; its exit tells the rest.
    child.on('error', () => undefined);
  }

  /** @throws Error when no process can be started */
  static async start(
    { main, dataDirectory, pipelineId, patience, environment }: WorkerStart,
    listener: WorkerListener,
  ): Promise<WorkerProcess> {
    const child = fork(main, [], {
      serialization: 'advanced',
      // Its own process group, so that Ctrl-C in the terminal reaches the server alone, which then stops its workers in order.
      detached: true,
      stdio: ['ignore', 2, 2, 'ipc'],
      env: { ...environment, MILLRACE_DATA: dataDirectory, MILLRACE_PIPELINE: pipelineId },
      execArgv: [...workerFlags],
    });
    const { pid } = child;
    if (pid === undefined) {
      const error = await new Promise<Error>((resolve) => child.once('error', resolve));
      throw new Error(`No worker process could be started: ${error.message}`);
    }
    return new WorkerProcess(child, pid, patience, listener);
  }

  get hasSaidHello(): boolean {
    return this.#hasSaidHello;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  send(message: Down): void {
    if (!this.#isOver && this.#child.connected) this.#child.send(message);
  }

  /** Asks it to commit and leave, and makes it leave if it does not. */
  async stop(): Promise<void> {
    const { stopWithinMs } = this.#patience;
    this.send({ type: 'stop' });
    const timer = setTimeout(() => this.kill(`did not stop within ${stopWithinMs / 1_000} s`), stopWithinMs);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Ends it at once, for one that has nothing to commit. Settles when the process is gone. */
  async end(words: string): Promise<void> {
    this.kill(words);
    await this.#ended;
  }

  /** @param words why, as a clause: `did not stop within 10 s` */
  kill(words: string): void {
    if (this.#isOver) return;
    this.#words ??= words;
    this.#child.kill('SIGKILL');
  }
}
