import { type ChildProcess, fork } from 'node:child_process';
import { type Down, type Up, upSchema } from '@millrace/protocol';

const helloWithinMs = 30_000;
const stopWithinMs = 10_000;
const memoryMb = 1_024;

/** How a worker ended. `words` is a clause for a sentence: `was ended by SIGKILL`. */
export interface WorkerExit {
  readonly code: number | null;
  readonly words: string;
}

export interface WorkerListener {
  said(message: Up): void;
  /** Exactly once, last. */
  ended(exit: WorkerExit): void;
}

/** One worker process: started, spoken with, ended. */
export class WorkerProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #helloTimer: NodeJS.Timeout;
  #words: string | null = null;
  #isOver = false;

  private constructor(child: ChildProcess, pid: number, listener: WorkerListener) {
    this.#child = child;
    this.pid = pid;
    this.#helloTimer = setTimeout(() => this.kill('did not say hello in time'), helloWithinMs);
    child.on('message', (raw) => {
      if (this.#isOver) return;
      const message = upSchema.safeParse(raw);
      if (!message.success) {
        this.kill(`sent a message that is none of ours (${message.error.issues[0]?.message ?? 'no reason'})`);
        return;
      }
      if (message.data.type === 'hello') clearTimeout(this.#helloTimer);
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

  /**
   * @param main the worker's program
   * @throws Error when no process can be started
   */
  static async start(
    main: string,
    dataDirectory: string,
    pipelineId: string,
    listener: WorkerListener,
  ): Promise<WorkerProcess> {
    const child = fork(main, [], {
      serialization: 'advanced',
      // Its own process group, so that Ctrl-C in the terminal reaches the server alone, which then stops its workers in order.
      detached: true,
      stdio: ['ignore', 2, 2, 'ipc'],
      env: { MILLRACE_DATA: dataDirectory, MILLRACE_PIPELINE: pipelineId },
      execArgv: [`--max-old-space-size=${memoryMb}`],
    });
    const { pid } = child;
    if (pid === undefined) {
      const error = await new Promise<Error>((resolve) => child.once('error', resolve));
      throw new Error(`No worker process could be started: ${error.message}`);
    }
    return new WorkerProcess(child, pid, listener);
  }

  send(message: Down): void {
    if (!this.#isOver && this.#child.connected) this.#child.send(message);
  }

  /** Asks it to commit and leave, and makes it leave if it does not. */
  async stop(): Promise<void> {
    this.send({ type: 'stop' });
    const timer = setTimeout(() => this.kill('did not stop in time'), stopWithinMs);
    await this.#ended;
    clearTimeout(timer);
  }

  /** @param words why, as a clause: `did not stop in time` */
  kill(words: string): void {
    if (this.#isOver) return;
    this.#words ??= words;
    this.#child.kill('SIGKILL');
  }
}
