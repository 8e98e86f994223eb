import type { KeyFormat } from '../log/key-format.ts';
import type { FlowShape, PortType } from './port-type.ts';
import type { SinkSpec, SourceSpec, StoreSpec, StoreView, TimestampSource } from './topology.ts';

/** What has been planned for an output port: where its records come from, and what later nodes must know to use them. */
export interface PlannedFlow {
  /** Id of the source or processor that forwards the records, and on which of its ports. */
  readonly from: string;
  readonly port: string;
  readonly shape: FlowShape;
  readonly keyFormat: KeyFormat;
  /** The key was changed since the last crossing of the log: a key-based operator must repartition first. */
  readonly mustRepartition: boolean;
  readonly windowed: boolean;
  /** How long after its end a window can still change: the grace, of sessions with the gap. Null without windows. */
  readonly windowCloseMs: number | null;
  /** The windows are sessions: each ends where its last record says. */
  readonly isSessions?: boolean | undefined;
  /** Of a table: the processor that tells its current rows; null where none can. */
  readonly rows: string | null;
  /** Of a table: whether its records say what the row was before. */
  readonly sendsOld: boolean;
  /** Of a table: how long its rows' past is kept, milliseconds; 0 keeps none. */
  readonly versionedMs: number;
  /** Of a global table: the name by which processors ask for its rows. Its records go nowhere, so `from` names nothing. */
  readonly globalTable: string | null;
}

/** What the nodes that read an output need of it, of a table above all. */
export interface Demand {
  /** Old rows: not at all, where they are at hand anyway, or in any case. */
  readonly old: 'no' | 'if-kept' | 'must';
  /** Current rows, to look up. */
  readonly rows: boolean;
  /** Of a stream: records without a key too, which a repartition on the way must keep. Absent: what is needed of the node's own outputs. */
  readonly nullKeys?: boolean | undefined;
}

export const noDemand: Demand = { old: 'no', rows: false };

const strength = ['no', 'if-kept', 'must'] as const;

/** What two readers need together. */
export function bothDemands(one: Demand, other: Demand): Demand {
  const old = strength[Math.max(strength.indexOf(one.old), strength.indexOf(other.old))] ?? 'must';
  const nullKeys = one.nullKeys === true || other.nullKeys === true;
  return { old, rows: one.rows || other.rows, ...(nullKeys ? { nullKeys } : {}) };
}

/** What a flow says of tables when it is none. */
export const streamFlow = {
  shape: 'stream',
  windowed: false,
  windowCloseMs: null,
  rows: null,
  sendsOld: false,
  versionedMs: 0,
  globalTable: null,
} as const;

export interface SourceRequest {
  readonly topic: string;
  readonly keyFormat: KeyFormat;
  readonly timestamp: TimestampSource;
  readonly invalidTimestamp?: SourceSpec['invalidTimestamp'];
  readonly valueFormat?: SourceSpec['valueFormat'] | undefined;
  readonly bigIntegers?: SourceSpec['bigIntegers'];
  /** Of a source whose records are generated: how, and in how many partitions. Its topic is a name that planning gives. */
  readonly generator?: { readonly partitions: number; readonly config: unknown } | undefined;
  /** `before` when a processor of the node does the node's own work. */
  readonly role: 'main' | 'before';
}

export interface ProcessorRequest {
  /** Absent for the node's main part; otherwise what it does, as in `<node>.<part>`. */
  readonly part?: string | undefined;
  /** Of a part that is not the main one: the node's input that it prepares. */
  readonly prepares?: string | undefined;
  /** Of a part that is not the main one: `before` it unless said otherwise. */
  readonly role?: 'before' | 'after' | undefined;
  readonly processor: string;
  readonly config: unknown;
  readonly stores?: readonly string[] | undefined;
  /** What arrives at each input port. */
  readonly inputs: { readonly [port: string]: PlannedFlow };
}

export interface SinkRequest {
  readonly topic: string;
  /** Of a topic that is not there yet; null makes the usual number. */
  readonly partitions: number | null;
  readonly input: PlannedFlow;
  /** How keys of windows are written; JSON unless said otherwise. */
  readonly windowedKey?: 'json' | 'kafka' | undefined;
  readonly valueFormat?: SinkSpec['valueFormat'];
}

export interface StoreRequest {
  readonly role: string;
  readonly kind: 'key-value' | 'window';
  readonly keyFormat: KeyFormat;
  /** See {@link StoreSpec.suffix}. */
  readonly suffix?: readonly string[] | undefined;
  /** See {@link StoreSpec.prefix}. */
  readonly prefix?: readonly string[] | undefined;
  readonly windowSizeMs?: number | undefined;
  /** See {@link StoreSpec.firstWindowEnd}. */
  readonly firstWindowEnd?: number | undefined;
  readonly retentionMs?: number | undefined;
  readonly graceMs?: number | undefined;
  readonly view: StoreView;
  /** Whatever changes the meaning of what is stored; JSON data. */
  readonly signature: unknown;
}

export interface RepartitionOptions {
  readonly keepNullKeys?: boolean | undefined;
  readonly partitions?: number | undefined;
  /** Without a new key: one topic may serve all nodes that need the flow's keys together. */
  readonly share?: boolean | undefined;
  /** The input of the node that is prepared, where that is not the one named or `in`. */
  readonly prepares?: string | undefined;
}

/** What a node kind may ask of planning. It plans itself in terms of its inputs and says what its outputs are. */
export interface Planner {
  /** What is planned behind the edge into this port. */
  input(port: string): PlannedFlow;
  /** What reads an output of this node needs of it, where it is a table. */
  demand(port: string): Demand;
  /** The checked type of an input. */
  inputType(port: string): PortType;
  output(port: string, flow: PlannedFlow): void;
  source(request: SourceRequest): PlannedFlow;
  processor(request: ProcessorRequest): PlannedFlow;
  /** Gives the store's name, `<pipeline>-<node>-<role>`. */
  store(request: StoreRequest): string;
  /**
   * Writes the flow into the input `port` through an internal topic, so that equal keys meet in one task. `key`: an expression over the
   * record that gives the new key, or null to keep the key. Records with a null key end here, unless what follows knows what to do with
   * them (`keepNullKeys`). `partitions` of the topic; absent, it follows from the topics that it must agree with.
   */
  repartition(
    port: string,
    flow: PlannedFlow,
    key: { readonly expression: string; readonly path: readonly (string | number)[] } | null,
    keyFormat: KeyFormat,
    options?: RepartitionOptions,
  ): PlannedFlow;
  /** Writes what a processor of the node prepared (its keys as they shall be) through the node's internal topic called `role`. */
  throughTopic(role: string, flow: PlannedFlow, options?: RepartitionOptions): PlannedFlow;
  /** A copy of a topic's latest rows for every worker. Gives the name by which processors ask for it. */
  globalTable(request: Omit<SourceRequest, 'role'>): string;
  /** The flows' topics must have equal partition counts; repartition topics among them are given the count of the others. */
  copartition(flows: readonly PlannedFlow[]): void;
  /** How many partitions a sink's topic has, or will be made with where there is none yet. */
  sinkPartitions(topic: string, partitions: number): number;
  sink(request: SinkRequest): void;
}
