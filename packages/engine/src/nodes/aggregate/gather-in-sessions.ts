import type { ByteString } from '../../log/byte-string.ts';
import { type Header, noHeaders } from '../../log/header.ts';
import { decodeKey, encodeKey } from '../../log/key-format.ts';
import type { ProcessorContext } from '../../runtime/processor.ts';
import { decodeSegment, numberBytes, segmentBytes } from '../../state/store-address.ts';
import { presentStored } from '../../state/store-view.ts';
import type { Foundation } from './aggregator.ts';
import { ClosingIndex } from './closing-index.ts';
import type { Gathering, PlannedGathering } from './gathering.ts';
import { KeptSessions, type Session } from './kept-sessions.ts';
import { ResultTable } from './result-table.ts';
import { WindowClose } from './window-close.ts';

/**
 * One result a key and session: records of a key that are at most `windowMs` apart. A record that is near to sessions makes one of them
 * all, which takes their places; each of them is deleted downstream.
 */
export function gatherInSessions(
  context: ProcessorContext,
  planned: PlannedGathering,
  foundation: Foundation,
): Gathering {
  const results = new ResultTable(context, { ...planned, isWalkedOver: true });
  const format = context.spec.keyFormat;
  const { windowMs: gapMs, graceMs, bucketMs, keptMs, view } = planned;
  const streamTime = context.streamTime;
  const close = planned.emit === 'close' ? new WindowClose(context) : null;
  const index = planned.closing === null ? null : new ClosingIndex(context.store(planned.closing));
  const sessions = new KeptSessions(results.store, bucketMs);
  /** The greatest end of a session. */
  const observed = context.number('observed', Number.NEGATIVE_INFINITY);
  /** What is no longer kept is not there, wherever buckets begin. */
  const find = (key: ByteString, from: number, to: number): readonly Session[] =>
    sessions.find(key, Math.max(from, observed.value - keptMs + 1), to);

  const sendClosed = (closeTime: number, headers: readonly Header[]): void => {
    if (close === null || index === null || closeTime <= 0) return;
    const closed: { readonly key: ByteString; readonly session: Session }[] = [];
    for (const { tail } of index.take(closeTime)) {
      const start = decodeSegment(tail);
      const key = tail.slice(segmentBytes);
      const session = find(key, start, start).find((candidate) => candidate.start === start);
      if (session === undefined) continue;
      // It grew since it was noted.
      if (session.end >= closeTime) index.add(session.end, tail);
      else closed.push({ key, session });
    }
    const order = (left: (typeof closed)[number], right: (typeof closed)[number]): number => {
      const byEnd = left.session.end - right.session.end;
      if (byEnd !== 0) return byEnd;
      return left.key < right.key ? -1 : left.key > right.key ? 1 : 0;
    };
    for (const { key, session } of closed.sort(order)) {
      results.sendClosed(decodeKey(format, key), { start: session.start, end: session.end }, session.stored, headers);
    }
    close.sentUpTo(closeTime);
  };
  /** No session ends after the latest record. */
  const wouldLose = (): boolean => index?.hasUpTo(streamTime.current - keptMs) === true;
  if (close !== null) context.onClose(() => sendClosed(Number.MAX_SAFE_INTEGER, noHeaders));

  return {
    rows: {
      get: (key, window) => {
        if (window === null) return undefined;
        const { segment, address } = sessions.place(key, window.start, window.end);
        const stored = results.get(segment, address);
        const isThere = stored?.timestamp === window.end && window.end > observed.value - keptMs;
        if (stored === undefined || !isThere) return undefined;
        return { value: presentStored(view, stored.value), timestamp: stored.timestamp };
      },
    },
    gather: (record, add) => {
      const { key, timestamp, headers } = record;
      if (key === null) {
        context.drop('nullKey');
        return;
      }
      streamTime.advance(timestamp);
      const closeTime = streamTime.current - graceMs - gapMs;
      const keyBytes = encodeKey(format, key);
      if (close?.isDue(closeTime, wouldLose)) sendClosed(closeTime, headers);
      const found = find(keyBytes, timestamp - gapMs, timestamp + gapMs);
      let start = timestamp;
      let end = timestamp;
      for (const session of found) {
        start = Math.min(start, session.start);
        end = Math.max(end, session.end);
      }
      if (end < closeTime) {
        context.droppedWindow();
        context.fate('late');
      } else {
        let gathered = foundation.initial();
        for (const session of found) gathered = foundation.merge(gathered, session.stored.value, key);
        const window = { start, end };
        const after = add(gathered, record, window);
        const place = (session: { readonly start: number; readonly end: number }) => ({
          key,
          window: { start: session.start, end: session.end },
          ...sessions.place(keyBytes, session.start, session.end),
        });
        const isSame = start === timestamp && end === timestamp;
        const now = place(window);
        if (!isSame) {
          for (const session of found) {
            const then = place(session);
            const stays = then.segment === now.segment && then.address === now.address;
            if (stays) results.supersede(then, session.end, session.stored);
            else results.put(then, null, session.end, session.stored, noHeaders);
          }
        }
        const isNoted = found.some((session) => session.start === start && session.end >= (close?.lastClose ?? 0));
        if (!isNoted) index?.add(end, numberBytes(start) + keyBytes);
        if (end > observed.value) observed.value = end;
        results.put(now, after, end, isSame ? found[0]?.stored : undefined, noHeaders);
      }
    },
  };
}
