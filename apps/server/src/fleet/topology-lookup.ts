import type { SubTopology, Topology } from '@millrace/engine';

/** The sub-topology that reads each topic. */
export function readersOf(topology: Topology): ReadonlyMap<string, SubTopology> {
  return new Map(
    topology.subTopologies.flatMap((subTopology) =>
      subTopology.sources.map((source) => [source.topic, subTopology] as const),
    ),
  );
}

/** Where the node's own work is done; what planning put before it may lie in another sub-topology. */
export function subTopologyOfNode(topology: Topology, node: string): SubTopology | undefined {
  return (
    topology.subTopologies.find(({ processors }) =>
      processors.some((part) => part.node === node && part.role === 'main'),
    ) ??
    topology.subTopologies.find(
      ({ sources, sinks }) =>
        sources.some((source) => source.node === node && !source.internal) ||
        sinks.some((sink) => sink.node === node && !sink.internal),
    )
  );
}

/** The repartition topic through which the node's input comes; null when it comes straight. */
export function repartitionBefore(topology: Topology, node: string): string | null {
  for (const { sources, processors } of topology.subTopologies) {
    const main = processors.find((processor) => processor.node === node && processor.role === 'main');
    if (main === undefined) continue;
    const source = sources.find(
      (candidate) => candidate.internal && candidate.targets.some(({ to }) => to === main.id),
    );
    if (source !== undefined) return source.topic;
  }
  return null;
}
