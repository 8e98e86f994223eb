import type { Arrival } from './auction-house.ts';
import { PartitionTimes, partitionOf, partitions } from './partitions.ts';

export interface WindowPlan {
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;
}

export interface OpenWindow<Value> {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** In order of arrival. */
  readonly members: Value[];
  /** The greatest event time inside. */
  at: number;
}

/** Starts of all windows that a time lies in, the earliest first; none before 0. */
export function startsOf(at: number, { sizeMs, advanceMs }: WindowPlan): readonly number[] {
  const starts: number[] = [];
  for (let start = Math.floor(at / advanceMs) * advanceMs; start > at - sizeMs && start >= 0; start -= advanceMs) {
    starts.unshift(start);
  }
  return starts;
}

/**
 * Puts records into windows by key, in order of arrival. `onUpdate` sees each window that a record changed, `onClose` each that closed, in
 * order of their starts, then keys. A window is closed when the time of its partition has reached its end and the grace.
 */
export function intoWindows<Value>(
  records: readonly Arrival<Value>[],
  keyOf: (value: Value) => string,
  plan: WindowPlan,
  {
    onUpdate,
    onClose,
  }: { onUpdate?: (window: OpenWindow<Value>) => void; onClose?: (window: OpenWindow<Value>) => void },
): { readonly late: number; readonly times: PartitionTimes } {
  const times = new PartitionTimes();
  const open = Array.from({ length: partitions }, () => new Map<string, OpenWindow<Value>>());
  /** Of each partition, when the next window closes, so that windows are looked through only then. */
  const nextEnds = Array.from({ length: partitions }, () => Number.POSITIVE_INFINITY);
  let late = 0;
  for (const { at, value } of records) {
    const key = keyOf(value);
    const partition = partitionOf(key);
    const windows = open[partition] as Map<string, OpenWindow<Value>>;
    const closedUpTo = times.advance(partition, at) - plan.graceMs;
    const starts = startsOf(at, plan).filter((start) => start + plan.sizeMs > closedUpTo);
    if (starts.length === 0) late++;
    for (const start of starts) {
      const name = `${start} ${key}`;
      let window = windows.get(name);
      if (window === undefined) {
        window = { key, start, end: start + plan.sizeMs, members: [], at };
        windows.set(name, window);
        nextEnds[partition] = Math.min(nextEnds[partition] as number, window.end);
      }
      window.members.push(value);
      window.at = Math.max(window.at, at);
      onUpdate?.(window);
    }
    if (onClose === undefined || closedUpTo < (nextEnds[partition] as number)) continue;
    const closed = [...windows].filter(([, window]) => window.end <= closedUpTo);
    closed.sort(([, a], [, b]) => a.start - b.start || (a.key < b.key ? -1 : 1));
    for (const [name, window] of closed) {
      windows.delete(name);
      onClose(window);
    }
    nextEnds[partition] = Math.min(...[...windows.values()].map(({ end }) => end));
  }
  return { late, times };
}
