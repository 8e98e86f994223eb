import { type Pipeline, pipelineSchema } from '../pipeline/document.ts';
import type { PipelineSettings } from '../pipeline/pipeline-settings.ts';

/** Kind, config, and the node's own error policy. */
export type SketchedNode = readonly [kind: string, config?: object | undefined, errorPolicy?: string | undefined];

/**
 * A pipeline in few words, for tests. Nodes by id; edges as `from > to`, where an end without a port means `out` and `in`:
 * `sketch('p', { a: ['source', { topic: 't' }], b: ['sink', { topic: 'u' }] }, ['a > b'])`.
 */
export function sketch(
  id: string,
  nodes: { readonly [id: string]: SketchedNode },
  edges: readonly string[],
  settings: Partial<PipelineSettings> = {},
): Pipeline {
  const end = (text: string, port: string): string => (text.includes('.') ? text : `${text}.${port}`);
  return pipelineSchema.parse({
    formatVersion: 1,
    id,
    name: id,
    nodes: Object.entries(nodes).map(([nodeId, [kind, config, errorPolicy]]) => ({
      id: nodeId,
      kind,
      name: nodeId,
      config: config ?? {},
      ...(errorPolicy === undefined ? {} : { errorPolicy }),
    })),
    edges: edges.map((edge) => {
      const [from = '', to = ''] = edge.split('>').map((part) => part.trim());
      return { from: end(from, 'out'), to: end(to, 'in') };
    }),
    settings,
  });
}
