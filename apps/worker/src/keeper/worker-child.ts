import { type ChildProcess, fork } from 'node:child_process';
import { type Down, protocolVersion, type Up, upSchema, workerFlags } from '@millrace/protocol';

const helloWithinMs = 30_000;
/** One that has said that it failed ends by itself within this time. */
const failWithinMs = 10_000;

/** What a worker process is started with. */
export interface WorkerChildStart {
  /** The worker's program. */
  readonly main: string;
  /** All that its environment says. */
  readonly environment: { readonly [name: string]: string };
}

export interface WorkerChildListener {
  /** A `hello` is of our version. */
  said(message: Up): void;
  /** Exactly once, last. `words` is a clause: `was ended by SIGKILL`. */
  ended(words: string): void;
}

/** One worker process: started, spoken with, ended. It commits and ends by itself when this process is gone. */
export class WorkerChild {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #words: string | null = null;
  #isOver = false;

  private constructor(child: ChildProcess, pid: number, listener: WorkerChildListener) {
    this.#child = child;
    this.pid = pid;
    const helloTimer = setTimeout(
      () => this.kill(`did not say hello within ${helloWithinMs / 1_000} s`),
      helloWithinMs,
    );
    child.on('message', (raw) => {
      if (this.#isOver) return;
      const { success, data: message, error } = upSchema.safeParse(raw);
      if (!success) {
        this.kill(`sent a message that is none of ours (${error.issues[0]?.message ?? 'no reason'})`);
        return;
      }
      if (message.type === 'hello') {
        clearTimeout(helloTimer);
        if (message.protocolVersion !== protocolVersion) {
          this.kill(`speaks version ${message.protocolVersion} of the protocol, not ${protocolVersion}; build again`);
          return;
        }
      }
      if (message.type === 'failed') setTimeout(() => this.kill('did not end after a failure'), failWithinMs).unref();
      listener.said(message);
    });
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#isOver = true;
        clearTimeout(helloTimer);
        listener.ended(this.#words ?? (signal === null ? `ended with code ${code}` : `was ended by ${signal}`));
        resolve();
      });
    });
    // A message to a worker that is going down fails; its exit tells the rest.
    child.on('error', () => undefined);
  }

  /** @throws Error when no process can be started */
  static async start({ main, environment }: WorkerChildStart, listener: WorkerChildListener): Promise<WorkerChild> {
    const child = fork(main, [], {
      serialization: 'advanced',
      // Its own process group, so that Ctrl-C in the terminal reaches the keeper alone, which then stops its workers in order.
      detached: true,
      stdio: ['ignore', 2, 2, 'ipc'],
      env: { ...environment },
      execArgv: [...workerFlags],
    });
    const { pid } = child;
    if (pid === undefined) {
      const error = await new Promise<Error>((resolve) => child.once('error', resolve));
      throw new Error(`No worker process could be started: ${error.message}`);
    }
    return new WorkerChild(child, pid, listener);
  }

  send(message: Down): void {
    if (!this.#isOver && this.#child.connected) this.#child.send(message);
  }

  /** Asks it to commit and leave, and makes it leave if it does not. */
  async stop(withinMs: number): Promise<void> {
    this.send({ type: 'stop' });
    const timer = setTimeout(() => this.kill(`did not stop within ${withinMs / 1_000} s`), withinMs);
    await this.#ended;
    clearTimeout(timer);
  }

  /** @param words why, as a clause */
  kill(words: string): void {
    if (this.#isOver) return;
    this.#words ??= words;
    this.#child.kill('SIGKILL');
  }
}
