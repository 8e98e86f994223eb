import type { InputPartitioning, Partitioning } from '../nodes/partitioning.ts';
import { type PipelineEdge, type PipelineNode, parseEndpoint } from './document.ts';

/** What becomes of the keys of a node's records, as far as the places of records in the log depend on it. */
export interface NodeKeys {
  readonly partitioning: Partitioning;
  /** The ends `node.port` that feed the inputs, by port. */
  readonly from: ReadonlyMap<string, string>;
  /** Inputs whose records move through an internal topic on their way in. */
  readonly moved: ReadonlySet<string>;
  /** Records leave with a key that was changed since they last came from the log. */
  readonly hasNewKey: boolean;
}

/** Follows keys from the sources on. `order` has every node after those that feed it; a node of unknown partitioning is left out. */
export function followKeys(
  order: readonly PipelineNode[],
  edges: readonly PipelineEdge[],
  partitioningOf: (node: PipelineNode) => Partitioning | undefined,
): ReadonlyMap<string, NodeKeys> {
  const into = new Map<string, Map<string, string>>();
  for (const edge of edges) {
    const to = parseEndpoint(edge.to);
    const others = into.get(to.node) ?? new Map<string, string>();
    into.set(to.node, others);
    // Where several edges lead into one input, the first counts.
    if (!others.has(to.port)) others.set(to.port, edge.from);
  }
  const keys = new Map<string, NodeKeys>();
  for (const node of order) {
    const partitioning = partitioningOf(node);
    if (partitioning === undefined) continue;
    const from = into.get(node.id) ?? noEnds;
    const moved = new Set<string>();
    let hasNewKey = typeof partitioning.newKey === 'string';
    for (const [port, end] of from) {
      const arrivesWithNewKey = keys.get(parseEndpoint(end).node)?.hasNewKey ?? false;
      const input = inputOf(partitioning, port);
      if (typeof input === 'object' || (isByKey(input) && arrivesWithNewKey)) moved.add(port);
      if (input === 'keeps' && arrivesWithNewKey) hasNewKey = true;
    }
    keys.set(node.id, { partitioning, from, moved, hasNewKey });
  }
  return keys;
}

/** What a node does with the records of an input. */
export function inputOf({ inputs }: Partitioning, port: string): InputPartitioning {
  return inputs !== undefined && Object.hasOwn(inputs, port) ? (inputs[port] ?? 'keeps') : 'keeps';
}

/** Whether equal keys of the records of an input must lie together where they are, without being moved for it. */
export function isMetByKey({ partitioning, moved }: NodeKeys, port: string): boolean {
  return isByKey(inputOf(partitioning, port)) && !moved.has(port);
}

function isByKey(input: InputPartitioning): boolean {
  return input === 'by-key' || input === 'by-key-once';
}

const noEnds: ReadonlyMap<string, string> = new Map();
