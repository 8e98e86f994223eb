import type { Diagnostic } from './diagnostic.ts';
import { type PipelineNode, parseEndpoint } from './document.ts';
import { inputOf, type NodeKeys } from './key-change.ts';

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
}

/**
 * Reports where a row of nodes without a topic in between becomes too long to run. Within a sub-topology the longest way counts. `order`
 * has every node after those that feed it.
 */
export function checkRows(
  order: readonly PipelineNode[],
  keys: ReadonlyMap<string, NodeKeys>,
  report: (diagnostic: Diagnostic) => void,
  limit = rowNodesMax,
): void {
  const rows = new Map<string, Row>();
  let shown = 0;
  for (const node of order) {
    const row = rowAt(node, keys.get(node.id), rows);
    rows.set(node.id, row);
    // Only where the limit is passed: behind it there is nothing new to say.
    if (row.length !== limit + 1 || shown === shownMax) continue;
    shown++;
    report({
      code: 'row-length',
      severity: 'error',
      node: node.id,
      path: [],
      message: `${node.name} is number ${limit + 1} in the row of nodes that begins with ${row.first.name}, and a record can pass at most ${limit} nodes from one topic to the next. Make one node of several maps or filters, or part the row with a topic: put a repartition node here.`,
    });
  }
}

function rowAt(node: PipelineNode, flow: NodeKeys | undefined, rows: ReadonlyMap<string, Row>): Row {
  let longest: Row | undefined;
  for (const [port, end] of flow?.from ?? []) {
    if (flow?.moved.has(port) || (flow !== undefined && inputOf(flow.partitioning, port) === 'apart')) continue;
    const row = rows.get(parseEndpoint(end).node);
    if (row !== undefined && (longest === undefined || row.length > longest.length)) longest = row;
  }
  return { first: longest?.first ?? node, length: (longest?.length ?? 0) + 1 };
}
