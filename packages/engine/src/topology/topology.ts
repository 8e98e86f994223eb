import { assert } from '../assert.ts';
import type { KeyFormat } from '../log/key-format.ts';
import type { TaskId, TopicSpec } from '../log/log.ts';
import type { ErrorPolicy } from '../pipeline/document.ts';

/**
 * The planned form of a pipeline: plain data, all that crosses from planning to running. A worker needs this and the processors' code,
 * never the document.
 */
export interface Topology {
  readonly pipeline: string;
  readonly commitIntervalMs: number;
  readonly subTopologies: readonly SubTopology[];
  readonly stores: readonly StoreSpec[];
  /** Topics that must exist before the topology runs and that belong to it, changelogs and the sinks' missing topics included. */
  readonly topics: readonly TopicSpec[];
  /** The topic that takes the records on which a node failed. */
  readonly deadLetterTopic: string;
  /** The topic in which each commit records where its tasks stand and the order in which they took records. */
  readonly commitsTopic: string;
}

/** A connected part that runs without crossing the log; its tasks are `<id>_<partition>`. */
export interface SubTopology {
  readonly id: number;
  readonly partitions: number;
  readonly sources: readonly SourceSpec[];
  /** In topological order: a processor comes after all that forward to it. */
  readonly processors: readonly ProcessorSpec[];
  readonly sinks: readonly SinkSpec[];
  /** Names of the stores its tasks keep. */
  readonly stores: readonly string[];
}

/** A place to which records are forwarded: a processor's input port, or a sink (which has the one port `in`). */
export interface Target {
  readonly to: string;
  readonly port: string;
}

/**
 * Which part of a node something is. `main` carries the node's own work. `before` prepares its input (re-keying and writing ahead of a
 * repartition, reading what was written): what it forwards reaches `main` later, so only what ends in it counts among the node's inputs.
 */
export type PartRole = 'main' | 'before';

/**
 * Ids of what runs: `<node>` for a node's main part, `<node>.<part>` for what planning put before it (node ids have no dot, so they
 * cannot collide).
 */
export interface SourceSpec {
  readonly id: string;
  readonly node: string;
  readonly role: PartRole;
  readonly topic: string;
  /** Task p reads partition p of every source topic that has one. */
  readonly partitions: number;
  readonly keyFormat: KeyFormat;
  readonly valueFormat: 'json';
  readonly timestamp: TimestampSource;
  /** An internal source reads what this topology wrote itself. */
  readonly internal: boolean;
  readonly errorPolicy: ErrorPolicy;
  readonly targets: readonly Target[];
}

/** Where a record's event time comes from. A field holds epoch milliseconds or a text in a known date format. */
export type TimestampSource =
  | { readonly from: 'record' }
  | { readonly from: 'field'; readonly path: readonly string[] };

export interface ProcessorSpec {
  readonly id: string;
  readonly node: string;
  readonly role: PartRole;
  /** The input of the node that this part prepares; what fails here fails there. Absent on main parts, which have inputs of their own. */
  readonly prepares?: string | undefined;
  /** Names the processor's code in the registry of processors. */
  readonly processor: string;
  /** The node's parsed config, or what planning made of it. */
  readonly config: unknown;
  readonly stores: readonly string[];
  readonly keyFormat: KeyFormat;
  readonly errorPolicy: ErrorPolicy;
  /** By output port. */
  readonly targets: { readonly [port: string]: readonly Target[] };
}

export interface SinkSpec {
  readonly id: string;
  readonly node: string;
  readonly role: PartRole;
  /** See {@link ProcessorSpec.prepares}. */
  readonly prepares?: string | undefined;
  readonly topic: string;
  readonly partitions: number;
  readonly keyFormat: KeyFormat;
  /** `json-window`: the key becomes `{"key","start","end"}`, partitioned by the inner key. */
  readonly keyEncoding: 'plain' | 'json-window';
  readonly internal: boolean;
  readonly errorPolicy: ErrorPolicy;
}

export interface StoreSpec {
  /** `<pipeline>-<node>-<role>`. */
  readonly name: string;
  readonly node: string;
  readonly kind: 'key-value' | 'window';
  readonly keyFormat: KeyFormat;
  /** Length of a window store's windows. */
  readonly windowSizeMs: number | null;
  /** How far behind the store's own stream time (greatest window start) segments are kept. */
  readonly retentionMs: number | null;
  /** How long after its end a window still takes records. */
  readonly graceMs: number | null;
  readonly changelogTopic: string;
  /** How a stored value is shown: as it is, or a list of accumulators as the named results that they stand for. */
  readonly view: StoreView;
  /** Changes when what is stored changes meaning; another topology may take the store over only with the same signature. */
  readonly signature: string;
}

export type StoreView =
  | { readonly as: 'value' }
  | { readonly as: 'accumulators'; readonly fields: readonly { readonly name: string; readonly function: string }[] };

export function taskIds(topology: Topology): readonly TaskId[] {
  return topology.subTopologies.flatMap((subTopology) =>
    Array.from({ length: subTopology.partitions }, (_, partition) => `${subTopology.id}_${partition}`),
  );
}

export function subTopologyOf(
  topology: Topology,
  taskId: TaskId,
): { readonly subTopology: SubTopology; readonly partition: number } {
  const [id, partition] = taskId.split('_').map(Number);
  const subTopology = topology.subTopologies.find((candidate) => candidate.id === id);
  assert(
    subTopology !== undefined && partition !== undefined && partition >= 0 && partition < subTopology.partitions,
    `no task is called ${taskId}`,
  );
  return { subTopology, partition };
}
