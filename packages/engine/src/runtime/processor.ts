import type { Fate } from '../metrics/fates.ts';
import type { StoreAccess } from '../state/layered-store.ts';
import type { StreamTime } from '../time/stream-time.ts';
import type { ProcessorSpec } from '../topology/topology.ts';
import type { StreamRecord } from './stream-record.ts';

/** Takes the records of one input port, one at a time, and never awaits. */
export type Receive = (record: StreamRecord) => void;

/**
 * The running form of a node inside one task: a function for each input port. A processor keeps nothing between records but what is in
 * its stores and its stream time, so that a task can be rebuilt from a commit at any moment.
 */
export interface Processor {
  readonly inputs: { readonly [port: string]: Receive };
}

/** What a processor may ask of its task. */
export interface ProcessorContext {
  readonly spec: ProcessorSpec;
  /** Sends a record on at once: everything downstream of it happens before this returns. */
  forward(record: StreamRecord): void;
  /**
   * Names the fate of the record being processed, where it is not plain: without a word it is `forwarded` when anything was forwarded and
   * `filtered` otherwise.
   */
  fate(fate: Exclude<Fate, 'forwarded' | 'failed'>): void;
  /** Counts a closed window that a late record missed. */
  droppedWindow(): void;
  store(name: string): StoreAccess;
  /** The processor's own stream time: part of the task's state, so that it survives restarts. */
  readonly streamTime: StreamTime;
}

export type ProcessorFactory = (context: ProcessorContext) => Processor;

/** Code by name; closed at the composition root, so that the runtime knows no node kinds. */
export type ProcessorRegistry = { readonly [name: string]: ProcessorFactory };
