import type { KeyFormat } from '../log/key-format.ts';
import type { PortType } from './port-type.ts';
import type { StoreView, TimestampSource } from './topology.ts';

/** What has been planned for an output port: where its records come from, and what later nodes must know to use them. */
export interface PlannedFlow {
  /** Id of the source or processor that forwards the records, and on which of its ports. */
  readonly from: string;
  readonly port: string;
  readonly shape: 'stream' | 'table';
  readonly keyFormat: KeyFormat;
  /** The key was changed since the last crossing of the log: a key-based operator must repartition first. */
  readonly mustRepartition: boolean;
  /** The store that holds the table's current rows, where there is one. */
  readonly store: string | null;
  /** How that store's values are shown, and joined with. */
  readonly storeView: StoreView;
  readonly windowed: boolean;
}

export interface SourceRequest {
  readonly topic: string;
  readonly keyFormat: KeyFormat;
  readonly timestamp: TimestampSource;
  /** `before` when a processor of the node does the node's own work. */
  readonly role: 'main' | 'before';
}

export interface ProcessorRequest {
  /** Absent for the node's main part; otherwise what it does, as in `<node>.<part>`. */
  readonly part?: string | undefined;
  /** Of a part that is not the main one: the node's input that it prepares. */
  readonly prepares?: string | undefined;
  readonly processor: string;
  readonly config: unknown;
  readonly stores?: readonly string[] | undefined;
  /** What arrives at each input port. */
  readonly inputs: { readonly [port: string]: PlannedFlow };
}

export interface StoreRequest {
  readonly role: string;
  readonly kind: 'key-value' | 'window';
  readonly keyFormat: KeyFormat;
  readonly windowSizeMs?: number | undefined;
  readonly retentionMs?: number | undefined;
  readonly graceMs?: number | undefined;
  readonly view: StoreView;
  /** Whatever changes the meaning of what is stored; JSON data. */
  readonly signature: unknown;
}

/** What a node kind may ask of planning. It plans itself in terms of its inputs and says what its outputs are. */
export interface Planner {
  /** What is planned behind the edge into this port. */
  input(port: string): PlannedFlow;
  /** The checked type of an input. */
  inputType(port: string): PortType;
  output(port: string, flow: PlannedFlow): void;
  source(request: SourceRequest): PlannedFlow;
  processor(request: ProcessorRequest): PlannedFlow;
  /** Gives the store's name, `<pipeline>-<node>-<role>`. */
  store(request: StoreRequest): string;
  /**
   * Writes the flow into the input `port` through an internal topic, so that equal keys meet in one task. `key`: an expression over the record that gives the new
   * key, or null to keep the key. Records with a null key end here, unless what follows knows what to do with them (`keepNullKeys`).
   */
  repartition(
    port: string,
    flow: PlannedFlow,
    key: { readonly expression: string; readonly path: readonly string[] } | null,
    keyFormat: KeyFormat,
    options?: { readonly keepNullKeys: boolean },
  ): PlannedFlow;
  /** The flows' topics must have equal partition counts; repartition topics among them are given the count of the others. */
  copartition(flows: readonly PlannedFlow[]): void;
  sink(request: { readonly topic: string; readonly partitions: number | null; readonly input: PlannedFlow }): void;
}
