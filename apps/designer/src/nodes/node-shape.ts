import type { PipelineNode } from '@millrace/engine';
import { useValidation } from '../document/validation-store.ts';
import { textOf } from './node-face.ts';
import { portsOf } from './ports.ts';

/** What comes out of a node, which its tile, ports, outline glyph and dot all say: round flows, square holds, a half-disc ends. */
export type NodeShape = 'stream' | 'table' | 'end';

/** Before the types are known, what the kind's config lets one expect. */
export function expectedShape(node: PipelineNode): NodeShape {
  if (portsOf(node).outputs.length === 0) return 'end';
  return node.kind === 'aggregate' || textOf(node.config, 'readAs') === 'table' ? 'table' : 'stream';
}

export function shapeWithin(
  node: PipelineNode,
  outputs: ReadonlyMap<string, { readonly shape: 'stream' | 'table' }>,
): NodeShape {
  const [output] = portsOf(node).outputs;
  const known = output === undefined ? undefined : outputs.get(`${node.id}.${output.name}`);
  return known?.shape ?? expectedShape(node);
}

export function useNodeShape(node: PipelineNode): NodeShape {
  return useValidation((state) => shapeWithin(node, state.outputs));
}
