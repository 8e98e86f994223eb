import type { Diagnostic, Pipeline, PipelineEdge, PipelineNode } from '@millrace/engine';
import { parseEndpoint } from '@millrace/engine';
import { Position } from '@xyflow/react';
import { edgeId, flowOrder } from '../document/commands.ts';
import { portsOf } from '../nodes/ports.ts';
import { words } from '../words.ts';
import type { FlowEdge } from './pipeline-edge.tsx';
import { type FlowNode, nodeSize } from './pipeline-node.tsx';
import { hitWidth, portPlaces } from './port-places.ts';
import { portReach } from './port-reach.ts';

interface MadeNode {
  readonly node: PipelineNode;
  readonly x: number;
  readonly y: number;
  readonly isSelected: boolean;
  readonly label: string;
  readonly flow: FlowNode;
}

/**
 * The elements that the canvas library draws, made of the document. One that did not change is the same object as before, so that
 * dragging one node of hundreds touches one.
 */
export class FlowElements {
  #nodes = new Map<string, MadeNode>();
  #edges = new Map<string, FlowEdge>();

  /** In the order of the flow, which is the order of the Tab key. */
  nodes(
    pipeline: Pipeline,
    selected: ReadonlySet<string>,
    byNode: ReadonlyMap<string, readonly Diagnostic[]>,
  ): FlowNode[] {
    const places = new Map(pipeline.layout.nodes.map((place) => [place.id, place]));
    const byId = new Map(pipeline.nodes.map((node) => [node.id, node]));
    const made = new Map<string, MadeNode>();
    flowOrder(pipeline).forEach((id, index) => {
      const node = byId.get(id);
      if (node === undefined) return;
      // A document without a place for a node still shows it.
      const { x, y } = places.get(id) ?? { x: (index % 4) * 296, y: Math.floor(index / 4) * 144 };
      const isSelected = selected.has(id);
      const label = labelOf(node, byNode.get(id) ?? []);
      const known = this.#nodes.get(id);
      const isSame =
        known?.node === node &&
        known.x === x &&
        known.y === y &&
        known.isSelected === isSelected &&
        known.label === label;
      made.set(id, isSame ? known : { node, x, y, isSelected, label, flow: flowNode(node, x, y, isSelected, label) });
    });
    this.#nodes = made;
    return [...made.values()].map((entry) => entry.flow);
  }

  edges(pipeline: Pipeline, selected: ReadonlySet<string>): FlowEdge[] {
    const made = new Map<string, FlowEdge>();
    for (const edge of pipeline.edges) {
      const id = edgeId(edge);
      const isSelected = selected.has(id);
      const known = this.#edges.get(id);
      made.set(
        id,
        known?.data?.edge === edge && known.selected === isSelected ? known : flowEdge(pipeline, edge, id, isSelected),
      );
    }
    this.#edges = made;
    return [...made.values()];
  }
}

/** How a node is read out: `delayed-only, filter, 1 problem: no field delays`. */
function labelOf(node: PipelineNode, diagnostics: readonly Diagnostic[]): string {
  const problems = diagnostics.filter((found) => found.severity !== 'note');
  const [first] = problems;
  return (
    words.node.label(node.name, node.kind) +
    (first === undefined ? '' : words.node.labelProblems(problems.length, first.message))
  );
}

function flowNode(node: PipelineNode, x: number, y: number, selected: boolean, label: string): FlowNode {
  const { inputs, outputs } = portsOf(node);
  const handles = (ports: readonly { readonly name: string }[], type: 'source' | 'target') => {
    const places = portPlaces(ports.length);
    const width = hitWidth(ports.length);
    return ports.map(({ name }, index) => ({
      id: name,
      type,
      position: type === 'source' ? Position.Bottom : Position.Top,
      x: (places[index] ?? 0) - width / 2,
      y: (type === 'source' ? nodeSize.height : 0) - portReach,
      width,
      height: 2 * portReach,
    }));
  };
  return {
    id: node.id,
    type: 'pipeline',
    position: { x, y },
    data: { node },
    selected,
    ariaLabel: label,
    ...nodeSize,
    measured: { ...nodeSize },
    handles: [...handles(inputs, 'target'), ...handles(outputs, 'source')],
  };
}

function flowEdge(pipeline: Pipeline, edge: PipelineEdge, id: string, selected: boolean): FlowEdge {
  const from = parseEndpoint(edge.from);
  const to = parseEndpoint(edge.to);
  const nameOf = (node: string): string => pipeline.nodes.find((candidate) => candidate.id === node)?.name ?? node;
  return {
    id,
    type: 'pipeline',
    source: from.node,
    sourceHandle: from.port,
    target: to.node,
    targetHandle: to.port,
    data: { edge },
    selected,
    ariaLabel: words.canvas.edge(nameOf(from.node), nameOf(to.node)),
  };
}
