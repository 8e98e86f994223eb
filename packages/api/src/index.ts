export type { ApiContext } from './context.ts';
export { ApiError, type ApiErrorCode } from './errors.ts';
export { type ApiRouter, apiRouter } from './router.ts';
export { createCallerFactory } from './trpc.ts';
export {
  type CatalogueRecord,
  type CatalogueTopic,
  type DeploymentState,
  type DeploymentView,
  type DeployPlan,
  deploymentStates,
  type ExampleView,
  type LiveFrame,
  type LostRecords,
  type NodeLive,
  type NodeRates,
  type PipelineSummary,
  type PipelineView,
  type RestoredRecords,
  type StoreLive,
  type StorePage,
  type SystemView,
  type TaskView,
  type Thumbnail,
  type TopicView,
  type WorkerView,
} from './views.ts';
