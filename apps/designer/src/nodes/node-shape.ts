import { type FlowShape, type NodeKindName, nodeKinds, type PipelineNode } from '@millrace/engine';
import { useMemo } from 'react';
import { useDocument } from '../document/document-store.ts';
import { useValidation } from '../document/validation-store.ts';
import { faceOf } from './faces.ts';
import { wiredTo } from './pipeline-index.ts';
import { portsOf } from './ports.ts';

/** What comes out of a node, which its tile, outline glyph and dot all say: round flows, square holds, a half-disc ends. */
export type NodeShape = FlowShape | 'end';

/** Before the types are known, what the kind's config lets one expect. */
export function expectedShape(node: PipelineNode): NodeShape {
  if (portsOf(node).outputs.length === 0) return 'end';
  return faceOf(node.kind)?.shape?.(node.config) ?? 'stream';
}

/** What comes out of a node of the kind that was just made. */
export function newNodeShape(kind: NodeKindName): NodeShape {
  return expectedShape({
    id: kind,
    kind,
    name: kind,
    config: nodeKinds[kind].initialConfig() as PipelineNode['config'],
  });
}

/** How the water of a flow is drawn: a global table is two lines like any other. */
export function drawnShape(shape: NodeShape): 'stream' | 'table' {
  return shape === 'table' || shape === 'global' ? 'table' : 'stream';
}

export function shapeWithin(
  node: PipelineNode,
  outputs: ReadonlyMap<string, { readonly shape: FlowShape }>,
): NodeShape {
  const [output] = portsOf(node).outputs;
  const known = output === undefined ? undefined : outputs.get(`${node.id}.${output.name}`);
  return known?.shape ?? expectedShape(node);
}

/** The shapes of what arrives at a node, by input port, as far as they are known. */
export function useInputShapes(node: PipelineNode): ReadonlyMap<string, FlowShape> {
  const outputs = useValidation((state) => state.outputs);
  const edges = useDocument(({ pipeline }) => pipeline?.edges);
  return useMemo(() => {
    if (edges === undefined) return new Map();
    return new Map(
      portsOf(node).inputs.flatMap(({ name }) => {
        const shape = outputs.get(wiredTo({ edges }, node.id, name) ?? '')?.shape;
        return shape === undefined ? [] : [[name, shape] as const];
      }),
    );
  }, [node, edges, outputs]);
}

export function useNodeShape(node: PipelineNode): NodeShape {
  return useValidation((state) => shapeWithin(node, state.outputs));
}
