import type { Fate } from '../metrics/fates.ts';
import type { StoreAccess } from '../state/layered-store.ts';
import type { TableRows } from '../state/table-rows.ts';
import type { StreamTime } from '../time/stream-time.ts';
import type { ProcessorSpec, RunSettings } from '../topology/topology.ts';
import type { NumberCell } from './number-cell.ts';
import type { PunctuationPlan } from './punctuation.ts';
import type { StreamRecord } from './stream-record.ts';

/** Takes the records of one input port, one at a time, and never awaits. */
export type Receive = (record: StreamRecord) => void;

/**
 * The running form of a node inside one task: a function for each input port. A processor keeps nothing between records but what is in
 * its stores, its numbers and its stream time, so that a task can be rebuilt from a commit at any moment.
 */
export interface Processor {
  readonly inputs: { readonly [port: string]: Receive };
  /** The current rows of the table that the processor stands for, where it does and can tell. */
  readonly rows?: TableRows | undefined;
}

/** What a processor may ask of its task. */
export interface ProcessorContext {
  readonly spec: ProcessorSpec;
  readonly settings: RunSettings;
  /** Sends a record on at once: everything downstream of it happens before this returns. `port`: `out` unless said otherwise. */
  forward(record: StreamRecord, port?: string): void;
  /** Sends on an output that no input of its own caused: a window that closed, a punctuation, a cache that was flushed. */
  forwardTimed(record: StreamRecord, port?: string): void;
  /**
   * Names the fate of the record being processed, where it is not plain: without a word it is `forwarded` when anything was forwarded and
   * `filtered` otherwise.
   */
  fate(fate: Exclude<Fate, 'forwarded' | 'failed'>): void;
  /** The same, for a record that Kafka Streams counts in `dropped-records`. */
  drop(fate: Exclude<Fate, 'forwarded' | 'failed'>): void;
  /**
   * Does work for an earlier record of the input `port`, which was absorbed because it had to wait. Where it fails, the node's error policy
   * deals with that record and not with the one being processed, and `failed` takes the place of its fate.
   */
  forWaiting(record: StreamRecord, port: string, work: () => void): void;
  /** Counts a closed window that a late record missed. */
  droppedWindow(): void;
  store(name: string): StoreAccess;
  /** The processor's own stream time: part of the task's state, so that it survives restarts. */
  readonly streamTime: StreamTime;
  /** A number of the processor's own, by name, that is part of the task's state; `initial` before it was ever set. */
  number(name: string, initial: number): NumberCell;
  /**
   * The rows of the table that is wired to an input port; `asOf` gives nothing where the table is not versioned. Ask while building; look rows up only while processing. */
  rows(port: string): TableRows;
  /** The rows of a global table, by the name of its store. */
  globalTable(name: string): TableRows;
  /** Calls `flush` before each commit, in the order in which processors come; what it forwards belongs to that commit. */
  onCommit(flush: () => void): void;
  /** Calls `close` when a run over recorded topics ends, with the processor's stream time at the end of time. */
  onClose(close: () => void): void;
  /** Calls back when stream time or the wall clock has passed a multiple of the interval; see {@link PunctuationPlan}. */
  schedule(plan: PunctuationPlan, punctuate: (nowMs: number) => void): void;
  /** The wall clock, epoch milliseconds, as of the batch of records being processed. Never part of what decides about results by itself. */
  wallClock(): number;
}

export type ProcessorFactory = (context: ProcessorContext) => Processor;

/** Code by name; closed at the composition root, so that the runtime knows no node kinds. */
export type ProcessorRegistry = { readonly [name: string]: ProcessorFactory };
