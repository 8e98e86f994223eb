import { assert } from '../assert.ts';
import type { KeyFormat } from '../log/key-format.ts';
import type { TaskId, TopicSpec } from '../log/log.ts';
import type { ErrorPolicy, Guarantee } from '../pipeline/pipeline-settings.ts';

/**
 * The planned form of a pipeline: plain data, all that crosses from planning to running. A worker needs this and the processors' code,
 * never the document.
 */
export interface Topology {
  readonly pipeline: string;
  /** Absent in what was planned before there was a choice: exactly-once. */
  readonly guarantee?: Guarantee | undefined;
  readonly commitIntervalMs: number;
  readonly settings: RunSettings;
  readonly subTopologies: readonly SubTopology[];
  readonly stores: readonly StoreSpec[];
  /** Tables of which every worker keeps a whole copy, read to the end before any task starts. */
  readonly globalTables: readonly GlobalTableSpec[];
  /** Topics that must exist before the topology runs and that belong to it, changelogs and the sinks' missing topics included. */
  readonly topics: readonly TopicSpec[];
  /** The topic that takes the records on which a node failed. */
  readonly deadLetterTopic: string;
  /** The topic in which each commit records where its tasks stand and the order in which they took records. */
  readonly commitsTopic: string;
}

/** What a run does besides what the nodes say. */
export interface RunSettings {
  /**
   * With caching (more than 0), tables pass on only the last change of each row at a commit, or earlier when more than this many bytes wait.
   * 0 passes on every change at once.
   */
  readonly cacheBytes: number;
  /** How long a task waits for a partition that has nothing at the moment; 0 only for what is known to be on its way, -1 not even that. */
  readonly maxIdleMs: number;
  /** The least time on the wall clock between two emissions of closed windows and of unmatched rows; 0 emits at once. */
  readonly emitIntervalMs: number;
}

/** A global table's source makes no tasks and no commits; the topic is the truth. */
export interface GlobalTableSpec {
  /** `<pipeline>-<node>-store`: what those who look it up call it. */
  readonly name: string;
  readonly source: SourceSpec;
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
 * `after` moves on what the node gave, through the log: what ends in it was forwarded by `main` before.
 */
export type PartRole = 'main' | 'before' | 'after';

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
  readonly valueFormat: 'json' | 'text' | 'bytes';
  /** What an integer beyond ±(2^53−1) becomes when it is read; absent: an error. */
  readonly bigIntegers?: 'error' | 'string' | undefined;
  readonly timestamp: TimestampSource;
  /**
   * What happens to a record without a valid event time; absent: it fails. `skip` drops it, `partition-time` gives it the greatest time
   * that its partition has seen.
   */
  readonly invalidTimestamp?: 'fail' | 'skip' | 'partition-time' | undefined;
  /** How records are generated, where they are; no log has the topic then. */
  readonly generator?: unknown;
  /** An internal source reads what this topology wrote itself. */
  readonly internal: boolean;
  readonly errorPolicy: ErrorPolicy;
  readonly targets: readonly Target[];
}

/** Where a record's event time comes from. A field holds epoch milliseconds or a text in a known date format. */
export type TimestampSource =
  | { readonly from: 'record' }
  | { readonly from: 'wall-clock' }
  /** Over the roots key, value, timestamp and headers. */
  | { readonly from: 'expression'; readonly expression: string }
  | { readonly from: 'field'; readonly path: readonly string[] };

export interface ProcessorSpec {
  readonly id: string;
  readonly node: string;
  readonly role: PartRole;
  /**
   * The input of the node that this part prepares, or the output whose records it moves on; what fails here fails there. Absent on main
   * parts, which have inputs of their own.
   */
  readonly prepares?: string | undefined;
  /** Names the processor's code in the registry of processors. */
  readonly processor: string;
  /** The node's parsed config, or what planning made of it. */
  readonly config: unknown;
  readonly stores: readonly string[];
  /** By input port: the processor that tells the current rows of the table that is wired to it. */
  readonly rows: { readonly [port: string]: string };
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
  /**
   * `json-window`: the key becomes `{"key","start","end"}`. The two of Kafka put the window's start, of a session its end and start, behind the
   * key's bytes. The partition follows from the inner key in all of them.
   */
  readonly keyEncoding: 'plain' | 'json-window' | 'kafka-time-window' | 'kafka-session';
  /** Absent: JSON. */
  readonly valueFormat?: 'json' | 'text' | 'bytes' | undefined;
  readonly internal: boolean;
  readonly errorPolicy: ErrorPolicy;
}

export interface StoreSpec {
  /** `<pipeline>-<node>-<role>`. */
  readonly name: string;
  readonly node: string;
  readonly kind: 'key-value' | 'window';
  readonly keyFormat: KeyFormat;
  /**
   * Numbers of 8 bytes, by name, that follow the key in an address: `start` and `end` are those of a window. Empty where the key is the whole
   * address.
   */
  readonly suffix: readonly string[];
  /** The same in front of the key, where entries lie in the order of time; absent: none. */
  readonly prefix?: readonly string[] | undefined;
  /** Length of a window store's windows. */
  readonly windowSizeMs: number | null;
  /** The end of the window that begins with 1970, where an offset makes it shorter than the others. */
  readonly firstWindowEnd?: number | undefined;
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
  | { readonly as: 'accumulators'; readonly fields: readonly AccumulatorField[] };

/** One of the named results that accumulators stand for. */
export interface AccumulatorField {
  readonly name: string;
  readonly function: string;
  /** How many values it shows, of functions that show several. */
  readonly length?: number | undefined;
}

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
