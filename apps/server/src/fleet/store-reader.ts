import { subTopologyOf, type TaskId, type Topology, taskIds } from '@millrace/engine';
import type { Up } from '@millrace/protocol';
import type { Logger } from '../logger.ts';
import { BackOff } from './back-off.ts';
import type { StrayWorkers } from './stray-workers.ts';
import { type WorkerExit, WorkerProcess, type WorkerStart } from './worker-process.ts';

/** What a reader needs of its surroundings. */
export interface StoreReaderPorts {
  readonly start: WorkerStart;
  readonly logger: Logger;
  readonly strayWorkers: StrayWorkers;
  answered(answers: Extract<Up, { type: 'storeAnswers' }>): void;
  /** Nothing that was asked is answered any more. */
  ended(): void;
  /** Nobody has asked for some time: it should be ended, in turn with all else that starts and ends workers. */
  idle(): void;
}

/**
 * Reads the stores of a deployment that does not run: a worker process that restores them and answers, and runs nothing. It is started by
 * the first question and has nothing to lose, so it is ended by a kill. Only one process may have the stores open: whoever starts a worker
 * or clears the state ends the reader before, and {@link StoreReader.open} comes in turn with those.
 */
export class StoreReader {
  readonly #ports: StoreReaderPorts;
  readonly #backOff = new BackOff();
  #process: WorkerProcess | null = null;
  #readable: { readonly settled: Promise<void>; readonly settle: () => void } = settledOnce();
  #startedAtMs = 0;
  #notBeforeMs = 0;
  #idleTimer: NodeJS.Timeout | null = null;
  /** Being asked, or about to be. */
  #questions = 0;
  #failed: string | null = null;
  #problem: string | null = null;

  constructor(ports: StoreReaderPorts) {
    this.#ports = ports;
  }

  /** Why the last reader ended by itself, as sentences; null when it did not. */
  get problem(): string | null {
    return this.#problem;
  }

  /**
   * The process to ask, started when there is none; {@link StoreReader.done} follows when it has been asked.
   * @returns null while the next one is not due, since the last ended by itself
   */
  async open(topology: Topology): Promise<WorkerProcess | null> {
    if (this.#process === null && performance.now() >= this.#notBeforeMs) await this.#start(topology);
    if (this.#process === null) return null;
    this.#questions++;
    this.#stopWaiting();
    return this.#process;
  }

  done(): void {
    this.#questions--;
    if (this.#questions > 0 || this.#process === null) return;
    this.#idleTimer = setTimeout(() => this.#ports.idle(), this.#ports.start.patience.idleReaderMs);
  }

  /** Settles when all stores can be read, when some cannot within the time given for it, or when the process is gone. */
  async readable(): Promise<void> {
    const { settled } = this.#readable;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#ports.start.patience.readableWithinMs);
    });
    await Promise.race([settled, patience]);
    clearTimeout(timer);
  }

  /** Ends it if nobody has asked meanwhile. */
  async endIfIdle(): Promise<void> {
    if (this.#questions === 0) await this.end();
  }

  /** Settles when the process is gone. What it was asked is answered by nobody. */
  async end(): Promise<void> {
    this.#problem = null;
    this.#notBeforeMs = 0;
    this.#backOff.reset();
    this.#stopWaiting();
    const worker = this.#process;
    this.#process = null;
    await worker?.end('is not needed any more');
  }

  async #start(topology: Topology): Promise<void> {
    const { start, strayWorkers, logger } = this.#ports;
    const ids = taskIds(topology).filter((taskId) => hasStores(topology, taskId));
    this.#readable = settledOnce();
    this.#failed = null;
    this.#startedAtMs = performance.now();
    try {
      await strayWorkers.end(start.pipelineId);
      const worker: WorkerProcess = await WorkerProcess.start(start, {
        said: (message) => this.#said(worker, message, topology, ids),
        ended: (exit) => this.#ended(worker, exit),
      });
      this.#process = worker;
      strayWorkers.remember(start.pipelineId, worker);
      logger.info({ pipeline: start.pipelineId, pid: worker.pid }, 'a reader of stopped stores starts');
    } catch (error) {
      logger.error({ err: error, pipeline: start.pipelineId }, 'a reader of stopped stores could not be started');
      this.#tryLater(error instanceof Error ? error.message : String(error));
    }
  }

  #said(worker: WorkerProcess, message: Up, topology: Topology, ids: readonly string[]): void {
    switch (message.type) {
      case 'hello':
        worker.send({ type: 'read', topology, taskIds: [...ids] });
        return;
      case 'taskStates':
        if (message.tasks.some(({ state }) => state !== 'running')) return;
        this.#problem = null;
        this.#readable.settle();
        return;
      case 'storeAnswers':
        this.#ports.answered(message);
        return;
      case 'failed':
        this.#failed = message.message;
        return;
      case 'appended':
      case 'gaps':
      case 'revoked':
      case 'stopped':
      case 'tick':
      case 'trouble':
        return; // Said by those who run tasks.
    }
  }

  #ended(worker: WorkerProcess, exit: WorkerExit): void {
    const { start, strayWorkers, logger } = this.#ports;
    strayWorkers.forget(start.pipelineId);
    this.#readable.settle();
    this.#ports.ended();
    logger.info({ pipeline: start.pipelineId, pid: worker.pid, how: exit.words }, 'a reader of stopped stores is gone');
    if (this.#process !== worker) return;
    this.#process = null;
    this.#stopWaiting();
    this.#tryLater(this.#failed ?? `The worker that reads them ${exit.words}.`);
  }

  #tryLater(message: string): void {
    const waitMs = this.#backOff.next(performance.now() - this.#startedAtMs);
    this.#notBeforeMs = performance.now() + waitMs;
    this.#problem = `The stores could not be read. ${message}`;
  }

  #stopWaiting(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
  }
}

function hasStores(topology: Topology, taskId: TaskId): boolean {
  return subTopologyOf(topology, taskId).subTopology.stores.length > 0;
}

/** A promise that anybody may settle, any number of times. */
function settledOnce(): { readonly settled: Promise<void>; readonly settle: () => void } {
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { settled, settle };
}
