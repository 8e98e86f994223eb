/**
 * A topology as far as `Topology.describe()` shows it, in Kafka Streams' text and of our plan alike: sub-topologies with sources, processors,
 * the stores that these use, and sinks.
 */
export interface DescribedTopology {
  readonly subTopologies: readonly DescribedSubTopology[];
}

export interface DescribedSubTopology {
  readonly nodes: readonly DescribedNode[];
}

export interface DescribedNode {
  readonly name: string;
  /** Read, of a source. */
  readonly reads: readonly string[];
  /** Written, of a sink. */
  readonly writes: readonly string[];
  readonly stores: readonly string[];
  /** Names of the nodes to which it forwards. */
  readonly after: readonly string[];
}
