import type { ProcessorSpec, StoreSpec, SubTopology, Topology } from '../../topology/topology.ts';
import type { DescribedNode, DescribedTopology } from './described-topology.ts';

/**
 * Stores of ours that hold no rows of their own but say in which order those of another store of the node come due. Kafka Streams keeps such
 * orders in memory or within the one store.
 */
const indexRoles = new Set(['index', 'closing']);

/** Rows of both sides of a join that found no partner yet: Kafka Streams has one store for both sides, we have one for each. */
const sharedRole = /^unmatched-(left|right)$/;

/** Our plan in the terms of a description. `leftOut`: a topic that is written only because a pipeline writes something. */
export function planDescription(topology: Topology, leftOut: string | null): DescribedTopology {
  const storeNames = new Map(topology.stores.map((store) => [store.name, describedStore(topology.pipeline, store)]));
  const subTopologies = topology.subTopologies.map((part) => ({
    nodes: nodesOf(part)
      .filter(({ writes }) => leftOut === null || !writes.includes(leftOut))
      .map((node) => ({ ...node, stores: describedStores(node.stores, storeNames) })),
  }));
  // As in Kafka Streams, the part that fills a global table stands apart, and those who look rows up do not name its store.
  const globalTables = topology.globalTables.map(({ name, source }) => ({
    nodes: [
      { name: source.id, reads: [source.topic], writes: [], stores: [], after: [`${source.id}.table`] },
      { name: `${source.id}.table`, reads: [], writes: [], stores: [name], after: [] },
    ],
  }));
  return { subTopologies: [...subTopologies, ...globalTables] };
}

/** What stands for a store; null for one that does not count. */
function describedStore(pipeline: string, { name, node }: StoreSpec): string | null {
  const prefix = `${pipeline}-${node}-`;
  const role = name.slice(prefix.length);
  if (indexRoles.has(role)) return null;
  return sharedRole.test(role) ? `${prefix}unmatched` : name;
}

function describedStores(stores: readonly string[], names: ReadonlyMap<string, string | null>): readonly string[] {
  return [...new Set(stores.map((store) => names.get(store)).filter((name) => name !== null && name !== undefined))];
}

function nodesOf({ sources, processors, sinks }: SubTopology): readonly DescribedNode[] {
  const byId = new Map(processors.map((processor) => [processor.id, processor]));
  const names = (targets: readonly { readonly to: string }[]): readonly string[] => targets.map(({ to }) => to);
  return [
    ...sources.map(({ id, topic, targets }) => ({
      name: id,
      reads: [topic],
      writes: [],
      stores: [],
      after: names(targets),
    })),
    ...processors.map((processor) => ({
      name: processor.id,
      reads: [],
      writes: [],
      stores: storesOf(processor, byId),
      after: names(Object.values(processor.targets).flat()),
    })),
    ...sinks.map(({ id, topic }) => ({ name: id, reads: [], writes: [topic], stores: [], after: [] })),
  ];
}

/**
 * A processor's own stores, and those of the tables in which it looks rows up. The table that arrives at the one input of a node comes by the
 * edge; only a node with several looks into one when a record of another arrives.
 */
function storesOf(processor: ProcessorSpec, byId: ReadonlyMap<string, ProcessorSpec>): readonly string[] {
  const lookedUp = Object.entries(processor.rows).flatMap(([port, id]) => {
    const table = port === 'in' ? undefined : byId.get(id);
    return table === undefined ? [] : storesOf(table, byId);
  });
  return [...processor.stores, ...lookedUp];
}
