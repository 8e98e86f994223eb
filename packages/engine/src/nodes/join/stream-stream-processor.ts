import type { ByteString } from '../../log/byte-string.ts';
import { noHeaders } from '../../log/header.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import { JoinBuffer, type JoinRetention } from './join-buffer.ts';
import type { JoinConfig } from './join-config.ts';
import type { Side } from './join-sides.ts';
import { JoinedValue } from './joined-value.ts';
import { JoinKeys } from './timed-address.ts';
import { type UnmatchedRow, UnmatchedRows } from './unmatched-rows.ts';

export interface PlannedStreamJoin extends JoinConfig {
  /** Records belong to windows, and meet only within one. */
  readonly isWindowed: boolean;
  readonly retention: JoinRetention;
  /** Names of stores. */
  readonly records: { readonly [side in Side]: string };
  /** Names of stores; null for a side whose records without a partner are dropped. */
  readonly unmatched: { readonly [side in Side]: string | null };
}

interface JoinSide {
  readonly name: Side;
  readonly buffer: JoinBuffer;
  readonly unmatched: UnmatchedRows | null;
  /** How much earlier than a record of this side its partner may be. */
  readonly backMs: number;
  /** And how much later: only then is it certain that it has none. */
  readonly reachMs: number;
}

/**
 * Joins records with equal keys where left.timestamp - before <= right.timestamp <= left.timestamp + after. Each record first looks for
 * partners among what came before at the other side, then it is kept for those to come. A record without a partner waits until stream
 * time, over both sides, has passed all that it could be joined with and the grace; the record that moves time there sends it on.
 */
export function streamStreamJoinProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as PlannedStreamJoin;
  const { beforeMs, afterMs, graceMs } = settings;
  const keys = new JoinKeys(context.spec.keyFormat, settings.isWindowed);
  const joinedValue = new JoinedValue(settings);
  const streamTime = context.streamTime;
  const sequence = context.number('sequence', 0);
  // By these a flush is put off: nothing waits that is older, and the wall clock does not allow it before.
  const waitingFrom = context.number('waiting-from', Number.POSITIVE_INFINITY);
  const nextFlush = context.number('next-flush', Number.NEGATIVE_INFINITY);
  const sideOf = (name: Side, backMs: number, reachMs: number): JoinSide => {
    const observed = context.number(`${name}-observed`, Number.NEGATIVE_INFINITY);
    const store = settings.unmatched[name];
    const oldest = context.number(`${name}-oldest`, Number.POSITIVE_INFINITY);
    return {
      name,
      buffer: new JoinBuffer(context.store(settings.records[name]), settings.retention, observed, sequence),
      unmatched: store === null ? null : new UnmatchedRows(context.store(store), sequence, oldest),
      backMs,
      reachMs,
    };
  };
  const left = sideOf('left', beforeMs, afterMs);
  const right = sideOf('right', afterMs, beforeMs);

  const joined = (side: JoinSide, record: StreamRecord, other: unknown, timestamp: number): StreamRecord => {
    const [leftValue, rightValue] = side === left ? [record.value, other] : [other, record.value];
    const value = joinedValue.of(record.key, record.window, timestamp, leftValue, rightValue);
    return new StreamRecord(record.key, value, timestamp, record.headers, record.window);
  };

  const emit = (side: JoinSide, row: UnmatchedRow, headers: StreamRecord['headers']): void => {
    // Gone first, so that a row on which the expression fails is not tried again and again.
    side.unmatched?.remove(row);
    const { key, window } = keys.decode(row.key);
    const unmatched = new StreamRecord(key, row.value, row.timestamp, headers, window);
    context.forWaiting(unmatched, side.name, () => {
      context.forwardTimed(joined(side, unmatched, null, row.timestamp));
    });
  };

  const flush = (headers: StreamRecord['headers']): void => {
    const leftEnd = Math.min(streamTime.current - afterMs - graceMs, Number.MAX_SAFE_INTEGER);
    const rightEnd = Math.min(streamTime.current - beforeMs - graceMs, Number.MAX_SAFE_INTEGER);
    const lefts = left.unmatched?.before(leftEnd) ?? [];
    const rights = right.unmatched?.before(rightEnd) ?? [];
    const nextFrom = nextWaitingFrom(left.unmatched, right.unmatched, leftEnd, rightEnd);
    let at = 0;
    for (const row of lefts) {
      for (let other = rights[at]; other !== undefined && other.timestamp <= row.timestamp; other = rights[++at]) {
        emit(right, other, headers);
      }
      emit(left, row, headers);
    }
    for (const row of rights.slice(at)) emit(right, row, headers);
    left.unmatched?.forgetBefore(leftEnd);
    right.unmatched?.forgetBefore(rightEnd);
    waitingFrom.value = nextFrom;
  };

  const flushIfDue = (side: JoinSide, record: StreamRecord): void => {
    if (waitingFrom.value + side.reachMs + graceMs >= streamTime.current) return;
    const intervalMs = context.settings.emitIntervalMs;
    if (intervalMs > 0) {
      const now = context.wallClock();
      if (now < nextFlush.value) return;
      nextFlush.value = now + intervalMs;
    }
    flush(record.headers);
  };

  const receive = (side: JoinSide, other: JoinSide) => (record: StreamRecord) => {
    streamTime.advance(record.timestamp);
    if (record.value === null) {
      context.drop('filtered');
      return;
    }
    if (record.key === null) {
      if (side.unmatched === null) context.drop('nullKey');
      else context.forward(joined(side, record, null, record.timestamp));
      return;
    }
    if (record.timestamp === streamTime.current) flushIfDue(side, record);
    const key: ByteString = keys.encode(record.key, record.window);
    const { timestamp } = record;
    const partners = other.buffer.between(key, timestamp - side.backMs, timestamp + side.reachMs);
    for (const partner of partners) {
      other.unmatched?.delete(partner.timestamp, key);
      context.forward(joined(side, record, partner.value, Math.max(timestamp, partner.timestamp)));
    }
    let isForwarded = partners.length > 0;
    if (!isForwarded && side.unmatched !== null) {
      if (timestamp + side.reachMs < streamTime.current) {
        context.forward(joined(side, record, null, timestamp));
        isForwarded = true;
      } else {
        side.unmatched.put(timestamp, key, record.value);
        waitingFrom.value = Math.min(waitingFrom.value, timestamp);
      }
    }
    const isKept = side.buffer.put(key, timestamp, record.value);
    if (isForwarded) return;
    context.fate(isKept ? 'absorbed' : 'late');
  };

  if (left.unmatched !== null || right.unmatched !== null) context.onClose(() => flush(noHeaders));
  return { inputs: { left: receive(left, right), right: receive(right, left) } };
}

/**
 * From where the next flush is put off, as Kafka Streams has it: the time at which this one stops to look, which is behind the first row of
 * each side that is still waiting. So rows are flushed in groups rather than one by one.
 */
function nextWaitingFrom(
  lefts: UnmatchedRows | null,
  rights: UnmatchedRows | null,
  leftEnd: number,
  rightEnd: number,
): number {
  const left = lefts?.from(leftEnd);
  const right = rights?.from(rightEnd);
  if (left === undefined || right === undefined) {
    const last = Math.max(lefts?.last()?.timestamp ?? -1, rights?.last()?.timestamp ?? -1);
    return last < 0 ? Number.POSITIVE_INFINITY : last;
  }
  // Of equal times the right one comes first.
  const [next, other] =
    left.timestamp >= right.timestamp
      ? [lefts?.after(left), rights?.from(Math.max(rightEnd, left.timestamp + 1))]
      : [rights?.after(right), lefts?.from(Math.max(leftEnd, right.timestamp))];
  const least = Math.min(next?.timestamp ?? Number.POSITIVE_INFINITY, other?.timestamp ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(least) ? least : Math.max(left.timestamp, right.timestamp);
}
