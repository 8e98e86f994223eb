import type { PortType } from '../topology/port-type.ts';
import type { TopicCatalogue } from '../topology/topic-catalogue.ts';
import type { Diagnostic } from './diagnostic.ts';
import { type Pipeline, type PipelineNode, parseEndpoint } from './document.ts';
import { gathersByNewKey, givesNewKey } from './key-change.ts';

/**
 * Where the partitioning of a flow comes from: a topic whose count is given, or an internal topic that planning makes with a fitting count
 * (`topic` null). A join makes one origin of its two.
 */
interface Origin {
  /** The origin that this one was made one with; itself otherwise. */
  same: Origin | null;
  topic: { readonly name: string; readonly partitions: number } | null;
}

/**
 * Equal keys of a join's inputs must lie in equal partitions. Follows each flow from the topic it comes from, through nodes that keep the
 * partitioning; where a node changes the key or gathers by another, planning writes an internal topic with the count that its joins ask
 * for, and all of them must ask for the same. `order` has every node after those that feed it.
 */
export function checkPartitions(
  pipeline: Pipeline,
  order: readonly PipelineNode[],
  catalogue: TopicCatalogue,
  outputs: ReadonlyMap<string, PortType>,
  report: (diagnostic: Diagnostic) => void,
): void {
  const into = new Map(pipeline.edges.map((edge) => [edge.to, edge.from]));
  const origins = new Map<string, Origin>();
  const originOf = (node: PipelineNode, port: string): Origin | undefined => {
    const from = into.get(`${node.id}.${port}`);
    const origin = from === undefined ? undefined : origins.get(parseEndpoint(from).node);
    return origin === undefined ? undefined : root(origin);
  };
  for (const node of order) {
    const origin = node.kind === 'join' ? undefined : (ownOrigin(node, catalogue) ?? originOf(node, 'in'));
    if (origin !== undefined) origins.set(node.id, origin);
    if (node.kind !== 'join') continue;
    const left = originOf(node, 'left');
    const right = originOf(node, 'right');
    const joined = left ?? right;
    if (joined !== undefined) origins.set(node.id, joined);
    if (left === undefined || right === undefined || left === right) continue;
    if (left.topic === null || right.topic === null || left.topic.partitions === right.topic.partitions) {
      left.topic ??= right.topic;
      right.same = left;
    } else if (outputs.has(`${node.id}.out`)) {
      report({
        code: 'unequal-partitions',
        severity: 'error',
        node: node.id,
        path: [],
        message: `${left.topic.name} has ${left.topic.partitions} partitions and ${right.topic.name} has ${right.topic.partitions}, so equal keys do not meet. Use topics with equal counts, or give the stream a new key in a map in front of the join.`,
      });
    }
  }
}

/** The origin that begins at this node; undefined when the node keeps that of its input. */
function ownOrigin(node: PipelineNode, catalogue: TopicCatalogue): Origin | undefined {
  if (node.kind === 'source') {
    const { topic } = node.config;
    return { same: null, topic: typeof topic === 'string' ? (catalogue.topic(topic) ?? null) : null };
  }
  return givesNewKey(node) || gathersByNewKey(node) ? { same: null, topic: null } : undefined;
}

function root(origin: Origin): Origin {
  let at = origin;
  while (at.same !== null) {
    if (at.same.same !== null) at.same = at.same.same;
    at = at.same;
  }
  return at;
}
