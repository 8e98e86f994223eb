import { type Header, noHeaders } from '../../log/header.ts';
import { decodeKey, encodeKey } from '../../log/key-format.ts';
import type { ProcessorContext } from '../../runtime/processor.ts';
import { numberBytes, segmentBytes } from '../../state/store-address.ts';
import { timeWindows } from '../../time/windows.ts';
import { keptRows } from '../kept-rows.ts';
import type { Foundation } from './aggregator.ts';
import type { Gathering, PlannedGathering } from './gathering.ts';
import { ResultTable } from './result-table.ts';
import { WindowClose } from './window-close.ts';
import { advanceOf, hasZone } from './window-config.ts';

/** A day in a zone is at most so much longer than 24 hours. */
const zoneChangeMs = 24 * 60 * 60 * 1000;
const endOfTime = Number.MAX_SAFE_INTEGER;

/**
 * One result a key and window, of tumbling and hopping windows. With T the greatest timestamp seen by this processor, the record's own
 * included, a window [start, end) that the record lies in takes it if and only if end > T - grace.
 *
 * The store has a segment for each window start. In zones, where a window's length varies, its end follows the key in the address.
 */
export function gatherInTimeWindows(
  context: ProcessorContext,
  planned: PlannedGathering,
  foundation: Foundation,
): Gathering {
  const results = new ResultTable(context, { ...planned, isWalkedOver: false });
  const windows = timeWindows({
    sizeMs: planned.windowMs,
    advanceMs: advanceOf(planned),
    offsetMs: planned.offsetMs,
    timeZone: planned.timeZone,
  });
  const format = context.spec.keyFormat;
  const isZoned = hasZone(planned);
  const { graceMs } = planned;
  const streamTime = context.streamTime;

  const close = planned.emit === 'close' ? new WindowClose(context) : null;
  const longestMs = planned.windowMs + (isZoned ? zoneChangeMs : 0);
  /** The end of the window that closes next. */
  let nextEnd = Number.NEGATIVE_INFINITY;
  const sendClosed = (closeTime: number, headers: readonly Header[]): void => {
    if (close === null || closeTime < nextEnd) return;
    const { lastClose } = close;
    const from = Math.max(0, lastClose - longestMs);
    for (const segment of results.store.segmentsBetween(from, closeTime)) {
      const end = windows.endOf(segment);
      if (end <= lastClose || end > closeTime) continue;
      for (const { key: address, stored } of results.store.range(segment, '', null)) {
        const key = decodeKey(format, isZoned ? address.slice(0, -segmentBytes) : address);
        results.sendClosed(key, { start: segment, end }, stored, headers);
      }
    }
    close.sentUpTo(closeTime);
    nextEnd = closeTime === endOfTime ? endOfTime : (windows.at(Math.max(0, closeTime))[0]?.end ?? endOfTime);
  };
  /**
   * The store forgets by the latest window that it was given; at the latest record's, it will have been. One that keeps windows no longer
   * than they take records would be asked with every window, so that nothing would ever wait: there they are lost, as in Kafka Streams.
   */
  const keepsLonger = planned.keptMs > longestMs + graceMs;
  const wouldLose = (): boolean => {
    if (close === null || !keepsLonger) return false;
    const latest = windows.at(streamTime.current).at(-1)?.start ?? 0;
    const from = Math.max(0, close.lastClose - longestMs);
    const forgotten = results.store.segmentsBetween(from, latest - planned.keptMs);
    return forgotten.some((segment) => windows.endOf(segment) > close.lastClose);
  };
  if (close !== null) context.onClose(() => sendClosed(endOfTime, noHeaders));

  const kept = keptRows(results.store, planned.view);
  return {
    rows: isZoned
      ? { get: (key, window) => kept.get(window === null ? key : key + numberBytes(window.end), window) }
      : kept,
    gather: (record, add) => {
      const { key, timestamp, headers } = record;
      if (key === null) {
        context.drop('nullKey');
        return;
      }
      streamTime.advance(timestamp);
      const closeTime = streamTime.current - graceMs;
      const keyBytes = encodeKey(format, key);
      if (close?.isDue(closeTime, wouldLose)) sendClosed(closeTime, headers);
      let isLate = true;
      for (const window of windows.at(timestamp)) {
        const { start, end } = window;
        if (end <= closeTime) {
          context.droppedWindow();
          continue;
        }
        isLate = false;
        const address = isZoned ? keyBytes + numberBytes(end) : keyBytes;
        const before = results.get(start, address);
        const greatest = before === undefined ? timestamp : Math.max(before.timestamp, timestamp);
        const after = add(before === undefined ? foundation.initial() : before.value, record, window);
        results.put({ key, window, segment: start, address }, after, greatest, before, headers);
      }
      if (isLate) context.fate('late');
    },
  };
}
