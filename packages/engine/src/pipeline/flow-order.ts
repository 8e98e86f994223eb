import { type PipelineEdge, type PipelineNode, parseEndpoint } from './document.ts';

/**
 * The nodes so that each comes after all that feed it, ties in document order (Kahn's algorithm), and, if there is a cycle, the nodes of
 * one, in the direction of flow. Nodes on and behind cycles are not in the order.
 */
export function flowOrder(
  nodes: readonly PipelineNode[],
  edges: readonly PipelineEdge[],
): { readonly order: readonly PipelineNode[]; readonly cycle: readonly PipelineNode[] } {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const following = new Map<string, string[]>();
  const waitingFor = new Map<string, number>();
  for (const edge of edges) {
    const from = parseEndpoint(edge.from).node;
    const to = parseEndpoint(edge.to).node;
    const others = following.get(from);
    if (others === undefined) following.set(from, [to]);
    else others.push(to);
    waitingFor.set(to, (waitingFor.get(to) ?? 0) + 1);
  }
  const order: PipelineNode[] = [];
  const ready = [...byId.keys()].filter((id) => !waitingFor.has(id));
  for (let at = 0; at < ready.length; at++) {
    const id = ready[at] as string;
    order.push(byId.get(id) as PipelineNode);
    for (const next of following.get(id) ?? []) {
      const left = (waitingFor.get(next) ?? 0) - 1;
      waitingFor.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  if (order.length === byId.size) return { order, cycle: [] };
  return { order, cycle: findCycle(new Set(order.map((node) => node.id)), byId, edges) };
}

/**
 * Walks backwards from any node that could not be ordered: such a node has a predecessor that could not be ordered either, so the walk
 * comes back to where it has been, and what lies between is a cycle.
 */
function findCycle(
  ordered: ReadonlySet<string>,
  byId: ReadonlyMap<string, PipelineNode>,
  edges: readonly PipelineEdge[],
): readonly PipelineNode[] {
  const stuckPredecessor = new Map<string, string>();
  for (const edge of edges) {
    const from = parseEndpoint(edge.from).node;
    const to = parseEndpoint(edge.to).node;
    if (!ordered.has(from) && !ordered.has(to)) stuckPredecessor.set(to, from);
  }
  const [start] = stuckPredecessor.keys();
  if (start === undefined) return [];
  const visitedAt = new Map<string, number>();
  const walk: string[] = [];
  for (let at: string | undefined = start; at !== undefined && !visitedAt.has(at); at = stuckPredecessor.get(at)) {
    visitedAt.set(at, walk.length);
    walk.push(at);
  }
  const last = stuckPredecessor.get(walk[walk.length - 1] as string) as string;
  return walk
    .slice(visitedAt.get(last) ?? 0)
    .reverse()
    .map((id) => byId.get(id) as PipelineNode);
}
