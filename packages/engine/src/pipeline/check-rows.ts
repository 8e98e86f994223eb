import type { Diagnostic } from './diagnostic.ts';
import { type PipelineEdge, type PipelineNode, parseEndpoint } from './document.ts';
import { gathersByNewKey, givesNewKey, needsEqualKeysTogether } from './key-change.ts';

/**
 * Most nodes that a record passes in a row, from one topic to the next. Each node calls the next, so a row as long as it likes would
 * overflow the stack. On the default stack of Node.js (984 KiB) the worst case, every node with a second output, ends at 1,750 nodes; a
 * third of that and a little less is safe.
 */
export const rowNodesMax = 500;

/** At a fork each branch may pass the limit; that many are shown. */
const shownMax = 100;

/** The longest row of nodes that ends with a node. */
interface Row {
  readonly first: PipelineNode;
  readonly length: number;
  /** The key was changed since the topic: whoever needs equal keys together writes another topic first. */
  readonly hasNewKey: boolean;
}

/**
 * Reports where a row of nodes without a topic in between becomes too long to run. Within a sub-topology the longest way counts. `order`
 * has every node after those that feed it.
 */
export function checkRows(
  edges: readonly PipelineEdge[],
  order: readonly PipelineNode[],
  report: (diagnostic: Diagnostic) => void,
  limit = rowNodesMax,
): void {
  const into = new Map<string, string[]>();
  for (const edge of edges) {
    const to = parseEndpoint(edge.to).node;
    const from = parseEndpoint(edge.from).node;
    const others = into.get(to);
    if (others === undefined) into.set(to, [from]);
    else others.push(from);
  }
  const rows = new Map<string, Row>();
  let shown = 0;
  for (const node of order) {
    const feeding = (into.get(node.id) ?? []).flatMap((from) => rows.get(from) ?? []);
    const row = rowAt(node, feeding);
    rows.set(node.id, row);
    // Only where the limit is passed: behind it there is nothing new to say.
    if (row.length !== limit + 1 || shown === shownMax) continue;
    shown++;
    report({
      code: 'row-length',
      severity: 'error',
      node: node.id,
      path: [],
      message: `${node.name} is number ${limit + 1} in the row of nodes that begins with ${row.first.name}, and a record can pass at most ${limit} nodes from one topic to the next. Make one node of several maps or filters, or part the row with a topic: write one with a sink here and go on from it in another pipeline, or gather by a new key in an aggregate.`,
    });
  }
}

function rowAt(node: PipelineNode, feeding: readonly Row[]): Row {
  const gathers = needsEqualKeysTogether(node);
  const joined = gathersByNewKey(node) ? [] : feeding.filter((row) => !(gathers && row.hasNewKey));
  let longest: Row | undefined;
  for (const row of joined) if (longest === undefined || row.length > longest.length) longest = row;
  return {
    first: longest?.first ?? node,
    length: (longest?.length ?? 0) + 1,
    hasNewKey: givesNewKey(node) || (!gathers && feeding.some((row) => row.hasNewKey)),
  };
}
