import type { Pipeline, StoreQuery } from '@millrace/engine';
import type {
  CatalogueRecord,
  CatalogueTopic,
  DeploymentView,
  DeployPlan,
  ExampleView,
  LiveFrame,
  PipelineSummary,
  PipelineView,
  StorePage,
  SystemView,
  TopicView,
} from './views.ts';

/** The ports of the API: what the host must be able to do. They throw {@link ApiError} for what the caller can act on. */
export interface ApiContext {
  readonly system: { info(): SystemView };
  readonly pipelines: {
    list(): readonly PipelineSummary[];
    get(id: string): PipelineView;
    /** Stores a new pipeline; its id is made free by a number at the end if it is taken. */
    create(pipeline: Pipeline): Promise<PipelineView>;
    /** @throws ApiError `conflict` when the stored revision is not `expectedRevision`. */
    save(pipeline: Pipeline, expectedRevision: number): Promise<PipelineView>;
    rename(id: string, name: string): Promise<PipelineView>;
    /** @throws ApiError `conflict` while it is deployed and not stopped. */
    remove(id: string): Promise<void>;
  };
  readonly examples: { list(): readonly ExampleView[]; read(id: string): Pipeline };
  readonly topics: {
    list(): Promise<readonly TopicView[]>;
    catalogue(): Promise<readonly CatalogueTopic[]>;
    /** The newest records over all partitions, newest first. */
    newest(topic: string, limit: number): Promise<readonly CatalogueRecord[]>;
  };
  readonly deployments: {
    plan(pipelineId: string): Promise<DeployPlan>;
    deploy(pipelineId: string): Promise<DeploymentView>;
    stop(pipelineId: string): Promise<DeploymentView>;
    start(pipelineId: string): Promise<DeploymentView>;
    /** Of a stopped deployment: forget positions and state, so that the next start reads from the earliest records. Output is kept. */
    reset(pipelineId: string): Promise<DeploymentView>;
    /** Ends when the signal aborts. A slow reader gets only the newest frame. */
    live(pipelineId: string, signal: AbortSignal): AsyncIterable<LiveFrame>;
  };
  readonly stores: { query(pipelineId: string, query: StoreQuery): Promise<StorePage> };
}
