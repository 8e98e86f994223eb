import { ApiError, type DeploymentState, type PipelineSummary, type PipelineView } from '@millrace/api';
import { type Pipeline, readPipeline } from '@millrace/engine';
import { z } from 'zod';
import type { ControlLog } from '../control/control-log.ts';
import { Serial } from '../control/serial.ts';
import type { Logger } from '../logger.ts';
import { thumbnailOf } from './thumbnail.ts';

const keptSchema = z.object({ pipeline: z.unknown(), revision: z.number().int(), updatedAtMs: z.number() });
const keyPrefix = 'pipeline/';

/** The pipelines people drew, each with a revision that counts its changes. */
export class Pipelines {
  readonly #control: ControlLog;
  readonly #nowMs: () => number;
  readonly #byId: Map<string, PipelineView>;
  readonly #changes = new Serial();

  private constructor(control: ControlLog, nowMs: () => number, byId: Map<string, PipelineView>) {
    this.#control = control;
    this.#nowMs = nowMs;
    this.#byId = byId;
  }

  static open(control: ControlLog, nowMs: () => number, logger: Logger): Pipelines {
    const byId = new Map<string, PipelineView>();
    for (const [id, document] of control.documents(keyPrefix)) {
      const { pipeline, revision, updatedAtMs } = keptSchema.parse(document);
      const read = readPipeline(pipeline);
      if (read.ok) byId.set(id, { pipeline: read.pipeline, revision, updatedAtMs });
      else
        logger.error({ pipeline: id, diagnostics: read.diagnostics }, 'a kept pipeline cannot be read and is left out');
    }
    return new Pipelines(control, nowMs, byId);
  }

  /** Newest change first. */
  list(deploymentState: (pipelineId: string) => DeploymentState | null): readonly PipelineSummary[] {
    return [...this.#byId.values()]
      .sort((left, right) => right.updatedAtMs - left.updatedAtMs || (left.pipeline.id < right.pipeline.id ? -1 : 1))
      .map(({ pipeline, revision, updatedAtMs }) => ({
        id: pipeline.id,
        name: pipeline.name,
        description: pipeline.description,
        revision,
        updatedAtMs,
        nodeCount: pipeline.nodes.length,
        thumbnail: thumbnailOf(pipeline),
        deployment: deploymentState(pipeline.id),
      }));
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** @throws ApiError `not-found` */
  get(id: string): PipelineView {
    const view = this.#byId.get(id);
    if (view === undefined) throw new ApiError('not-found', `There is no pipeline ${id}. It may have been deleted.`);
    return view;
  }

  /** The id is made free by a number at its end if it is taken. */
  create(pipeline: Pipeline): Promise<PipelineView> {
    return this.#changes.run(async () => {
      const id = this.#freeId(pipeline.id);
      return this.#put('pipeline.create', { pipeline: { ...pipeline, id }, revision: 1, updatedAtMs: this.#nowMs() });
    });
  }

  /** @throws ApiError `not-found`; `conflict` when somebody else saved since `expectedRevision` */
  save(pipeline: Pipeline, expectedRevision: number): Promise<PipelineView> {
    return this.#changes.run(async () => {
      const { revision } = this.get(pipeline.id);
      if (revision !== expectedRevision) {
        throw new ApiError(
          'conflict',
          `${pipeline.name} was changed elsewhere: revision ${revision} is kept, yours is based on ${expectedRevision}. Load it again, then make your change.`,
        );
      }
      return this.#put('pipeline.save', { pipeline, revision: revision + 1, updatedAtMs: this.#nowMs() });
    });
  }

  /** Only the name changes; ids, and so the names of stores and topics, stay. */
  rename(id: string, name: string): Promise<PipelineView> {
    return this.#changes.run(async () => {
      const { pipeline, revision } = this.get(id);
      return this.#put('pipeline.rename', {
        pipeline: { ...pipeline, name },
        revision: revision + 1,
        updatedAtMs: this.#nowMs(),
      });
    });
  }

  /** @param also keys of other documents that go in the same change */
  remove(id: string, also: readonly string[]): Promise<void> {
    return this.#changes.run(async () => {
      this.get(id);
      const keys = [keyPrefix + id, ...also];
      await this.#control.change(
        'pipeline.remove',
        keys.map((key) => ({ key, document: null })),
      );
      this.#byId.delete(id);
    });
  }

  async #put(action: string, view: PipelineView): Promise<PipelineView> {
    await this.#control.change(action, [{ key: keyPrefix + view.pipeline.id, document: view }]);
    this.#byId.set(view.pipeline.id, view);
    return view;
  }

  #freeId(wanted: string): string {
    if (!this.#byId.has(wanted)) return wanted;
    for (let number = 2; ; number++) {
      const ending = `-${number}`;
      const id = wanted.slice(0, 63 - ending.length) + ending;
      if (!this.#byId.has(id)) return id;
    }
  }
}
