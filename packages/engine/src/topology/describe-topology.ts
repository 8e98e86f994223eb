import type { ProcessorSpec, SubTopology, Target, Topology } from './topology.ts';

interface DescribedNode {
  readonly line: string;
  readonly id: string;
  readonly after: readonly string[];
  readonly before: readonly string[];
  readonly type: 'source' | 'processor' | 'sink';
}

/** The topology as text, in the form of Kafka Streams' `Topology.describe()`. Internal topics appear without the pipeline's name in front. */
export function describeTopology(topology: Topology): string {
  const prefix = `${topology.pipeline}-`;
  const owned = new Set(topology.topics.flatMap((topic) => (topic.owner === null ? [] : [topic.name])));
  const shortName = (topic: string): string =>
    topic.startsWith(prefix) && owned.has(topic) ? topic.slice(prefix.length) : topic;
  const lines = ['Topologies:'];
  for (const subTopology of topology.subTopologies) {
    lines.push(`${lines.length === 1 ? '   ' : '  '}Sub-topology: ${subTopology.id}`);
    for (const node of inDescribedOrder(describedNodes(subTopology, shortName))) {
      lines.push(`    ${node.line}`);
      if (node.type !== 'sink') lines.push(`      --> ${list(node.after)}`);
      if (node.type !== 'source') lines.push(`      <-- ${list(node.before)}`);
    }
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** Each after all that forward to it. */
function describedNodes(
  { sources, processors, sinks }: SubTopology,
  shortName: (topic: string) => string,
): readonly DescribedNode[] {
  const byId = new Map(processors.map((processor) => [processor.id, processor]));
  const after = new Map<string, string[]>();
  const before = new Map<string, string[]>();
  const connect = (from: string, targets: readonly Target[]): void => {
    for (const { to } of targets) {
      append(after, from, to);
      append(before, to, from);
    }
  };
  for (const source of sources) connect(source.id, source.targets);
  for (const { id, targets } of processors) for (const ofPort of Object.values(targets)) connect(id, ofPort);
  const node = (type: DescribedNode['type'], id: string, line: string): DescribedNode => ({
    line,
    id,
    type,
    after: after.get(id)?.sort() ?? [],
    before: before.get(id)?.sort() ?? [],
  });
  return [
    ...sources.map(({ id, topic }) => node('source', id, `Source: ${id} (topics: [${shortName(topic)}])`)),
    ...processors.map(({ id }) =>
      node('processor', id, `Processor: ${id} (stores: [${[...storesOf(id, byId)].sort().join(', ')}])`),
    ),
    ...sinks.map(({ id, topic }) => node('sink', id, `Sink: ${id} (topic: ${shortName(topic)})`)),
  ];
}

/** The stores that a processor writes, and those in which the rows lie that it looks up. */
function storesOf(id: string, byId: ReadonlyMap<string, ProcessorSpec>): ReadonlySet<string> {
  const stores = new Set<string>();
  const waiting = [id];
  const seen = new Set(waiting);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const processor = byId.get(at);
    for (const store of processor?.stores ?? []) stores.add(store);
    // Rows that lie in a store of their own are looked for no further.
    if (processor === undefined || (at !== id && processor.stores.length > 0)) continue;
    for (const next of Object.values(processor.rows)) {
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
  }
  return stores;
}

/**
 * Larger sub-trees downstream first, ties by name. What two branches lead to counts in both, as in Kafka Streams; over many forks that
 * grows beyond any other number type.
 */
function inDescribedOrder(nodes: readonly DescribedNode[]): readonly DescribedNode[] {
  const sizes = new Map<string, bigint>();
  const sizeOf = (id: string): bigint => sizes.get(id) ?? 0n;
  for (const { id, after } of nodes.toReversed()) {
    sizes.set(
      id,
      after.reduce((size, next) => size + sizeOf(next), 1n),
    );
  }
  return nodes.toSorted((left, right) => {
    const size = sizeOf(left.id);
    const other = sizeOf(right.id);
    if (size !== other) return size > other ? -1 : 1;
    return left.id < right.id ? -1 : 1;
  });
}

function append(lists: Map<string, string[]>, key: string, value: string): void {
  const found = lists.get(key);
  if (found === undefined) lists.set(key, [value]);
  else found.push(value);
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
