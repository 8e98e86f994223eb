import type { SubTopology, Topology } from './topology.ts';

interface DescribedNode {
  readonly line: string;
  readonly id: string;
  readonly after: readonly string[];
  readonly before: readonly string[];
  readonly type: 'source' | 'processor' | 'sink';
}

/** The topology as text, in the form of Kafka Streams' `Topology.describe()`. Internal topics appear without the pipeline's name in front. */
export function describeTopology(topology: Topology): string {
  const lines = ['Topologies:'];
  for (const subTopology of topology.subTopologies) {
    lines.push(`${lines.length === 1 ? '   ' : '  '}Sub-topology: ${subTopology.id}`);
    for (const node of inDescribedOrder(describedNodes(topology, subTopology))) {
      lines.push(`    ${node.line}`);
      if (node.type !== 'sink') lines.push(`      --> ${list(node.after)}`);
      if (node.type !== 'source') lines.push(`      <-- ${list(node.before)}`);
    }
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function describedNodes(topology: Topology, subTopology: SubTopology): readonly DescribedNode[] {
  const after = new Map<string, string[]>();
  const before = new Map<string, string[]>();
  const connect = (from: string, to: string): void => {
    after.set(from, [...(after.get(from) ?? []), to]);
    before.set(to, [...(before.get(to) ?? []), from]);
  };
  for (const source of subTopology.sources) for (const target of source.targets) connect(source.id, target.to);
  for (const processor of subTopology.processors) {
    for (const targets of Object.values(processor.targets))
      for (const target of targets) connect(processor.id, target.to);
  }
  const shortName = (topic: string): string =>
    topic.startsWith(`${topology.pipeline}-`) &&
    topology.topics.some((spec) => spec.name === topic && spec.owner !== null)
      ? topic.slice(topology.pipeline.length + 1)
      : topic;
  const node = (type: DescribedNode['type'], id: string, line: string): DescribedNode => ({
    line,
    id,
    type,
    after: [...(after.get(id) ?? [])].sort(),
    before: [...(before.get(id) ?? [])].sort(),
  });
  return [
    ...subTopology.sources.map((source) =>
      node('source', source.id, `Source: ${source.id} (topics: [${shortName(source.topic)}])`),
    ),
    ...subTopology.processors.map((processor) =>
      node(
        'processor',
        processor.id,
        `Processor: ${processor.id} (stores: [${[...processor.stores].sort().join(', ')}])`,
      ),
    ),
    ...subTopology.sinks.map((sink) => node('sink', sink.id, `Sink: ${sink.id} (topic: ${shortName(sink.topic)})`)),
  ];
}

/** Larger sub-trees downstream first, ties by name. */
function inDescribedOrder(nodes: readonly DescribedNode[]): readonly DescribedNode[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const sizes = new Map<string, number>();
  const size = (start: DescribedNode): number => {
    const reached = new Set<string>();
    const waiting = [start];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (reached.has(at.id)) continue;
      reached.add(at.id);
      for (const next of at.after) {
        const child = byId.get(next);
        if (child !== undefined) waiting.push(child);
      }
    }
    return reached.size;
  };
  for (const node of nodes) sizes.set(node.id, size(node));
  return nodes.toSorted((a, b) => (sizes.get(b.id) ?? 0) - (sizes.get(a.id) ?? 0) || (a.id < b.id ? -1 : 1));
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
