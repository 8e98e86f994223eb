import type { CatalogueRecord, PipelineNode, PortType } from '@millrace/engine';
import { useMemo } from 'react';
import { useCatalogue } from '../document/catalogue-store.ts';
import { useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import type { LatestRoots } from '../expression-editor/latest-value.ts';
import { textOf } from '../nodes/node-face.ts';
import { nodeOf, wiredTo } from '../nodes/pipeline-index.ts';
import { portsOf } from '../nodes/ports.ts';

/** One input of a node: what is wired to it, what arrives, and the newest record where a topic is right before it. */
export interface NodeInput {
  readonly port: string;
  readonly title: string;
  readonly fromName: string | null;
  readonly fromNode: string | null;
  readonly type: PortType | null;
  readonly latest: CatalogueRecord | null;
  /** The root that stands for the value of this input in the node's expressions. */
  readonly root: 'value' | 'left' | 'right';
}

export function useNodeInputs(node: PipelineNode): readonly NodeInput[] {
  const edges = useDocument((state) => state.pipeline?.edges);
  const nodes = useDocument((state) => state.pipeline?.nodes);
  const outputs = useValidation((state) => state.outputs);
  const topics = useCatalogue((state) => state.topics);
  return useMemo(() => {
    if (edges === undefined || nodes === undefined) return [];
    const ports = portsOf(node).inputs;
    return ports.map(({ name, title }): NodeInput => {
      const end = wiredTo({ edges }, node.id, name);
      const from = end === null ? null : nodeOf({ nodes }, end);
      const topic = from?.kind === 'source' ? textOf(from.config, 'topic') : null;
      return {
        port: name,
        title,
        fromName: from?.name ?? null,
        fromNode: from?.id ?? null,
        type: end === null ? null : (outputs.get(end) ?? null),
        latest: topic === null ? null : (topics.find((candidate) => candidate.name === topic)?.latest[0] ?? null),
        root: name === 'left' || name === 'right' ? name : 'value',
      };
    });
  }, [edges, nodes, outputs, topics, node]);
}

/** The values of the roots for completion, as far as the newest records are at hand. */
export function latestRoots(inputs: readonly NodeInput[]): LatestRoots {
  const roots: Record<string, unknown> = {};
  for (const input of inputs) {
    // Of several inputs with the same root, which one an expression is about depends on where it stands.
    if (input.latest === null || (input.root === 'value' && inputs.length > 1)) continue;
    roots[input.root] = input.latest.value;
    if (input.root !== 'right') {
      roots.key = input.latest.key;
      roots.timestamp = input.latest.timestamp;
    }
  }
  return roots;
}
