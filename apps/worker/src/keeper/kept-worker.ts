import type { Topology } from '@millrace/engine';
import type { Down, KeeperUp, RetentionGap, Up } from '@millrace/protocol';
import { BackOff } from './back-off.ts';
import { WorkerChild, type WorkerChildStart } from './worker-child.ts';

/** A worker that ran this long makes up for earlier failures. */
const calmMs = 60_000;
/** Gaps that a server is told of when it comes back. */
const gapsKept = 1_000;

export interface KeptWorkerParts {
  readonly pipelineId: string;
  /** Among the workers of the deployment on this machine, from 0. */
  readonly index: number;
  /** For people. */
  readonly name: string;
  /** Of the worker in its consumer group. */
  readonly member: string;
  readonly topology: Topology;
  readonly start: WorkerChildStart;
  /** Tells the server, if there is one. */
  readonly report: (message: KeeperUp) => void;
  /** Tells whoever watches the terminal. */
  readonly note: (line: string) => void;
}

/**
 * A place for one worker: a process that is started again, later each time, when it ends by itself. What it says goes to the server; what
 * of that still holds is kept, for a server that comes later.
 */
export class KeptWorker {
  readonly #parts: KeptWorkerParts;
  readonly #backOff = new BackOff(500, 30_000);
  #child: WorkerChild | null = null;
  #starting: Promise<void> | null = null;
  #startedAtMs = 0;
  #retry: NodeJS.Timeout | null = null;
  #retryAtMs = 0;
  #isStopping = false;
  /** Why there is no process. */
  #whyNone: string | null = null;
  /** The newest of those messages that say how things are. */
  #hello: Up | null = null;
  #taskStates: Up | null = null;
  #trouble: Up | null = null;
  #gaps: readonly RetentionGap[] = [];
  #failed: Extract<Up, { type: 'failed' }> | null = null;

  constructor(parts: KeptWorkerParts) {
    this.#parts = parts;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    this.#retry = null;
    if (!this.#isStopping) this.#starting = this.#start();
  }

  async #start(): Promise<void> {
    const { start, name, pipelineId, note } = this.#parts;
    this.#hello = null;
    this.#taskStates = null;
    this.#trouble = null;
    this.#failed = null;
    this.#whyNone = null;
    this.#startedAtMs = performance.now();
    try {
      const child: WorkerChild = await WorkerChild.start(start, {
        said: (message) => this.#said(child, message),
        ended: (words) => this.#ended(words),
      });
      this.#child = child;
      note(`${pipelineId}: ${name} runs as process ${child.pid}.`);
      this.#tellStarted(child);
    } catch (error) {
      this.#startAgainLater(error instanceof Error ? error.message : String(error));
    }
  }

  send(message: Down): void {
    this.#child?.send(message);
  }

  /** Settles when no process is left. */
  async stop(withinMs: number): Promise<void> {
    this.#isStopping = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    await this.#starting;
    await this.#child?.stop(withinMs);
  }

  /** Tells a server that has just come what the last one was told. */
  tellAll(): void {
    if (this.#child !== null) {
      this.#tellStarted(this.#child);
      for (const message of [this.#hello, this.#taskStates, this.#trouble]) {
        if (message !== null) this.#tell(message);
      }
    }
    if (this.#gaps.length > 0) this.#tell({ type: 'gaps', gaps: [...this.#gaps] });
    if (this.#whyNone !== null) this.#tellEnded(this.#whyNone);
  }

  #said(child: WorkerChild, message: Up): void {
    const { topology, pipelineId, name, note } = this.#parts;
    switch (message.type) {
      case 'hello':
        this.#hello = message;
        // What it is to run comes before anything that the server may ask of it.
        child.send({ type: 'deploy', topology });
        break;
      case 'taskStates':
        this.#taskStates = message;
        break;
      case 'trouble':
        if (message.message !== null && message.message !== textOf(this.#trouble)) {
          note(`${pipelineId}: ${name} cannot go on for now. ${message.message}`);
        }
        if (message.message === null && textOf(this.#trouble) !== null) note(`${pipelineId}: ${name} goes on.`);
        this.#trouble = message;
        break;
      case 'gaps':
        this.#gaps = [...this.#gaps, ...message.gaps].slice(-gapsKept);
        break;
      case 'failed':
        this.#failed = message;
        break;
      case 'tick':
      case 'appended':
      case 'storeAnswers':
      case 'revoked':
      case 'stopped':
        break;
    }
    this.#tell(message);
  }

  #ended(words: string): void {
    this.#child = null;
    const { pipelineId, name, note } = this.#parts;
    if (this.#isStopping) {
      note(`${pipelineId}: ${name} has stopped.`);
      this.#tellEnded(`The worker ${words}.`);
      return;
    }
    const failed = this.#failed;
    const message = failed === null ? `The worker ${words}.` : `${kafkaWords(failed)}${failed.message}`;
    if (failed === null || failed.retriable) {
      this.#startAgainLater(message);
    } else {
      this.#whyNone = message;
      note(`${pipelineId}: ${name} cannot go on, and is not started again. ${message}`);
      this.#tellEnded(message);
    }
  }

  #startAgainLater(message: string): void {
    if (performance.now() - this.#startedAtMs >= calmMs) this.#backOff.reset();
    const waitMs = this.#backOff.next();
    const { pipelineId, name, note } = this.#parts;
    this.#whyNone = message;
    this.#retryAtMs = performance.now() + waitMs;
    this.#retry = setTimeout(() => this.start(), waitMs);
    note(`${pipelineId}: ${name} has ended. ${message} It starts again in ${waitMs / 1_000} s.`);
    this.#tellEnded(message);
  }

  #tellStarted({ pid }: WorkerChild): void {
    const { pipelineId, index, name, member, report } = this.#parts;
    report({ type: 'started', pipelineId, index, pid, name, member });
  }

  #tellEnded(message: string): void {
    const { pipelineId, index, name, report } = this.#parts;
    const startsInMs = this.#retry === null ? null : Math.max(0, Math.round(this.#retryAtMs - performance.now()));
    const isFinal = this.#failed?.retriable === false && !this.#isStopping;
    const failure =
      isFinal && this.#failed !== null ? { message: this.#failed.message, node: this.#failed.node } : null;
    report({ type: 'ended', pipelineId, index, name, message: message.slice(0, 10_000), startsInMs, failure });
  }

  #tell(message: Up): void {
    const { pipelineId, index, report } = this.#parts;
    report({ type: 'said', pipelineId, index, message });
  }
}

function textOf(trouble: Up | null): string | null {
  return trouble?.type === 'trouble' ? trouble.message : null;
}

/** Each machine has credentials of its own: say whose do not work. */
function kafkaWords({ code }: { readonly code: string }): string {
  const isOfConnection = code === 'unreachable' || code === 'wrong-credentials' || code === 'not-authorised';
  return isOfConnection ? "Kafka does not take this machine's settings. " : '';
}
