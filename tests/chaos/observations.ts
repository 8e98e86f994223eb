/** A record as a read_committed reader finds it. */
export interface Seen {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly timestamp: number;
  /** Parsed JSON; null for a record without a value. */
  readonly value: SeenValue | null;
}

export interface SeenValue {
  readonly [field: string]: string | number;
}

/** What a store holds, or its changelog says, of one region and window. */
export interface StoredTotal {
  readonly region: string;
  readonly startMs: number;
  readonly value: SeenValue | null;
}

/** All that is known about a round: what the checker judges, and what its seeded bugs spoil. Records of a topic are in offset order within a partition. */
export interface Observations {
  readonly customers: readonly Seen[];
  readonly orders: readonly Seen[];
  readonly payments: readonly Seen[];
  readonly passed: readonly Seen[];
  readonly totals: readonly Seen[];
  readonly paid: readonly Seen[];
  /** What a read_committed reader got of the totals while faults went on, in the order in which it got them. */
  readonly live: readonly Seen[];
  /** The changelog of the totals, oldest first. */
  readonly changelog: readonly StoredTotal[];
  /** The rows that the store's owner answers with, at the end. */
  readonly store: readonly StoredTotal[];
  readonly faults: readonly ObservedFault[];
}

export interface ObservedFault {
  readonly kind: string;
  /** Orders that were written and not yet committed by the pipeline when the fault struck. */
  readonly inFlightRecords: number;
  /** From the end of the fault until nothing was left to do; null if that never came. */
  readonly recoveredMs: number | null;
}
