import type { ByteString } from '../../log/byte-string.ts';
import { type Header, noHeaders } from '../../log/header.ts';
import { decodeKey, encodeKey } from '../../log/key-format.ts';
import type { ProcessorContext } from '../../runtime/processor.ts';
import type { StreamRecord } from '../../runtime/stream-record.ts';
import type { Stored } from '../../state/layered-store.ts';
import { decodeSegment, numberBytes, segmentBytes } from '../../state/store-address.ts';
import { presentStored } from '../../state/store-view.ts';
import type { Add, Foundation } from './aggregator.ts';
import { ClosingIndex } from './closing-index.ts';
import type { Gathering, PlannedGathering } from './gathering.ts';
import { ResultTable } from './result-table.ts';
import { WindowClose } from './window-close.ts';

interface KeptWindow {
  readonly start: number;
  readonly stored: Stored;
}

/**
 * One result a key and sliding window. All windows are `windowMs` long, both bounds inclusive, and there are those that begin or end with
 * a record: every record has the window that ends with it, and, once later records fall into it, the one that begins right after it.
 *
 * The store's segments are buckets of window starts, an address is the key and the window's start. As many windows as overlap a record hold
 * it, and what a window holds is found in its neighbours, as in Kafka Streams' KStreamSlidingWindowAggregate, order included.
 */
export function gatherInSlidingWindows(
  context: ProcessorContext,
  planned: PlannedGathering,
  foundation: Foundation,
): Gathering {
  const results = new ResultTable(context, { ...planned, isWalkedOver: true });
  const format = context.spec.keyFormat;
  const { windowMs: lengthMs, graceMs, bucketMs, keptMs, view } = planned;
  const streamTime = context.streamTime;
  /** The greatest window start. */
  const observed = context.number('observed', Number.NEGATIVE_INFINITY);
  const close = planned.emit === 'close' ? new WindowClose(context) : null;
  const index = planned.closing === null ? null : new ClosingIndex(context.store(planned.closing));
  const bucketOf = (start: number): number => start - (start % bucketMs);
  const isKept = (start: number): boolean => start > observed.value - keptMs;

  /** The windows of a key that begin from `from` to `to`, both inclusive, by their start. */
  const windowsOf = (key: ByteString, from: number, to: number): readonly KeptWindow[] => {
    const found: KeptWindow[] = [];
    for (let bucket = bucketOf(from); bucket <= to; bucket += bucketMs) {
      for (const entry of results.store.range(bucket, key + numberBytes(from), key + numberBytes(to + 1))) {
        // Another key may be this one and more bytes.
        if (entry.key.length !== key.length + segmentBytes) continue;
        const start = decodeSegment(entry.key, key.length);
        if (isKept(start)) found.push({ start, stored: entry.stored });
      }
    }
    return found;
  };

  const sendClosed = (closeTime: number, headers: readonly Header[]): void => {
    // Of the windows [start, start + length] those have closed whose end is before the time.
    const before = closeTime - lengthMs;
    if (close === null || index === null || before <= 0) return;
    for (const { time: start, tail: key } of index.take(before)) {
      const stored = isKept(start) ? results.get(bucketOf(start), key + numberBytes(start)) : undefined;
      if (stored === undefined) continue;
      results.sendClosed(decodeKey(format, key), { start, end: start + lengthMs }, stored, headers);
    }
    close.sentUpTo(closeTime);
  };
  /** No window of a record begins after it. */
  const wouldLose = (): boolean => index?.hasUpTo(streamTime.current - keptMs) === true;
  if (close !== null) context.onClose(() => sendClosed(Number.MAX_SAFE_INTEGER, noHeaders));

  /** One record on its way into its windows. */
  const into = (record: StreamRecord, add: Add, key: ByteString, closeTime: number) => {
    const { timestamp, headers } = record;
    let isLate = true;
    const put = (start: number, value: unknown, greatest: number, before: Stored | undefined): void => {
      isLate = false;
      if (before === undefined) index?.add(start, key);
      if (start > observed.value) observed.value = start;
      const window = { start, end: start + lengthMs };
      const place = { key: record.key, window, segment: bucketOf(start), address: key + numberBytes(start) };
      // Where the last record is just further away than a length, the window after it is the one before this record, and is put twice.
      results.put(place, value, greatest, before ?? results.get(place.segment, place.address), headers);
    };
    /** Adds the record to a window; one that is new holds at first what `base` does. */
    const update = (start: number, before: Stored | undefined, base: Stored | undefined): void => {
      const end = start + lengthMs;
      if (end < closeTime) {
        context.droppedWindow();
        return;
      }
      const kept = before ?? base;
      const after = add(kept === undefined ? foundation.initial() : kept.value, record, { start, end });
      put(start, after, before === undefined ? timestamp : Math.max(timestamp, before.timestamp), before);
    };
    return {
      update,
      /** The window right after the record, which holds what a window around the record held beyond it. */
      copyRight: (right: Stored): void => put(timestamp + 1, right.value, right.timestamp, undefined),
      isLate: () => isLate,
    };
  };

  const gatherOne = (record: StreamRecord, add: Add, key: ByteString, closeTime: number): boolean => {
    const { timestamp } = record;
    const { update, copyRight, isLate } = into(record, add, key, closeTime);
    const found = windowsOf(key, Math.max(0, timestamp - 2 * lengthMs), timestamp + 1);
    const starts = new Set<number>();
    let left: Stored | undefined;
    let right: Stored | undefined;
    let previous: number | null = null;
    let hasLeft = false;
    let hasRight = false;
    for (const { start, stored } of found.toReversed()) {
      starts.add(start);
      const end = start + lengthMs;
      if (start === timestamp + 1) {
        hasRight = true;
      } else if (end > timestamp) {
        right ??= stored;
        update(start, stored, undefined);
      } else if (end === timestamp) {
        hasLeft = true;
        update(start, stored, undefined);
        // A record of this time was here before, and with it all windows that this one needs.
        if (stored.timestamp >= timestamp) return isLate();
        previous = stored.timestamp;
      } else {
        left = stored;
        previous = stored.timestamp;
        break;
      }
    }
    if (previous !== null && !starts.has(previous + 1) && previous + 1 + lengthMs >= timestamp) {
      update(previous + 1, undefined, undefined);
    }
    if (!hasLeft) {
      const reachesPrevious = previous !== null && previous >= timestamp - lengthMs;
      update(timestamp - lengthMs, undefined, reachesPrevious ? left : undefined);
    }
    if (!hasRight && right !== undefined && right.timestamp > timestamp) copyRight(right);
    return isLate();
  };

  /** Times before the first whole window share the window [0, length]. */
  const gatherEarly = (record: StreamRecord, add: Add, key: ByteString, closeTime: number): boolean => {
    const { timestamp } = record;
    const { update, copyRight, isLate } = into(record, add, key, closeTime);
    const starts = new Set<number>();
    let combined: Stored | undefined;
    let right: Stored | undefined;
    for (const { start, stored } of windowsOf(key, 0, timestamp + 1)) {
      starts.add(start);
      if (start === 0) {
        combined = stored;
      } else if (start <= timestamp) {
        right = stored;
        update(start, stored, undefined);
      }
    }
    if (right === undefined && combined !== undefined && combined.timestamp > timestamp) right = combined;
    if (!starts.has(timestamp + 1) && right !== undefined && right.timestamp > timestamp) copyRight(right);
    if (combined !== undefined && combined.timestamp < timestamp && !starts.has(combined.timestamp + 1)) {
      update(combined.timestamp + 1, undefined, undefined);
    }
    update(0, combined, undefined);
    return isLate();
  };

  return {
    rows: {
      get: (key, window) => {
        if (window === null || !isKept(window.start)) return undefined;
        const stored = results.get(bucketOf(window.start), key + numberBytes(window.start));
        return stored && { value: presentStored(view, stored.value), timestamp: stored.timestamp };
      },
    },
    gather: (record, add) => {
      if (record.key === null) {
        context.drop('nullKey');
        return;
      }
      if (record.value === null) {
        context.drop('filtered');
        return;
      }
      streamTime.advance(record.timestamp);
      const closeTime = streamTime.current - graceMs;
      if (record.timestamp + lengthMs < closeTime) {
        context.droppedWindow();
        context.fate('late');
        return;
      }
      const key = encodeKey(format, record.key);
      if (record.timestamp < lengthMs) {
        if (gatherEarly(record, add, key, closeTime)) context.fate('late');
        return;
      }
      if (close?.isDue(closeTime, wouldLose)) sendClosed(closeTime, record.headers);
      if (gatherOne(record, add, key, closeTime)) context.fate('late');
    },
  };
}
