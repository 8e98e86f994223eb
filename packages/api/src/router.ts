import { emptyPipeline, idPattern, pipelineSchema, storeQuerySchema } from '@millrace/engine';
import { z } from 'zod';
import { procedure, router } from './trpc.ts';

const id = z.string().regex(idPattern);
const name = z.string().trim().min(1).max(120);
const byPipeline = z.strictObject({ pipelineId: id });

const system = router({ info: procedure.query(({ ctx }) => ctx.system.info()) });

const pipelines = router({
  list: procedure.query(({ ctx }) => ctx.pipelines.list()),
  get: procedure.input(z.strictObject({ id })).query(({ ctx, input }) => ctx.pipelines.get(input.id)),
  /** A new, empty pipeline. */
  create: procedure
    .input(z.strictObject({ id, name }))
    .mutation(({ ctx, input }) => ctx.pipelines.create(emptyPipeline(input.id, input.name))),
  /** A pipeline from a document: a file of one's own. */
  import: procedure
    .input(z.strictObject({ pipeline: pipelineSchema }))
    .mutation(({ ctx, input }) => ctx.pipelines.create(input.pipeline)),
  save: procedure
    .input(z.strictObject({ pipeline: pipelineSchema, expectedRevision: z.number().int() }))
    .mutation(({ ctx, input }) => ctx.pipelines.save(input.pipeline, input.expectedRevision)),
  rename: procedure
    .input(z.strictObject({ id, name }))
    .mutation(({ ctx, input }) => ctx.pipelines.rename(input.id, input.name)),
  remove: procedure.input(z.strictObject({ id })).mutation(({ ctx, input }) => ctx.pipelines.remove(input.id)),
});

const examples = router({
  list: procedure.query(({ ctx }) => ctx.examples.list()),
  /** Makes a pipeline of one's own from the example. */
  open: procedure
    .input(z.strictObject({ id }))
    .mutation(({ ctx, input }) => ctx.pipelines.create(ctx.examples.read(input.id))),
});

const topics = router({
  list: procedure.query(({ ctx }) => ctx.topics.list()),
  catalogue: procedure.query(({ ctx }) => ctx.topics.catalogue()),
  newest: procedure
    .input(z.strictObject({ topic: z.string().min(1).max(249), limit: z.number().int().min(1).max(200).default(50) }))
    .query(({ ctx, input }) => ctx.topics.newest(input.topic, input.limit)),
});

const deployments = router({
  plan: procedure.input(byPipeline).query(({ ctx, input }) => ctx.deployments.plan(input.pipelineId)),
  deploy: procedure.input(byPipeline).mutation(({ ctx, input }) => ctx.deployments.deploy(input.pipelineId)),
  stop: procedure.input(byPipeline).mutation(({ ctx, input }) => ctx.deployments.stop(input.pipelineId)),
  start: procedure.input(byPipeline).mutation(({ ctx, input }) => ctx.deployments.start(input.pipelineId)),
  reset: procedure.input(byPipeline).mutation(({ ctx, input }) => ctx.deployments.reset(input.pipelineId)),
  live: procedure.input(byPipeline).subscription(async function* ({ ctx, input, signal }) {
    yield* ctx.deployments.live(input.pipelineId, signal ?? new AbortController().signal);
  }),
});

const stores = router({
  query: procedure
    .input(z.strictObject({ pipelineId: id, query: storeQuerySchema }))
    .query(({ ctx, input }) => ctx.stores.query(input.pipelineId, input.query)),
});

export const apiRouter = router({ system, pipelines, examples, topics, deployments, stores });
export type ApiRouter = typeof apiRouter;
