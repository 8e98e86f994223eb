import type { DeploymentState, DeploymentView, StorePage } from '@millrace/api';
import { type Log, LogError, type StoreQuery, type Topology, taskIds } from '@millrace/engine';
import type { RetentionGap, TaskState, Up } from '@millrace/protocol';
import { Serial } from '../control/serial.ts';
import type { Logger } from '../logger.ts';
import { BackOff } from './back-off.ts';
import type { ChangeSignal } from './change-signal.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import { LiveBoard } from './live-board.ts';
import type { Patience } from './patience.ts';
import { StoreQueries } from './store-queries.ts';
import { StoreReader } from './store-reader.ts';
import type { StrayWorkers } from './stray-workers.ts';
import { type WorkerExit, WorkerProcess, type WorkerStart } from './worker-process.ts';

/** What a deployment needs of its surroundings. */
export interface DeploymentPorts {
  readonly log: Log;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly workerMain: string;
  readonly dataDirectory: string;
  readonly patience: Patience;
  readonly strayWorkers: StrayWorkers;
  /** Raised whenever something that is shown has changed. */
  readonly changed: ChangeSignal;
  /** Makes the record durable. */
  keep(pipelineId: string, action: string, record: DeploymentRecord): Promise<void>;
  /** The deployment's worker appended to these topics. */
  appended(pipelineId: string, topics: readonly string[]): void;
}

type Failure = NonNullable<DeploymentRecord['failure']>;

/** A reader of the stores takes a moment to come up; in a shorter pause before the next worker it would only be in the way. */
const pauseWorthReadingMs = 2_000;

/**
 * One pipeline's topology, kept in the state that the user wants: a worker that ends by itself is started again, later each time.
 * Commands come one at a time (see {@link Serial}); what the worker says comes in between.
 *
 *     stopped → starting → restoring → running → stopping → stopped
 *     starting, restoring, running → starting   the worker ended; it starts again after a pause
 *     starting, restoring, running → failed     only the user can help
 *     failed → starting, stopped
 *
 * One process at a time has the stores open: the worker or, while there is none, a {@link StoreReader}. Both are started in turn with the
 * commands, and a command that starts a worker or clears the state ends the reader before.
 */
export class Deployment {
  readonly pipelineId: string;
  readonly #queries: StoreQueries;
  readonly #reader: StoreReader;
  readonly #workerStart: WorkerStart;
  readonly #ports: DeploymentPorts;
  readonly #commands = new Serial();
  readonly #backOff = new BackOff();
  #record: DeploymentRecord;
  #board: LiveBoard;
  #state: DeploymentState = 'stopped';
  #reason: string | null = null;
  #sinceMs: number;
  #worker: WorkerProcess | null = null;
  #startedAtMs = 0;
  #tasks = new Map<string, TaskState>();
  #failed: Extract<Up, { type: 'failed' }> | null = null;
  #retry: NodeJS.Timeout | null = null;
  #retryAtMs = 0;
  /** The server ends: no process is started any more. */
  #isOver = false;

  constructor(pipelineId: string, record: DeploymentRecord, ports: DeploymentPorts) {
    this.pipelineId = pipelineId;
    this.#record = record;
    this.#ports = ports;
    this.#board = new LiveBoard(record.topology);
    this.#sinceMs = ports.nowMs();
    this.#workerStart = {
      main: ports.workerMain,
      dataDirectory: ports.dataDirectory,
      pipelineId,
      patience: ports.patience,
    };
    this.#queries = new StoreQueries(ports.nowMs);
    this.#reader = new StoreReader({
      start: this.#workerStart,
      logger: ports.logger,
      strayWorkers: ports.strayWorkers,
      answered: (answers) => this.#queries.answered(answers),
      ended: () => this.#queries.workerEnded(),
      idle: () => void this.#commands.run(() => this.#reader.endIfIdle()),
    });
    if (record.failure !== null) this.#enter('failed', record.failure.message);
  }

  get record(): DeploymentRecord {
    return this.#record;
  }

  get board(): LiveBoard {
    return this.#board;
  }

  get state(): DeploymentState {
    return this.#state;
  }

  view(): DeploymentView {
    const tasks = taskIds(this.#record.topology).map((taskId) => ({
      taskId,
      state: this.#tasks.get(taskId)?.state ?? ('starting' as const),
    }));
    return {
      pipelineId: this.pipelineId,
      state: this.#state,
      reason: this.#reason,
      failedNode: this.#state === 'failed' ? (this.#record.failure?.node ?? null) : null,
      sinceMs: this.#sinceMs,
      revision: this.#record.revision,
      restoredShare: this.#state === 'restoring' ? this.#restoredShare() : null,
      tasks: this.#worker === null ? [] : tasks,
    };
  }

  /** Runs the topology of the record, now and after every start of the server, until it is stopped. */
  start(): Promise<void> {
    return this.#commands.run(async () => {
      if (this.#state !== 'stopped' && this.#state !== 'failed') return;
      await this.#keep('deployment.start', { ...this.#record, desired: 'running', failure: null });
      this.#backOff.reset();
      await this.#launch();
    });
  }

  /** Takes up what was running when the server ended. */
  resume(): Promise<void> {
    return this.#commands.run(async () => {
      await this.#recall();
      if (this.#record.desired === 'running' && this.#record.failure === null) await this.#launch();
    });
  }

  /** What the last commits say of every task, so that totals are there before a worker is, and without one. */
  async #recall(): Promise<void> {
    for (const taskId of taskIds(this.#record.topology)) {
      const committed = await this.#ports.log.committed(this.pipelineId, taskId);
      if (committed !== null) this.#board.recall(taskId, committed);
    }
    this.#ports.changed.raise();
  }

  stop(): Promise<void> {
    return this.#commands.run(async () => {
      if (this.#state === 'stopped' && this.#record.desired === 'stopped') return;
      await this.#keep('deployment.stop', { ...this.#record, desired: 'stopped', failure: null });
      await this.#endWorker();
      this.#enter('stopped', null);
    });
  }

  /** Puts another topology in the place of the present one; it goes on from the same positions. */
  replace(record: DeploymentRecord): Promise<void> {
    return this.#commands.run(async () => {
      await this.#keep('deployment.deploy', record);
      await this.#endWorker();
      this.#board = new LiveBoard(record.topology, this.#board);
      await this.#recall();
      this.#backOff.reset();
      await this.#launch();
    });
  }

  /** Answers from the last commit: the worker's or, where none runs, that of a reader started for it. */
  async query(query: StoreQuery): Promise<StorePage> {
    // No process is started for a store that is none.
    if (!this.#record.topology.stores.some(({ name }) => name === query.store)) return this.#refuse(query);
    // Who ends while being asked leaves the question to whoever comes after: the reader of a worker that is stopped, and the reverse.
    for (let attempt = 0; attempt < 3; attempt++) {
      const page =
        this.#worker === null
          ? await this.#askReader(query)
          : await this.#queries.ask(query, this.#record.topology, this.#worker, true);
      if (page !== null) return page;
    }
    return this.#refuse(query);
  }

  /** Null when a worker came up meanwhile, or the reader ended before it answered. */
  async #askReader(query: StoreQuery): Promise<StorePage | null> {
    const { topology } = this.#record;
    const process = await this.#commands.run(() => this.#openReader());
    if (process === null) return this.#worker === null ? this.#refuse(query) : null;
    try {
      await this.#reader.readable();
      return await this.#queries.ask(query, topology, process, false);
    } finally {
      this.#reader.done();
    }
  }

  async #openReader(): Promise<WorkerProcess | null> {
    const startsSoon = this.#retry !== null && this.#retryAtMs - performance.now() < pauseWorthReadingMs;
    // What a deletion, or a reset that was cut short, leaves behind says nothing.
    if (this.#isOver || this.#worker !== null || startsSoon || this.#record.resetting) return null;
    return this.#reader.open(this.#record.topology);
  }

  #refuse(query: StoreQuery): StorePage {
    return this.#queries.refuse(query, this.#record.topology, 'not-running', this.#reader.problem);
  }

  /** Runs work that needs the deployment to stand still, if it does; @returns false when it does not. */
  whileStill(
    work: (keep: (action: string, record: DeploymentRecord) => Promise<void>) => Promise<void>,
  ): Promise<boolean> {
    return this.#commands.run(async () => {
      if (this.#state !== 'stopped' && this.#state !== 'failed') return false;
      await this.#reader.end();
      // An earlier server may have left one that has not noticed yet.
      await this.#ports.strayWorkers.end(this.pipelineId);
      await work((action, record) => this.#keep(action, record));
      if (this.#record.failure === null) this.#enter('stopped', null);
      return true;
    });
  }

  /** Ends the worker and leaves the wish as it is, so that the next server goes on. Nothing is started after it. */
  shutDown(): Promise<void> {
    this.#isOver = true;
    return this.#commands.run(async () => {
      await this.#reader.end();
      await this.#endWorker();
    });
  }

  /** Others appended to topics: a worker that waits for records looks at once. */
  tellAppended(topics: readonly string[]): void {
    this.#worker?.send({ type: 'appended', topics: [...topics] });
  }

  async #keep(action: string, record: DeploymentRecord): Promise<void> {
    await this.#ports.keep(this.pipelineId, action, record);
    this.#record = record;
  }

  async #launch(): Promise<void> {
    if (this.#isOver) return;
    const { log, strayWorkers, logger } = this.#ports;
    const { topology } = this.#record;
    this.#cancelRetry();
    this.#failed = null;
    this.#tasks = new Map();
    this.#enter('starting', null);
    this.#startedAtMs = performance.now();
    try {
      await this.#reader.end();
      await strayWorkers.end(this.pipelineId);
      await log.ensureTopics(topology.topics);
      const ids = taskIds(topology);
      const epochs = await log.fence(this.pipelineId, ids);
      const assigned = ids.map((taskId, index) => ({ taskId, epoch: epochs[index] ?? 0 }));
      const worker: WorkerProcess = await WorkerProcess.start(this.#workerStart, {
        said: (message) => this.#said(worker, message, topology, assigned),
        ended: (exit) => this.#ended(worker, exit),
      });
      this.#worker = worker;
      strayWorkers.remember(this.pipelineId, worker);
      logger.info({ pipeline: this.pipelineId, pid: worker.pid, tasks: ids.length }, 'a worker starts');
    } catch (error) {
      logger.error({ err: error, pipeline: this.pipelineId }, 'a worker could not be started');
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof LogError && error.code === 'topic-conflict') await this.#fail({ message, node: null });
      else this.#startAgainLater(message);
    }
  }

  #said(worker: WorkerProcess, message: Up, topology: Topology, assigned: { taskId: string; epoch: number }[]): void {
    switch (message.type) {
      case 'hello':
        worker.send({ type: 'deploy', topology });
        worker.send({ type: 'assign', tasks: assigned });
        return;
      case 'taskStates':
        for (const task of message.tasks) this.#tasks.set(task.taskId, task);
        this.#followTasks();
        return;
      case 'tick':
        this.#board.tick(message, worker.pid, this.#ports.nowMs());
        this.#ports.changed.raise();
        return;
      case 'appended':
        this.#ports.appended(this.pipelineId, message.topics);
        return;
      case 'storeAnswers':
        this.#queries.answered(message);
        return;
      case 'gaps':
        this.#tellGaps(message.gaps);
        return;
      case 'failed':
        this.#failed = message;
        return;
      case 'revoked':
      case 'stopped':
        return; // Its exit says the same.
    }
  }

  #tellGaps(gaps: readonly RetentionGap[]): void {
    for (const gap of gaps) {
      const { topic, partition, fromOffset, toOffset } = gap;
      this.#board.gap(gap);
      this.#ports.logger.warn(
        { pipeline: this.pipelineId, topic, partition, fromOffset, records: toOffset - fromOffset },
        'records were removed by retention before they were read',
      );
    }
    this.#ports.changed.raise();
  }

  #followTasks(): void {
    if (this.#state === 'stopping') return;
    const states = taskIds(this.#record.topology).map((taskId) => this.#tasks.get(taskId)?.state ?? 'starting');
    const state = states.every((each) => each === 'running')
      ? 'running'
      : states.includes('restoring')
        ? 'restoring'
        : 'starting';
    if (state !== this.#state) this.#enter(state, null);
    else this.#ports.changed.raise();
  }

  #ended(worker: WorkerProcess, exit: WorkerExit): void {
    if (this.#worker !== worker) return;
    const { logger } = this.#ports;
    this.#worker = null;
    this.#board.workerEnded();
    this.#ports.strayWorkers.forget(this.pipelineId);
    this.#queries.workerEnded();
    if (this.#state === 'stopping') {
      logger.info({ pipeline: this.pipelineId, pid: worker.pid, how: exit.words }, 'a worker has stopped');
      return;
    }
    const failed = this.#failed;
    const message = failed === null ? `The worker ${exit.words}.` : failed.message;
    logger.warn(
      { pipeline: this.pipelineId, pid: worker.pid, code: exit.code, reason: message },
      'a worker ended by itself',
    );
    if (failed !== null && !failed.retriable) {
      this.#enter('failed', message);
      void this.#commands.run(() => this.#fail({ message, node: failed.node }));
    } else {
      this.#startAgainLater(message);
    }
  }

  /** Stays failed, over restarts of the server too, until the user starts or stops it. */
  async #fail(failure: Failure): Promise<void> {
    if (this.#record.desired !== 'running' || this.#worker !== null) return;
    this.#record = { ...this.#record, failure };
    this.#enter('failed', failure.message);
    try {
      await this.#keep('deployment.fail', this.#record);
    } catch (error) {
      this.#ports.logger.error({ err: error, pipeline: this.pipelineId }, 'that a deployment failed could not be kept');
    }
  }

  #startAgainLater(message: string): void {
    const waitMs = this.#backOff.next(performance.now() - this.#startedAtMs);
    const seconds = waitMs / 1_000;
    this.#enter('starting', `${message.replace(/[.\s]+$/, '')}. It starts again in ${seconds} s.`);
    this.#retryAtMs = performance.now() + waitMs;
    this.#retry = setTimeout(() => {
      void this.#commands.run(async () => {
        if (this.#retry !== null) await this.#launch();
      });
    }, waitMs);
  }

  #cancelRetry(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }

  async #endWorker(): Promise<void> {
    this.#cancelRetry();
    if (this.#worker === null) return;
    this.#enter('stopping', null);
    await this.#worker.stop();
  }

  #enter(state: DeploymentState, reason: string | null): void {
    if (state !== this.#state) this.#sinceMs = this.#ports.nowMs();
    this.#state = state;
    this.#reason = reason;
    this.#ports.changed.raise();
  }

  #restoredShare(): number {
    const tasks = [...this.#tasks.values()];
    const total = tasks.reduce((sum, task) => sum + task.restoreTotal, 0);
    const restored = tasks.reduce((sum, task) => sum + task.restoredRecords, 0);
    return total === 0 ? 0 : Math.min(1, restored / total);
  }
}
