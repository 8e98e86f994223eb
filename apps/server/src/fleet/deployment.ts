import type { DeploymentState, DeploymentView, StorePage } from '@millrace/api';
import { type AssignedTask, type Log, LogError, type StoreQuery, type TaskId, taskIds } from '@millrace/engine';
import type { RetentionGap, TaskState, Up } from '@millrace/protocol';
import type { FleetBackend } from '../backend/server-backend.ts';
import { Serial } from '../control/serial.ts';
import type { Keepers } from '../keepers/keepers.ts';
import type { EndCause, KeptCrew } from '../keepers/kept-crew.ts';
import type { Logger } from '../logger.ts';
import { BackOff } from './back-off.ts';
import type { ChangeSignal } from './change-signal.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import { LiveBoard } from './live-board.ts';
import type { Patience } from './patience.ts';
import { StoreQueries } from './store-queries.ts';
import { StoreReader } from './store-reader.ts';
import type { StrayWorkers } from './stray-workers.ts';
import type { Worker } from './worker.ts';
import { type WorkerExit, WorkerProcess, type WorkerStart } from './worker-process.ts';
import { restoredRecords, WorkerSlot } from './worker-slot.ts';

/** What a deployment needs of its surroundings. */
export interface DeploymentPorts {
  readonly log: Log;
  readonly fleet: FleetBackend;
  /** Who has the workers; null where the server has them itself. */
  readonly keepers: Keepers | null;
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
  /** A worker of the deployment appended to these topics. */
  appended(pipelineId: string, topics: readonly string[]): void;
}

type Failure = NonNullable<DeploymentRecord['failure']>;

/** A reader of the stores takes a moment to come up; in a shorter pause before the next worker it would only be in the way. */
const pauseWorthReadingMs = 2_000;

/**
 * One pipeline's topology, kept in the state that the user wants: a worker that ends by itself is started again, later each time, on Kafka
 * by its keeper. Where several share the tasks, the others run on meanwhile, and the state is that of the worst off task.
 * Commands come one at a time (see {@link Serial}); what the worker says comes in between.
 *
 *     stopped → starting → restoring → running → stopping → stopped
 *     starting, restoring, running → starting   the worker ended; it starts again after a pause
 *     starting, restoring, running → failed     only the user can help
 *     failed → starting, stopped
 *
 * One process at a time has a store open: a worker or, while there is none, a {@link StoreReader}. Both are started in turn with the
 * commands, and a command that starts a worker or clears the state ends the reader before.
 */
export class Deployment {
  readonly pipelineId: string;
  readonly #queries: StoreQueries;
  readonly #reader: StoreReader;
  /** The one worker that the server starts itself; null where keepers have the workers. */
  readonly #own: WorkerSlot<WorkerProcess> | null;
  /** Null where the server has the worker itself. */
  readonly #crew: KeptCrew | null;
  readonly #start: WorkerStart;
  readonly #ports: DeploymentPorts;
  readonly #commands = new Serial();
  #record: DeploymentRecord;
  #board: LiveBoard;
  #state: DeploymentState = 'stopped';
  #reason: string | null = null;
  #sinceMs: number;
  /** The server ends: no process is started any more. */
  #isOver = false;
  readonly #launchBackOff = new BackOff();
  /** When what keepers need before they start workers is tried again; null when nothing is due. */
  #launchRetry: NodeJS.Timeout | null = null;
  #launchTrouble: string | null = null;

  constructor(pipelineId: string, record: DeploymentRecord, ports: DeploymentPorts) {
    this.pipelineId = pipelineId;
    this.#record = record;
    this.#ports = ports;
    this.#board = new LiveBoard(record.topology);
    this.#sinceMs = ports.nowMs();
    const { fleet, strayWorkers } = ports;
    this.#start = {
      main: ports.workerMain,
      dataDirectory: ports.dataDirectory,
      pipelineId,
      patience: ports.patience,
      environment: fleet.workerEnvironment,
    };
    this.#own = ports.keepers === null ? new WorkerSlot('worker-1') : null;
    this.#crew =
      ports.keepers?.crew(pipelineId, {
        said: (slot, worker, message) => this.#said(slot, worker, message),
        ended: (slot, worker, cause) => this.#keptEnded(slot, worker, cause),
        changed: () => this.#crewChanged(),
        left: (members) => this.#left(members),
      }) ?? null;
    this.#queries = new StoreQueries(ports.nowMs);
    this.#reader = new StoreReader({
      start: this.#start,
      logger: ports.logger,
      strayWorkers,
      answered: (answers) => this.#queries.answered(answers),
      ended: () => this.#queries.workerEnded(null),
      idle: () => void this.#commands.run(() => this.#reader.endIfIdle()),
    });
    if (record.failure !== null) this.#enter('failed', record.failure.message);
    // Workers that outlived the last server may be heard of before this one has come to start them: they go on.
    else if (record.desired === 'running') this.#crew?.want(record.topology, record.stateId);
  }

  get #workers(): readonly WorkerSlot[] {
    return this.#crew?.slots ?? (this.#own === null ? [] : [this.#own]);
  }

  /** Workers that may still run although they should not, since their keepers are away. */
  get unheard(): readonly string[] {
    return this.#crew?.unheard ?? [];
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
    const known = this.#tasks();
    const tasks = taskIds(this.#record.topology).map((taskId) => ({
      taskId,
      state: known.get(taskId)?.state ?? ('starting' as const),
    }));
    const isMeantToRun = this.#state !== 'stopped' && this.#state !== 'failed';
    return {
      pipelineId: this.pipelineId,
      state: this.#state,
      reason: this.#reason ?? this.#silence(isMeantToRun),
      failedNode: this.#state === 'failed' ? (this.#record.failure?.node ?? null) : null,
      sinceMs: this.#sinceMs,
      revision: this.#record.revision,
      restored: this.#state === 'restoring' ? restoredRecords([...known.values()]) : null,
      tasks: isMeantToRun && this.#isThere ? tasks : [],
      workers: isMeantToRun
        ? this.#workers.map((slot) => slot.view(slot.process === null ? null : this.#board.worker(slot.process)))
        : [],
    };
  }

  /** A silent worker does not tell that it is one. Those that get their tasks from the server are busy with them when they are silent. */
  #silence(isMeantToRun: boolean): string | null {
    if (!isMeantToRun || this.#ports.fleet.givesTasks) return null;
    return this.#workers.find(({ isSilent }) => isSilent)?.reason ?? null;
  }

  /** Whether any worker runs, as far as is known. */
  get #isThere(): boolean {
    return this.#workers.some(({ process, isLost }) => process !== null || isLost);
  }

  #processes(): readonly Worker[] {
    return this.#workers.flatMap(({ process }) => process ?? []);
  }

  /** A task that is moving is known to two workers for a moment: what counts is who is further with it. */
  #tasks(): ReadonlyMap<TaskId, TaskState> {
    const tasks = new Map<TaskId, TaskState>();
    // What a silent worker has may be another's by now, which says more.
    const workers = this.#workers;
    const telling = workers.filter((slot) => !slot.isLost && (workers.length === 1 || !slot.isSilent));
    for (const [taskId, task] of telling.flatMap((slot) => [...slot.tasks])) {
      const known = tasks.get(taskId);
      if (known === undefined || progressOf(task) > progressOf(known)) tasks.set(taskId, task);
    }
    // Of what nobody else has, whoever is out of reach had it last.
    for (const [taskId, task] of workers.filter(({ isLost }) => isLost).flatMap((slot) => [...slot.tasks])) {
      if (!tasks.has(taskId)) tasks.set(taskId, task);
    }
    return tasks;
  }

  /** Runs the topology of the record, now and after every start of the server, until it is stopped. */
  start(): Promise<void> {
    return this.#commands.run(async () => {
      if (this.#state !== 'stopped' && this.#state !== 'failed') return;
      await this.#keep('deployment.start', { ...this.#record, desired: 'running', failure: null });
      this.#own?.forgetFailures();
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
      await this.#endWorkers();
      this.#enter('stopped', this.#unheardWords());
    });
  }

  /** Puts another topology in the place of the present one; it goes on from the same positions. */
  replace(record: DeploymentRecord): Promise<void> {
    return this.#commands.run(async () => {
      await this.#keep('deployment.deploy', record);
      await this.#endWorkers();
      this.#board = new LiveBoard(record.topology, this.#board);
      await this.#recall();
      this.#own?.forgetFailures();
      await this.#launch();
    });
  }

  /** Answers from the last commit: the workers' or, where none runs, that of a reader started for it. */
  async query(query: StoreQuery): Promise<StorePage> {
    // No process is started for a store that is none.
    if (!this.#record.topology.stores.some(({ name }) => name === query.store)) return this.#refuse(query);
    // Who ends while being asked leaves the question to whoever comes after: the reader of a worker that is stopped, and the reverse.
    for (let attempt = 0; attempt < 3; attempt++) {
      const workers = this.#processes();
      const page =
        workers.length === 0
          ? await this.#askReader(query)
          : await this.#queries.ask(query, this.#record.topology, workers, true);
      if (page !== null) return page;
    }
    return this.#refuse(query);
  }

  /** Null when a worker came up meanwhile, or the reader ended before it answered. */
  async #askReader(query: StoreQuery): Promise<StorePage | null> {
    const { topology } = this.#record;
    const process: Worker | null = await this.#commands.run(() => this.#openReader());
    if (process === null) return this.#processes().length === 0 ? this.#refuse(query) : null;
    try {
      await this.#reader.readable();
      return await this.#queries.ask(query, topology, [process], false);
    } finally {
      this.#reader.done();
    }
  }

  async #openReader(): Promise<WorkerProcess | null> {
    const startsSoon = this.#own !== null && this.#own.startsInMs < pauseWorthReadingMs;
    // What a deletion, or a reset that was cut short, leaves behind says nothing.
    if (this.#isOver || this.#processes().length > 0 || startsSoon || this.#record.resetting) return null;
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

  /** Ends the workers and leaves the wish as it is, so that the next server goes on. Nothing is started after it. */
  shutDown(): Promise<void> {
    this.#isOver = true;
    return this.#commands.run(async () => {
      await this.#reader.end();
      if (this.#crew === null) return this.#endWorkers();
      // Those of other machines run on, and find the next server.
      if (this.#processes().length > 0) this.#enter('stopping', null);
      await this.#crew.haltLocal(this.#ports.patience.stopWithinMs);
    });
  }

  /** Another server has taken over, with workers of its own: as {@link Deployment.shutDown}, and says so. */
  async handOver(reason: string): Promise<void> {
    await this.shutDown();
    this.#enter('stopped', reason);
  }

  /** Others appended to topics: a worker that waits for records looks at once. */
  tellAppended(topics: readonly string[]): void {
    for (const worker of this.#processes()) worker.send({ type: 'appended', topics: [...topics] });
  }

  async #keep(action: string, record: DeploymentRecord): Promise<void> {
    await this.#ports.keep(this.pipelineId, action, record);
    this.#record = record;
  }

  async #launch(): Promise<void> {
    if (this.#isOver) return;
    const { logger } = this.#ports;
    const { topology, stateId } = this.#record;
    this.#own?.begin();
    this.#follow();
    try {
      const assigned = await this.#prepare();
      if (this.#own === null) this.#crew?.run(topology, stateId);
      else await this.#startOwn(this.#own, assigned);
      this.#follow();
    } catch (error) {
      logger.error({ err: error, pipeline: this.pipelineId }, 'a worker could not be started');
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof LogError && error.code === 'topic-conflict') {
        // Also while a worker that failed before is still on its way out.
        this.#enter('failed', message);
        await this.#fail({ message, node: null });
      } else this.#launchLater(message);
    }
  }

  /** What must be there before a worker is; @returns the tasks for it, or null where workers share them out themselves */
  async #prepare(): Promise<readonly AssignedTask[] | null> {
    const { log, fleet, strayWorkers } = this.#ports;
    const { topology } = this.#record;
    await this.#reader.end();
    await strayWorkers.end(this.pipelineId);
    await log.ensureTopics(topology.topics);
    if (!fleet.givesTasks) return null;
    const ids = taskIds(topology);
    const epochs = await log.fence(this.pipelineId, ids);
    return ids.map((taskId, index) => ({ taskId, epoch: epochs[index] ?? 0 }));
  }

  /** @throws Error when no process can be started */
  async #startOwn(slot: WorkerSlot<WorkerProcess>, assigned: readonly AssignedTask[] | null): Promise<void> {
    const { strayWorkers, logger } = this.#ports;
    const { topology } = this.#record;
    const worker: WorkerProcess = await WorkerProcess.start(this.#start, {
      said: (message) => {
        if (message.type !== 'hello') return this.#said(slot, worker, message);
        worker.send({ type: 'deploy', topology });
        if (assigned !== null) worker.send({ type: 'assign', tasks: [...assigned] });
      },
      ended: (exit) => this.#ownEnded(slot, worker, exit),
    });
    slot.take(worker);
    strayWorkers.remember(this.pipelineId, worker);
    logger.info({ pipeline: this.pipelineId, pid: worker.pid, tasks: assigned?.length }, 'a worker starts');
  }

  #said(slot: WorkerSlot, worker: Worker, message: Up): void {
    const isShared = !this.#ports.fleet.givesTasks;
    switch (message.type) {
      case 'taskStates':
        slot.heard(message.tasks, isShared);
        this.#followTasks();
        return;
      case 'tick':
        this.#heardTick(slot, worker, message, isShared);
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
      case 'trouble':
        slot.trouble = message.message;
        this.#followTasks();
        return;
      case 'failed':
        slot.failed = message;
        return;
      case 'hello':
      case 'revoked':
      case 'stopped':
        return; // Its exit says the same.
    }
  }

  #heardTick(slot: WorkerSlot, worker: Worker, tick: Extract<Up, { type: 'tick' }>, isShared: boolean): void {
    const wasSilent = slot.isSilent;
    slot.noteSign();
    // What one that stood still says first is of tasks that others may have had since.
    if (!wasSilent || !isShared) this.#board.tick(tick, worker, this.#ports.nowMs());
    // Another one may have fallen silent.
    if (isShared) this.#followTasks();
    else this.#ports.changed.raise();
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
    // Workers that could not be reached when all was stopped may still say something.
    if (this.#state === 'stopping' || this.#state === 'stopped' || this.#state === 'failed') return;
    this.#follow();
  }

  /** The state is the tasks', the reason that of the first worker that has one. */
  #follow(): void {
    const known = this.#tasks();
    const states = taskIds(this.#record.topology).map((taskId) => known.get(taskId)?.state ?? 'starting');
    const state =
      this.#isThere && states.every((each) => each === 'running')
        ? 'running'
        : states.includes('restoring')
          ? 'restoring'
          : 'starting';
    const waiting = this.#workers.find(({ reason, isSilent }) => reason !== null && !isSilent);
    this.#enter(state, this.#launchTrouble ?? waiting?.reason ?? this.#crew?.whyNone ?? null);
  }

  /** Slots of workers came or went. */
  #crewChanged(): void {
    if (this.#state !== 'stopped') this.#followTasks();
    else if (!this.#isOver) this.#enter('stopped', this.#unheardWords());
  }

  /** Who has not said that it stopped; null when everybody has. */
  #unheardWords(): string | null {
    const { unheard } = this;
    if (unheard.length === 0) return null;
    const names = unheard.join(', ');
    return unheard.length === 1
      ? `${names} has not confirmed the stop and may still run. It is told as soon as it is connected again.`
      : `${names} have not confirmed the stop and may still run. They are told as soon as they are connected again.`;
  }

  #left(members: readonly string[]): Promise<void> | undefined {
    return members.length === 0 ? undefined : this.#ports.fleet.workersLeft(this.pipelineId, members);
  }

  #ownEnded(slot: WorkerSlot<WorkerProcess>, worker: WorkerProcess, exit: WorkerExit): void {
    if (slot.process !== worker) return;
    const { logger, strayWorkers } = this.#ports;
    slot.gone();
    strayWorkers.forget(this.pipelineId);
    this.#forgetWorker(worker);
    const about = { pipeline: this.pipelineId, worker: slot.name, pid: worker.pid };
    if (this.#state === 'stopping' || this.#state === 'failed') {
      logger.info({ ...about, how: exit.words }, 'a worker has stopped');
      return;
    }
    const { failed } = slot;
    const message = failed === null ? `The worker ${exit.words}.` : failed.message;
    logger.warn({ ...about, code: exit.code, reason: message }, 'a worker ended by itself');
    if (failed === null || failed.retriable) this.#startOwnLater(slot, message);
    else this.#failBy({ message, node: failed.node });
  }

  /** @param cause null when the process may go on, out of reach */
  #keptEnded(slot: WorkerSlot, worker: Worker | null, cause: EndCause | null): void {
    if (worker !== null) this.#forgetWorker(worker);
    if (this.#state === 'stopping' || this.#state === 'stopped' || this.#state === 'failed') {
      this.#ports.changed.raise();
      return;
    }
    if (cause !== null) {
      const { message, failure, startsInMs } = cause;
      const about = { pipeline: this.pipelineId, worker: slot.name, pid: worker?.pid };
      this.#ports.logger.warn({ ...about, reason: message }, 'a worker ended by itself');
      if (failure !== null) {
        this.#failBy(failure);
        return;
      }
      slot.waitFor(this.#workers.length === 1 ? message : `${slot.name}: ${message}`, startsInMs);
    }
    this.#followTasks();
  }

  #forgetWorker(worker: Worker): void {
    this.#board.workerEnded(worker);
    this.#queries.workerEnded(worker);
  }

  /** A worker said that only the user can help. */
  #failBy(failure: Failure): void {
    this.#enter('failed', failure.message);
    void this.#commands.run(() => this.#fail(failure));
  }

  /** Stays failed, over restarts of the server too, until the user starts or stops it. */
  async #fail(failure: Failure): Promise<void> {
    // Another command has changed what is wanted meanwhile.
    if (this.#record.desired !== 'running' || (this.#processes().length > 0 && this.#state !== 'failed')) return;
    this.#record = { ...this.#record, failure };
    this.#enter('failed', failure.message);
    // What stopped one worker would stop the next that gets the same records.
    await this.#stopWorkers();
    try {
      await this.#keep('deployment.fail', this.#record);
    } catch (error) {
      this.#ports.logger.error({ err: error, pipeline: this.pipelineId }, 'that a deployment failed could not be kept');
    }
  }

  #launchLater(message: string): void {
    if (this.#own !== null) {
      this.#startOwnLater(this.#own, message);
      return;
    }
    const waitMs = this.#launchBackOff.next(0);
    this.#launchTrouble = `${message.replace(/[.\s]+$/, '')}. It is tried again in ${waitMs / 1_000} s.`;
    this.#launchRetry = setTimeout(() => {
      void this.#commands.run(async () => {
        if (this.#launchRetry === null || this.#state === 'failed') return;
        this.#forgetLaunch();
        await this.#launch();
      });
    }, waitMs);
    this.#follow();
  }

  #forgetLaunch(): void {
    if (this.#launchRetry !== null) clearTimeout(this.#launchRetry);
    this.#launchRetry = null;
    this.#launchTrouble = null;
  }

  #startOwnLater(slot: WorkerSlot<WorkerProcess>, message: string): void {
    slot.retryLater(message, () => {
      void this.#commands.run(async () => {
        if (slot.waitsToStart && this.#state !== 'failed') await this.#launch();
      });
    });
    this.#follow();
  }

  async #endWorkers(): Promise<void> {
    this.#own?.cancelRetry();
    if (this.#processes().length > 0) this.#enter('stopping', null);
    await this.#stopWorkers();
  }

  async #stopWorkers(): Promise<void> {
    this.#own?.cancelRetry();
    this.#forgetLaunch();
    await this.#crew?.halt(this.#ports.patience.stopWithinMs);
    await this.#own?.process?.stop();
  }

  #enter(state: DeploymentState, reason: string | null): void {
    if (state !== this.#state) this.#sinceMs = this.#ports.nowMs();
    this.#state = state;
    this.#reason = reason;
    this.#ports.changed.raise();
  }
}

function progressOf({ state }: TaskState): number {
  return state === 'running' ? 2 : state === 'restoring' ? 1 : 0;
}
