import type { DescribedNode, DescribedSubTopology, DescribedTopology } from './described-topology.ts';

const subTopologyLine = /^\s*Sub-topology: \d+/;
const nodeLine = /^\s*(Source|Processor|Sink): (\S+)(?: \((?:topics?|stores): \[?(.*?)\]?\))?$/;
const afterLine = /^\s*--> (.*)$/;

/**
 * Processors that hold a table which is the result of others, in a store that exists only because it has a name to be queried by. Our
 * results of joins, filters and maps are not kept; who wants to query them puts a to-table node behind, so these stores do not count.
 */
const resultHolder = /^KTABLE-(FK-JOIN-OUTPUT|MERGE|FILTER|MAPVALUES|TRANSFORMVALUES)-/;

/** Reads the text of Kafka Streams' `Topology.describe()`. */
export function parseDescription(lines: readonly string[]): DescribedTopology {
  const subTopologies: DescribedNode[][] = [];
  for (const line of lines) {
    if (subTopologyLine.test(line)) {
      subTopologies.push([]);
      continue;
    }
    const nodes = subTopologies.at(-1);
    const node = nodeLine.exec(line);
    const after = afterLine.exec(line);
    if (nodes !== undefined && node !== null) {
      const [, type = '', name = '', inBrackets = ''] = node;
      const list = listed(inBrackets);
      nodes.push({
        name,
        reads: type === 'Source' ? list : [],
        writes: type === 'Sink' ? list : [],
        stores: type === 'Processor' && !resultHolder.test(name) ? list : [],
        after: [],
      });
    } else if (nodes !== undefined && after !== null) {
      const last = nodes.pop();
      if (last !== undefined) nodes.push({ ...last, after: listed(after[1] ?? '') });
    }
  }
  return { subTopologies: subTopologies.map((nodes): DescribedSubTopology => ({ nodes })) };
}

function listed(text: string): readonly string[] {
  return text === '' || text === 'none' ? [] : text.split(', ');
}
