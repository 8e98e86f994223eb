import type { DescribedNode, DescribedSubTopology, DescribedTopology } from './described-topology.ts';

/**
 * What counts when two topologies are compared: the sub-topologies, the topics that each reads and writes, its stores, and which of these
 * reach which. What does not count is how many processors stand between them. Kafka Streams has nodes of their own for filtering null
 * keys, for merging the two sides of a join and for turning a table into a stream; ours does that inside a node, and has helpers elsewhere.
 *
 * Records reach along the edges, and through a store: what one processor puts there, another that uses the store takes out. So a table
 * reaches the results of a join that looks rows up in it, whether or not an edge leads there as well.
 */
export interface TopologyShape {
  readonly vertices: readonly ShapeVertex[];
  /** `from` reaches `to`; of a topic that is written and read, the writing reaches the reading. */
  readonly reaches: readonly (readonly [from: number, to: number])[];
}

export interface ShapeVertex {
  readonly kind: 'source' | 'sink' | 'store';
  readonly subTopology: number;
  /** Name of an external topic, which must be equal; null for what may be renamed. */
  readonly name: string | null;
}

export function topologyShape(topology: DescribedTopology): TopologyShape {
  const nodes = topology.subTopologies.flatMap((part) => part.nodes);
  const written = new Set(nodes.flatMap(({ writes }) => writes));
  const internal = new Set(nodes.flatMap(({ reads }) => reads).filter((topic) => written.has(topic)));
  const vertices: (ShapeVertex & { readonly label: string })[] = [];
  const reaches: (readonly [number, number])[] = [];
  for (const [index, part] of topology.subTopologies.entries()) {
    const first = vertices.length;
    for (const [kind, label] of labelsOf(part)) {
      const name = kind === 'store' || internal.has(label) ? null : label;
      vertices.push({ kind, subTopology: index, name, label });
    }
    for (const [from, start] of vertices.entries()) {
      if (from < first || start.kind === 'sink') continue;
      const reached = reachedFrom(start.kind, start.label, part.nodes);
      for (const [to, end] of vertices.entries()) {
        if (to >= first && to !== from && end.kind !== 'source' && reached.has(`${end.kind} ${end.label}`)) {
          reaches.push([from, to]);
        }
      }
    }
  }
  for (const [from, sink] of vertices.entries()) {
    for (const [to, source] of vertices.entries()) {
      if (sink.kind === 'sink' && source.kind === 'source' && sink.label === source.label) reaches.push([from, to]);
    }
  }
  return { vertices: vertices.map(({ kind, subTopology, name }) => ({ kind, subTopology, name })), reaches };
}

function labelsOf({ nodes }: DescribedSubTopology): readonly (readonly [kind: ShapeVertex['kind'], label: string])[] {
  const distinct = (names: readonly string[]): readonly string[] => [...new Set(names)];
  return [
    ...distinct(nodes.flatMap(({ reads }) => reads)).map((label) => ['source', label] as const),
    ...distinct(nodes.flatMap(({ stores }) => stores)).map((label) => ['store', label] as const),
    ...distinct(nodes.flatMap(({ writes }) => writes)).map((label) => ['sink', label] as const),
  ];
}

/** `store <name>` and `sink <topic>` of all that is reached from a source's topic or from a store. */
function reachedFrom(kind: ShapeVertex['kind'], label: string, nodes: readonly DescribedNode[]): ReadonlySet<string> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const starts = nodes.filter((node) => (kind === 'source' ? node.reads : node.stores).includes(label));
  const waiting = [...starts];
  const visited = new Set(waiting);
  const reached = new Set<string>();
  const visit = (node: DescribedNode | undefined): void => {
    if (node === undefined || visited.has(node)) return;
    visited.add(node);
    waiting.push(node);
  };
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const topic of node.writes) reached.add(`sink ${topic}`);
    for (const next of node.after) visit(byName.get(next));
    for (const store of node.stores) {
      reached.add(`store ${store}`);
      for (const other of nodes) if (other.stores.includes(store)) visit(other);
    }
  }
  return reached;
}

/**
 * Whether one shape is the other under other names: a one-to-one correspondence of vertices that keeps kinds, names of external topics,
 * sub-topologies and what reaches what.
 */
export function isSameShape(left: TopologyShape, right: TopologyShape): boolean {
  if (left.vertices.length !== right.vertices.length || left.reaches.length !== right.reaches.length) return false;
  const reachesLeft = new Set(left.reaches.map(String));
  const reachesRight = new Set(right.reaches.map(String));
  const images: number[] = [];
  const fits = (vertex: number, image: number): boolean => {
    const [a, b] = [left.vertices[vertex], right.vertices[image]];
    if (a === undefined || b === undefined || a.kind !== b.kind || a.name !== b.name) return false;
    if (reachesLeft.has(`${vertex},${vertex}`) !== reachesRight.has(`${image},${image}`)) return false;
    return images.every((otherImage, other) => {
      const isTogether = left.vertices[other]?.subTopology === a.subTopology;
      return (
        otherImage !== image &&
        isTogether === (right.vertices[otherImage]?.subTopology === b.subTopology) &&
        reachesLeft.has(`${vertex},${other}`) === reachesRight.has(`${image},${otherImage}`) &&
        reachesLeft.has(`${other},${vertex}`) === reachesRight.has(`${otherImage},${image}`)
      );
    });
  };
  const extend = (): boolean => {
    const vertex = images.length;
    if (vertex === left.vertices.length) return true;
    return right.vertices.some((_, image) => {
      if (!fits(vertex, image)) return false;
      images.push(image);
      if (extend()) return true;
      images.pop();
      return false;
    });
  };
  return extend();
}

/** A shape to be read by people: a line for each source and store, with what it reaches. */
export function shapeLines({ vertices, reaches }: TopologyShape): readonly string[] {
  const counts = new Map<string, number>();
  const names = vertices.map(({ kind, name }) => {
    if (name !== null) return `${kind} ${name}`;
    const words = kind === 'store' ? 'store' : `internal ${kind}`;
    counts.set(words, (counts.get(words) ?? 0) + 1);
    return `${words} ${counts.get(words)}`;
  });
  return vertices.map(({ subTopology }, index) => {
    const reached = reaches.filter(([from]) => from === index).map(([, to]) => names[to]);
    return `sub-topology ${subTopology}: ${names[index]}${reached.length === 0 ? '' : ` → ${reached.join(', ')}`}`;
  });
}
