import { type Pipeline, type PipelineNode, parseEndpoint } from '@millrace/engine';

/** What is asked of a document's lists again and again, found once for each list: they never change, they are replaced. */
const nodesById = new WeakMap<Pipeline['nodes'], ReadonlyMap<string, PipelineNode>>();
const wiresByEnd = new WeakMap<Pipeline['edges'], Wires>();

interface Wires {
  /** The first `node.port` that feeds an input, by the input's `node.port`. */
  readonly into: ReadonlyMap<string, string>;
  readonly outOf: ReadonlySet<string>;
}

export function nodeById(nodes: Pipeline['nodes'], id: string): PipelineNode | null {
  let index = nodesById.get(nodes);
  if (index === undefined) {
    index = new Map(nodes.map((node) => [node.id, node]));
    nodesById.set(nodes, index);
  }
  return index.get(id) ?? null;
}

export function wiresOf(edges: Pipeline['edges']): Wires {
  let wires = wiresByEnd.get(edges);
  if (wires === undefined) {
    // The first edge counts where a document has two into one input: later ones do not replace it.
    const into = new Map(edges.toReversed().map((edge) => [edge.to, edge.from]));
    wires = { into, outOf: new Set(edges.map((edge) => edge.from)) };
    wiresByEnd.set(edges, wires);
  }
  return wires;
}

/** The node that an end `node.port` belongs to. */
export function nodeOf(pipeline: Pick<Pipeline, 'nodes'>, end: string): PipelineNode | null {
  return nodeById(pipeline.nodes, parseEndpoint(end).node);
}

/** The `node.port` that is wired to an input, or null. */
export function wiredTo(pipeline: Pick<Pipeline, 'edges'>, node: string, port: string): string | null {
  return wiresOf(pipeline.edges).into.get(`${node}.${port}`) ?? null;
}
