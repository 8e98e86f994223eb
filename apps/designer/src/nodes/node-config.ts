import { nodeKind, type PipelineNode } from '@millrace/engine';

const known = new WeakMap<PipelineNode['config'], unknown>();

/** The config of a node as its kind takes it; undefined while the kind does not take it. */
export function configOf(node: Pick<PipelineNode, 'kind' | 'config'>): unknown {
  if (known.has(node.config)) return known.get(node.config);
  const parsed = nodeKind(node.kind)?.config.safeParse(node.config);
  const config = parsed?.success === true ? parsed.data : undefined;
  known.set(node.config, config);
  return config;
}
