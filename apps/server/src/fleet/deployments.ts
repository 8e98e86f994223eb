import { randomUUID } from 'node:crypto';
import {
  ApiError,
  type DeploymentState,
  type DeploymentView,
  type DeployPlan,
  type LiveFrame,
  type StorePage,
} from '@millrace/api';
import {
  type Log,
  LogError,
  type Pipeline,
  type StoreQuery,
  type TopicDescription,
  type TopicRole,
  taskIds,
  topicCatalogue,
} from '@millrace/engine';
import type { FleetBackend } from '../backend/server-backend.ts';
import type { ControlLog } from '../control/control-log.ts';
import { Serial } from '../control/serial.ts';
import type { Keepers } from '../keepers/keepers.ts';
import type { Logger } from '../logger.ts';
import type { Catalogue } from '../topics/catalogue.ts';
import { ChangeSignal } from './change-signal.ts';
import { type PlannedDeployment, planDeployment } from './deploy-plan.ts';
import { Deployment, type DeploymentPorts } from './deployment.ts';
import { type DeploymentRecord, deploymentKeyPrefix, deploymentRecordSchema } from './deployment-record.ts';
import type { Patience } from './patience.ts';
import type { StrayWorkers } from './stray-workers.ts';

/** While something runs a reader gets a frame with every tick and change of state, and after this long without either. */
const frameMs = 600;
/** While nothing runs, only what waits in the log can change. */
const idleFrameMs = 2_000;
/** How long a frame waits for a fresh description of the topics. */
const topicsWithinMs = 400;
/** Topics whose records are state, and go in a reset. */
const stateRoles: ReadonlySet<TopicRole> = new Set(['changelog', 'repartition', 'commits']);

export interface DeploymentsParts {
  readonly log: Log;
  readonly fleet: FleetBackend;
  /** Who has the workers; null where the server has them itself. */
  readonly keepers: Keepers | null;
  /** How old the description of the topics may be that a frame is made with. */
  readonly topicsFreshMs: number;
  readonly control: ControlLog;
  readonly catalogue: Catalogue;
  readonly logger: Logger;
  readonly nowMs: () => number;
  readonly workerMain: string;
  readonly patience: Patience;
  readonly strayWorkers: StrayWorkers;
  readonly dataDirectory: { readonly path: string; removeState(pipelineId: string): Promise<void> };
  /** The pipeline as it is kept now, with its revision. @throws ApiError `not-found` */
  pipeline(id: string): { readonly pipeline: Pipeline; readonly revision: number };
  /** A worker appended: readers in this process may look. */
  wakeReaders(): void;
}

/** All deployments: what runs on this machine, for each pipeline at most one. */
export class Deployments {
  readonly #parts: DeploymentsParts;
  readonly #ports: Omit<DeploymentPorts, 'changed'>;
  readonly #byPipeline = new Map<string, Deployment>();
  readonly #signals = new Map<string, ChangeSignal>();
  /** By pipeline: what decides on the record that it finds must not be crossed by another that does. */
  readonly #changes = new Map<string, Serial>();
  #topics: ReadonlyMap<string, TopicDescription> | null = null;
  #topicsRefresh: Promise<void> | null = null;
  #topicsAtMs = Number.NEGATIVE_INFINITY;

  private constructor(parts: DeploymentsParts) {
    this.#parts = parts;
    this.#ports = {
      log: parts.log,
      fleet: parts.fleet,
      keepers: parts.keepers,
      logger: parts.logger,
      nowMs: parts.nowMs,
      workerMain: parts.workerMain,
      patience: parts.patience,
      dataDirectory: parts.dataDirectory.path,
      strayWorkers: parts.strayWorkers,
      keep: (pipelineId, action, record) =>
        parts.control.change(action, [{ key: deploymentKeyPrefix + pipelineId, document: record }]),
      appended: (pipelineId, topics) => {
        parts.wakeReaders();
        this.tellAppended(topics, pipelineId);
      },
    };
  }

  /** Reads what is kept and finishes resets that were cut short. Nothing runs yet. */
  static async open(parts: DeploymentsParts): Promise<Deployments> {
    const deployments = new Deployments(parts);
    for (const [pipelineId, document] of parts.control.documents(deploymentKeyPrefix)) {
      const record = deploymentRecordSchema.safeParse(document);
      if (record.success) deployments.#add(pipelineId, record.data);
      else {
        parts.logger.error(
          { pipeline: pipelineId, issues: record.error.issues.slice(0, 3) },
          'a kept deployment cannot be read; deploy the pipeline again',
        );
      }
    }
    for (const deployment of deployments.#byPipeline.values()) {
      if (deployment.record.resetting) await deployments.#reset(deployment);
    }
    return deployments;
  }

  /** Starts what ran when the last server ended. */
  async resume(): Promise<void> {
    await Promise.all([...this.#byPipeline.values()].map((deployment) => deployment.resume()));
  }

  /** Null when the pipeline was never deployed. */
  state(pipelineId: string): DeploymentState | null {
    return this.#byPipeline.get(pipelineId)?.state ?? null;
  }

  async plan(pipelineId: string): Promise<DeployPlan> {
    return (await this.#plan(this.#parts.pipeline(pipelineId).pipeline)).plan;
  }

  /** Runs the pipeline as it is kept now, in the place of what runs of it. @throws ApiError `invalid`, `conflict` */
  deploy(pipelineId: string): Promise<DeploymentView> {
    return this.#serial(pipelineId).run(() => this.#deploy(pipelineId));
  }

  async #deploy(pipelineId: string): Promise<DeploymentView> {
    const { pipeline, revision } = this.#parts.pipeline(pipelineId);
    await this.#finishReset(pipelineId);
    const { plan, topology } = await this.#plan(pipeline);
    if (topology === null) throw refusalOf(plan);
    await this.#parts.log.ensureTopics(topology.topics);
    const before = this.#byPipeline.get(pipelineId)?.record;
    const record: DeploymentRecord = {
      desired: 'running',
      failure: null,
      topology,
      revision,
      signatures: [
        ...new Map([
          ...(before?.signatures ?? []),
          ...topology.stores.map(({ name, signature }) => [name, signature] as [string, string]),
        ]),
      ],
      tasks: [...new Set([...(before?.tasks ?? []), ...taskIds(topology)])],
      stateId: before?.stateId ?? randomUUID(),
      resetting: false,
    };
    const deployment = this.#byPipeline.get(pipelineId) ?? this.#add(pipelineId, { ...record, desired: 'stopped' });
    await deployment.replace(record);
    return deployment.view();
  }

  start(pipelineId: string): Promise<DeploymentView> {
    return this.#serial(pipelineId).run(async () => {
      const deployment = this.#deployment(pipelineId);
      await this.#finishReset(pipelineId);
      await deployment.start();
      return deployment.view();
    });
  }

  async stop(pipelineId: string): Promise<DeploymentView> {
    const deployment = this.#deployment(pipelineId);
    await deployment.stop();
    return deployment.view();
  }

  /** Forgets positions and state. Output stays. @throws ApiError `conflict` while it runs */
  async reset(pipelineId: string): Promise<DeploymentView> {
    const deployment = this.#deployment(pipelineId);
    refuseWhileUnheard(deployment);
    if (!(await this.#serial(pipelineId).run(() => this.#reset(deployment)))) {
      throw new ApiError('conflict', 'It is running. Stop it, then reset it.');
    }
    return deployment.view();
  }

  /**
   * Removes what belongs to the pipeline in the log and on the disk, then lets `removePipeline` remove the documents, the deployment's
   * record among them.
   * @throws ApiError `conflict` while it runs
   */
  remove(pipelineId: string, removePipeline: (alsoKeys: readonly string[]) => Promise<void>): Promise<void> {
    return this.#serial(pipelineId).run(() => this.#remove(pipelineId, removePipeline));
  }

  async #remove(pipelineId: string, removePipeline: (alsoKeys: readonly string[]) => Promise<void>): Promise<void> {
    const deployment = this.#byPipeline.get(pipelineId);
    if (deployment === undefined) return removePipeline([]);
    refuseWhileUnheard(deployment);
    const done = await deployment.whileStill(async (keep) => {
      await this.#clear(deployment, keep);
      const owned = (await this.#parts.log.topics()).filter(({ owner }) => owner === pipelineId);
      await this.#parts.log.deleteTopics(owned.map(({ name }) => name));
      await removePipeline([deploymentKeyPrefix + pipelineId]);
      this.#byPipeline.delete(pipelineId);
    });
    if (!done) throw new ApiError('conflict', 'It is running. Stop it, then delete it.');
    this.#signal(pipelineId).raise();
  }

  /** One frame now, then one whenever something changed. A reader that is late gets the newest. */
  async *live(pipelineId: string, signal: AbortSignal): AsyncGenerator<LiveFrame> {
    this.#parts.pipeline(pipelineId);
    const changes = this.#signal(pipelineId);
    while (!signal.aborted) {
      const seen = changes.version;
      yield await this.#frame(pipelineId);
      const state = this.state(pipelineId);
      const isIdle = state === null || state === 'stopped' || state === 'failed';
      await changes.after(seen, isIdle ? idleFrameMs : frameMs, signal);
    }
  }

  async query(pipelineId: string, query: StoreQuery): Promise<StorePage> {
    const deployment = this.#byPipeline.get(pipelineId);
    if (deployment === undefined) {
      this.#parts.pipeline(pipelineId);
      const coverage = { answered: 0, partitions: 0, refusals: [{ taskId: '', reason: 'not-running' as const }] };
      const nothing = { rows: [], next: null, entries: 0, windows: [], streamTime: null, graceMs: null };
      return { ...nothing, coverage, position: '', readAtMs: this.#parts.nowMs(), isLive: false, problem: null };
    }
    return deployment.query(query);
  }

  /** Tells every worker but the one of `except` that topics have grown. */
  tellAppended(topics: readonly string[], except: string | null): void {
    for (const [pipelineId, deployment] of this.#byPipeline) {
      if (pipelineId !== except) deployment.tellAppended(topics);
    }
  }

  /** Stops all workers; what ran runs again when a server starts on this directory. */
  async shutDown(): Promise<void> {
    await Promise.all([...this.#byPipeline.values()].map((deployment) => deployment.shutDown()));
  }

  /** Another server has taken over: workers commit and leave to its workers what they had. */
  async handOver(reason: string): Promise<void> {
    await Promise.all([...this.#byPipeline.values()].map((deployment) => deployment.handOver(reason)));
  }

  #add(pipelineId: string, record: DeploymentRecord): Deployment {
    const deployment = new Deployment(pipelineId, record, { ...this.#ports, changed: this.#signal(pipelineId) });
    this.#byPipeline.set(pipelineId, deployment);
    return deployment;
  }

  #deployment(pipelineId: string): Deployment {
    const deployment = this.#byPipeline.get(pipelineId);
    if (deployment === undefined) throw new ApiError('not-found', 'It has not been deployed yet.');
    return deployment;
  }

  #serial(pipelineId: string): Serial {
    const known = this.#changes.get(pipelineId) ?? new Serial();
    this.#changes.set(pipelineId, known);
    return known;
  }

  #signal(pipelineId: string): ChangeSignal {
    const known = this.#signals.get(pipelineId);
    if (known !== undefined) return known;
    const signal = new ChangeSignal();
    this.#signals.set(pipelineId, signal);
    return signal;
  }

  async #plan(pipeline: Pipeline): Promise<PlannedDeployment> {
    const { log, catalogue } = this.#parts;
    const record = this.#byPipeline.get(pipeline.id)?.record ?? null;
    const committed = await Promise.all((record?.tasks ?? []).map((taskId) => log.committed(pipeline.id, taskId)));
    return planDeployment(
      pipeline,
      topicCatalogue(await catalogue.topics()),
      await log.topics(),
      record,
      committed.some((task) => task !== null),
    );
  }

  /** A state that was cleared in part does not fit the positions: what runs on it would count records twice. */
  async #finishReset(pipelineId: string): Promise<void> {
    const deployment = this.#byPipeline.get(pipelineId);
    if (deployment?.record.resetting) await this.#reset(deployment);
  }

  #reset(deployment: Deployment): Promise<boolean> {
    return deployment.whileStill(async (keep) => {
      await this.#clear(deployment, keep);
      await keep('deployment.reset', { ...deployment.record, failure: null, signatures: [], resetting: false });
    });
  }

  /** Each step may be done again: the record says that a reset began, so one that is cut short is finished at the next start. */
  async #clear(
    deployment: Deployment,
    keep: (action: string, record: DeploymentRecord) => Promise<void>,
  ): Promise<void> {
    const { log, fleet, dataDirectory } = this.#parts;
    const { pipelineId, record } = deployment;
    const cleared = { desired: 'stopped', failure: null, stateId: randomUUID(), resetting: true } as const;
    await keep('deployment.clear', { ...record, ...cleared });
    await fleet.whileOwning(pipelineId, record.tasks, async () => {
      await log.resetTasks(pipelineId, record.tasks);
      const state = (await log.topics()).filter(({ owner, role }) => owner === pipelineId && stateRoles.has(role));
      const isUsed = ({ name }: TopicDescription): boolean =>
        record.topology.topics.some((topic) => topic.name === name);
      await log.truncate(state.filter(isUsed).map(({ name }) => name));
      await log.deleteTopics(state.filter((topic) => !isUsed(topic)).map(({ name }) => name));
    });
    await dataDirectory.removeState(pipelineId);
    deployment.board.clear();
  }

  async #frame(pipelineId: string): Promise<LiveFrame> {
    const deployment = this.#byPipeline.get(pipelineId);
    const atMs = this.#parts.nowMs();
    if (deployment === undefined) {
      return { pipelineId, atMs, deployment: null, nodes: [], stores: [], topics: [], worker: null };
    }
    return deployment.board.frame(deployment.view(), await this.#topicsNow(), atMs);
  }

  /** One look into the log serves all readers of a moment. While it takes long, they see what the last one saw. */
  async #topicsNow(): Promise<ReadonlyMap<string, TopicDescription>> {
    const { topicsFreshMs, nowMs } = this.#parts;
    if (this.#topicsRefresh === null && nowMs() - this.#topicsAtMs >= topicsFreshMs) {
      this.#topicsAtMs = nowMs();
      this.#topicsRefresh = this.#refreshTopics().finally(() => {
        this.#topicsRefresh = null;
      });
    }
    if (this.#topics === null) await this.#topicsRefresh;
    else if (this.#topicsRefresh !== null) await Promise.race([this.#topicsRefresh, pause(topicsWithinMs)]);
    return this.#topics ?? new Map();
  }

  async #refreshTopics(): Promise<void> {
    try {
      this.#topics = new Map((await this.#parts.log.topics()).map((topic) => [topic.name, topic]));
    } catch (error) {
      // While no broker answers, the rest of a frame says more than an error would.
      if (this.#topics === null || !(error instanceof LogError) || !error.retriable) throw error;
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @throws ApiError `conflict` while a worker may still run that cannot be reached: it would go on with what is removed */
function refuseWhileUnheard({ unheard }: Deployment): void {
  if (unheard.length === 0) return;
  throw new ApiError(
    'conflict',
    `${unheard.join(', ')} ${unheard.length === 1 ? 'has' : 'have'} not confirmed the stop and may still run it. ` +
      'Connect again what is away, or end it on its machine and try again in five minutes.',
  );
}

function refusalOf(plan: DeployPlan): ApiError {
  const errors = plan.diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    return new ApiError(
      'invalid',
      errors.map(({ node, message }) => (node === null ? message : `${node}: ${message}`)).join('\n'),
    );
  }
  const reasons = plan.stores.flatMap(({ fate, reason }) => (fate === 'refused' && reason !== null ? [reason] : []));
  return new ApiError('conflict', reasons.join('\n'));
}
