import { evaluate } from '../model-expression.ts';
import type { ModelRecord } from '../model-record.ts';
import { amount, type Operator, type Surroundings, text } from '../operator.ts';
import { by, keyOrder } from './key-order.ts';

type Side = 'left' | 'right';

interface Arrived {
  readonly side: Side;
  readonly key: unknown;
  readonly timestamp: number;
  readonly value: unknown;
  /** How many records had come before. */
  readonly place: number;
}

/** Records of two streams with equal keys that lie near each other in time; of an outer side also those that found nothing, once they cannot any more. */
export function streamStreamJoin({ config, emit }: Surroundings): Operator {
  const [beforeMs, afterMs, graceMs] = [
    amount(config, 'beforeMs'),
    amount(config, 'afterMs'),
    amount(config, 'graceMs'),
  ];
  const retentionMs = Math.max(1, beforeMs + afterMs + graceMs);
  const isOptional = { left: config.type === 'left' || config.type === 'outer', right: config.type === 'outer' };
  /** How far after a record of a side its partners may lie. */
  const reach = { left: afterMs, right: beforeMs };
  const arrived: Arrived[] = [];
  const latest = { left: Number.NEGATIVE_INFINITY, right: Number.NEGATIVE_INFINITY };
  let pending: Arrived[] = [];
  let streamTime = Number.NEGATIVE_INFINITY;

  const joined = (record: ModelRecord, key: unknown, timestamp: number, left: unknown, right: unknown): void => {
    emit({ ...record, key, timestamp, value: evaluate(text(config, 'value'), { key, timestamp, left, right }) });
  };
  const alone = (record: ModelRecord, one: Pick<Arrived, 'side' | 'key' | 'timestamp' | 'value'>): void => {
    const isLeft = one.side === 'left';
    joined(record, one.key, one.timestamp, isLeft ? one.value : null, isLeft ? null : one.value);
  };
  let lookFrom = Number.POSITIVE_INFINITY;
  const isOpen = ({ side, timestamp }: Arrived): boolean => timestamp + reach[side] + graceMs >= streamTime;
  /** Sends on what can find nothing any more. Like Kafka Streams it remembers the last row that it looked at, and looks again from there. */
  const flush = (record: ModelRecord, side: Side): void => {
    if (lookFrom + reach[side] + graceMs >= streamTime) return;
    lookFrom = Number.POSITIVE_INFINITY;
    const met = { left: false, right: false };
    let known = '';
    const inOrder = pending.toSorted(
      by(
        ({ timestamp }) => timestamp,
        (one) => (one.side === 'right' ? 0 : 1),
        ({ key }) => keyOrder(key),
        ({ place }) => place,
      ),
    );
    for (const one of inOrder) {
      const name = JSON.stringify([one.timestamp, one.side, one.key]);
      if (name !== known && met.left && met.right) {
        lookFrom = one.timestamp;
        break;
      }
      known = name;
      lookFrom = one.timestamp;
      if (isOpen(one)) {
        met[one.side] = true;
        continue;
      }
      pending = pending.filter((other) => other !== one);
      alone(record, one);
    }
  };
  return {
    receive: (record, port) => {
      const side = port as Side;
      const other: Side = side === 'left' ? 'right' : 'left';
      const { key, value, timestamp } = record;
      streamTime = Math.max(streamTime, timestamp);
      if (value === null) return;
      if (key === null) {
        if (isOptional[side]) alone(record, { side, key, timestamp, value });
        return;
      }
      if (timestamp === streamTime) flush(record, side);
      const [from, to] =
        side === 'left' ? [timestamp - beforeMs, timestamp + afterMs] : [timestamp - afterMs, timestamp + beforeMs];
      const name = JSON.stringify(key);
      const matches = arrived
        .filter(
          (one) =>
            one.side === other &&
            JSON.stringify(one.key) === name &&
            one.timestamp >= from &&
            one.timestamp <= to &&
            one.timestamp > latest[other] - retentionMs,
        )
        .sort(
          by(
            ({ timestamp: at }) => at,
            ({ place }) => place,
          ),
        );
      for (const match of matches) {
        pending = pending.filter(
          (one) => !(one.side === other && one.timestamp === match.timestamp && JSON.stringify(one.key) === name),
        );
        const [left, right] = side === 'left' ? [value, match.value] : [match.value, value];
        joined(record, key, Math.max(timestamp, match.timestamp), left, right);
      }
      const one: Arrived = { side, key, timestamp, value, place: arrived.length };
      if (matches.length === 0 && isOptional[side]) {
        if (timestamp + reach[side] < streamTime) alone(record, one);
        else {
          pending.push(one);
          lookFrom = Math.min(lookFrom, timestamp);
        }
      }
      latest[side] = Math.max(latest[side], timestamp);
      if (timestamp > latest[side] - retentionMs) arrived.push(one);
    },
  };
}
