import type { PortType } from '../topology/port-type.ts';
import type { TopicCatalogue } from '../topology/topic-catalogue.ts';

/**
 * What a node does with the places of records in the log: with their keys, and with the partitions that the keys put them in. From it follows
 * where records move through an internal topic, and which topics must have equal counts of partitions.
 */
export interface Partitioning {
  /** By input port; an input that is not named `keeps`. */
  readonly inputs?: { readonly [port: string]: InputPartitioning } | undefined;
  /** The expression by which records leave with another key, where they do; they stay in their partitions until somebody moves them. */
  readonly newKey?: string | null | undefined;
  /** Of a node that moves its records: into how many partitions, where its user says so. */
  readonly partitions?: number | null | undefined;
  /** Of a source: what it reads, and how many partitions that has, where it is known. */
  readonly origin?: { readonly name: string; readonly partitions: number } | null | undefined;
}

/**
 * - `keeps`: records are taken where they lie, whatever their keys.
 * - `by-key`: equal keys must lie together. Records whose key was changed on the way move through the log first.
 * - `by-key-once`: the same, but they move once for all nodes behind one output that say so.
 * - `movesBy`: records always move through the log, by a key that the expression gives (empty: by the key that they have).
 * - `apart`: the places of these records do not matter, since each worker has a copy of all or the node asks for rows through the log.
 *
 * Inputs of one node that are `by-key`, `by-key-once` or `movesBy` must have equal counts of partitions, so that their equal keys meet.
 */
export type InputPartitioning = 'keeps' | 'by-key' | 'by-key-once' | 'apart' | { readonly movesBy: string };

/** What a node's partitioning may depend on besides its config. */
export interface PartitioningContext {
  readonly catalogue: TopicCatalogue;
  /** The type that arrives at an input; undefined while it is not known. */
  inputType(port: string): PortType | undefined;
}

/** The partitioning of an input by a key that may be given: with one, records move. */
export function gatheredBy(expression: string, byKey: 'by-key' | 'by-key-once' = 'by-key'): InputPartitioning {
  return expression.trim() === '' ? byKey : { movesBy: expression };
}

/** The expression of a new key, or null where it is empty and the key stays. */
export function newKeyOf(expression: string): string | null {
  return expression.trim() === '' ? null : expression;
}
