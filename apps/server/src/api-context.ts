import type { ApiContext, SystemView } from '@millrace/api';
import type { Log } from '@millrace/engine';
import type { ExampleLibrary } from './examples/example-library.ts';
import type { Deployments } from './fleet/deployments.ts';
import type { Pipelines } from './pipelines/pipelines.ts';
import type { Catalogue } from './topics/catalogue.ts';
import { listTopics, newestRecords } from './topics/topic-listing.ts';

/** Joins what the API asks for with those who know it. */
export function createApiContext(parts: {
  readonly system: SystemView;
  readonly log: Log;
  readonly pipelines: Pipelines;
  readonly examples: ExampleLibrary;
  readonly catalogue: Catalogue;
  readonly deployments: Deployments;
}): ApiContext {
  const { system, log, pipelines, examples, catalogue, deployments } = parts;
  return {
    system: { info: () => system },
    pipelines: {
      list: () => pipelines.list((id) => deployments.state(id)),
      get: (id) => pipelines.get(id),
      create: (pipeline) => pipelines.create(pipeline),
      save: (pipeline, expectedRevision) => pipelines.save(pipeline, expectedRevision),
      rename: (id, name) => pipelines.rename(id, name),
      remove: (id) => {
        pipelines.get(id);
        return deployments.remove(id, (alsoKeys) => pipelines.remove(id, alsoKeys));
      },
    },
    examples: { list: () => examples.list(), read: (id) => examples.pipeline(id) },
    topics: {
      list: () => listTopics(log),
      catalogue: () => catalogue.topics(),
      newest: (topic, limit) => newestRecords(log, topic, limit),
    },
    deployments: {
      plan: (id) => deployments.plan(id),
      deploy: (id) => deployments.deploy(id),
      stop: (id) => deployments.stop(id),
      start: (id) => deployments.start(id),
      reset: (id) => deployments.reset(id),
      live: (id, signal) => deployments.live(id, signal),
    },
    stores: { query: (id, query) => deployments.query(id, query) },
  };
}
