import { type Pipeline, pipelineSchema } from '@millrace/engine';

/** Counts records of a topic by a key of their own, so through a repartition topic, for as long as it lives. */
export function countsPipeline(id: string, input = `${id}-in`, output = `${id}-out`): Pipeline {
  return pipelineSchema.parse({
    formatVersion: 1,
    id,
    name: 'Counts',
    nodes: [
      { id: 'in', kind: 'source', name: 'in', config: { topic: input } },
      {
        id: 'count',
        kind: 'aggregate',
        name: 'count',
        config: { by: 'value.group', window: 'none', aggregations: [{ name: 'n', function: 'count' }] },
      },
      { id: 'out', kind: 'sink', name: 'out', config: { topic: output, partitions: 2 } },
    ],
    edges: [
      { from: 'in.out', to: 'count.in' },
      { from: 'count.out', to: 'out.in' },
    ],
  });
}
