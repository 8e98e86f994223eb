import type { InputPartitioning } from '../nodes/partitioning.ts';
import type { PortType } from '../topology/port-type.ts';
import type { Diagnostic } from './diagnostic.ts';
import { type PipelineNode, parseEndpoint } from './document.ts';
import { inputOf, type NodeKeys } from './key-change.ts';

/**
 * Where the partitioning of a flow comes from: what has a count that is given, or an internal topic that planning makes with a fitting count
 * (`given` null). Where equal keys of two flows meet, their origins become one.
 */
interface Origin {
  /** The origin that this one was made one with; itself otherwise. */
  same: Origin | null;
  given: Given | null;
  /** Of a flow that was merged of several: theirs, until somebody needs equal keys together and so makes them one. */
  parts: readonly Origin[];
}

interface Given {
  /** As a sentence begins with it. */
  readonly name: string;
  readonly partitions: number;
}

/**
 * Equal keys that meet in a node must lie in equal partitions. Follows each flow from what it comes from, through nodes that keep the
 * partitioning; where records move through an internal topic, planning gives that the count that fits, and all who meet its records must
 * agree on one. `order` has every node after those that feed it.
 */
export function checkPartitions(
  order: readonly PipelineNode[],
  keys: ReadonlyMap<string, NodeKeys>,
  outputs: ReadonlyMap<string, PortType>,
  report: (diagnostic: Diagnostic) => void,
): void {
  const origins = new Map<string, Origin>();
  /** By output end: the topic into which its records move once for several nodes. */
  const shared = new Map<string, Origin>();
  const movedOrigin = (node: PipelineNode, flow: NodeKeys, end: string, input: InputPartitioning): Origin => {
    if (input !== 'by-key-once') return begin(movedInto(node, flow));
    const known = shared.get(end) ?? begin(null);
    shared.set(end, known);
    return known;
  };
  for (const node of order) {
    const flow = keys.get(node.id);
    if (flow === undefined) continue;
    const { partitioning, from, moved } = flow;
    const kept: Origin[] = [];
    let met: Origin | undefined;
    for (const [port, end] of from) {
      const input = inputOf(partitioning, port);
      if (input === 'apart') continue;
      const arriving = origins.get(parseEndpoint(end).node);
      const origin = moved.has(port) ? movedOrigin(node, flow, end, input) : arriving;
      if (origin === undefined) continue;
      if (input === 'keeps') {
        kept.push(origin);
        continue;
      }
      const conflict = unite(met === undefined ? [origin] : [met, origin]);
      met = root(origin);
      if (conflict !== null && arrivesWhole(flow, outputs)) reportConflict(node, conflict, flow, outputs, report);
    }
    const own = met ?? (partitioning.origin === undefined ? merged(kept) : begin(sourceOf(node, partitioning.origin)));
    if (own !== undefined) origins.set(node.id, own);
  }
}

/** A source's count is that of the topic, whatever the node is called; a generator has no topic. */
function sourceOf(node: PipelineNode, origin: NonNullable<NodeKeys['partitioning']['origin']> | null): Given | null {
  if (origin === null) return null;
  return { name: node.kind === 'source' ? origin.name : node.name, partitions: origin.partitions };
}

function movedInto(node: PipelineNode, { partitioning }: NodeKeys): Given | null {
  const { partitions } = partitioning;
  return partitions === undefined || partitions === null ? null : { name: node.name, partitions };
}

function begin(given: Given | null): Origin {
  return { same: null, given, parts: [] };
}

function merged(origins: readonly Origin[]): Origin | undefined {
  const [first] = origins;
  return origins.length < 2 ? first : { same: null, given: null, parts: origins };
}

/** Makes the origins one. Gives two counts that stand against it, if there are such; everything else is made one all the same. */
function unite(origins: readonly Origin[]): readonly [Given, Given] | null {
  let whole: Origin | null = null;
  let conflict: readonly [Given, Given] | null = null;
  const waiting = origins.toReversed();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const origin = root(next);
    if (whole === null) whole = origin;
    else if (origin !== whole) {
      if (whole.given !== null && origin.given !== null && whole.given.partitions !== origin.given.partitions) {
        conflict ??= [whole.given, origin.given];
      }
      whole.given ??= origin.given;
      origin.same = whole;
    }
    waiting.push(...origin.parts.toReversed());
    origin.parts = [];
  }
  return conflict;
}

function root(origin: Origin): Origin {
  let at = origin;
  while (at.same !== null) {
    if (at.same.same !== null) at.same = at.same.same;
    at = at.same;
  }
  return at;
}

/** Whether all that arrives is sound as far as it is known: otherwise there are other things to say first. */
function arrivesWhole({ from }: NodeKeys, outputs: ReadonlyMap<string, PortType>): boolean {
  return [...from.values()].every((end) => outputs.has(end));
}

function reportConflict(
  node: PipelineNode,
  [one, other]: readonly [Given, Given],
  { from }: NodeKeys,
  outputs: ReadonlyMap<string, PortType>,
  report: (diagnostic: Diagnostic) => void,
): void {
  const hasStream = [...from.values()].some((end) => outputs.get(end)?.shape === 'stream');
  report({
    code: 'unequal-partitions',
    severity: 'error',
    node: node.id,
    path: [],
    message: `${one.name} has ${one.partitions} partitions and ${other.name} has ${other.partitions}, so equal keys do not meet in ${node.name}. ${
      hasStream
        ? 'Give both equal counts, or put a repartition node into the stream in front of this one.'
        : 'Give both equal counts.'
    }`,
  });
}
