/**
 * What a task knows besides its stores, committed with each commit and handed back at the next start, so that a restart accepts no record
 * that would have been late without it and totals go on. Times are epoch milliseconds; an absent time was never set.
 */
export interface TaskState {
  readonly streamTime: number | null;
  /** Operator stream times, by processor id. */
  readonly operators: { readonly [processor: string]: number };
  /** The greatest segment put, by store name. */
  readonly observed: { readonly [store: string]: number };
  /** What processors keep as numbers, by processor id and name. */
  readonly numbers: { readonly [processor: string]: { readonly [name: string]: number } };
  /**
   * The next offset of each source, by id, that is ahead of its partition's committed position. It can be where two sources of a
   * sub-topology read one topic: the position is then that of the one behind. A generator has no position but this.
   */
  readonly ahead: { readonly [source: string]: number };
  /** Totals since the pipeline's first start, by processor, source or sink id, in the order of `counterNames`. */
  readonly counters: { readonly [id: string]: readonly number[] };
}

/** Nothing is found under a name that objects have by themselves: a node may be called `constructor`. */
export const emptyTaskState: TaskState = {
  streamTime: null,
  operators: named(undefined),
  observed: named(undefined),
  numbers: named(undefined),
  ahead: named(undefined),
  counters: named(undefined),
};

export function encodeTaskState(state: TaskState): string {
  return JSON.stringify(state);
}

export function decodeTaskState(text: string): TaskState {
  const state = JSON.parse(text) as Partial<TaskState>;
  return {
    streamTime: state.streamTime ?? null,
    operators: named(state.operators),
    observed: named(state.observed),
    numbers: named(state.numbers),
    ahead: named(state.ahead),
    counters: named(state.counters),
  };
}

function named<Value>(values: { readonly [name: string]: Value } | undefined): { readonly [name: string]: Value } {
  return Object.assign(Object.create(null) as { [name: string]: Value }, values);
}
