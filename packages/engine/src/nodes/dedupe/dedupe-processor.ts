import type { ByteString } from '../../log/byte-string.ts';
import { encodeKey, type KeyFormat } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import { opened, sealed } from '../envelope.ts';
import { NodeExpression } from '../node-expression.ts';

export interface PlannedDedupe {
  readonly windowMs: number;
  readonly store: string;
  /** The identity came with the record through the internal topic, and the record's own key in the value. */
  readonly isMoved: boolean;
  readonly identityFormat: KeyFormat;
}

/** Of event time, how many windows back what went on is remembered. */
export const rememberedWindows = 2;

/**
 * Ahead of the internal topic: the identity becomes the key, by which records with equal ones meet, and the record's own key travels with
 * the value.
 */
export function dedupeIdentityProcessor(context: ProcessorContext): Processor {
  const { by } = context.spec.config as { readonly by: string };
  const expression = new NodeExpression(by, ['by']);
  return {
    inputs: {
      in: (record) => {
        const value = sealed({ key: record.key, value: record.value });
        context.forward(new StreamRecord(expression.evaluate(record), value, record.timestamp, record.headers, null));
      },
    },
  };
}

/**
 * With T the greatest timestamp seen here, the record's own included: a record at t is dropped if a record of the same identity went on
 * before it at p, with |t - p| < window and p > T - 2 * window. Those that went on are kept in buckets of a window's length; in a bucket
 * there is at most one of an identity that counts.
 */
export function dedupeProcessor(context: ProcessorContext): Processor {
  const { windowMs, store: storeName, isMoved, identityFormat } = context.spec.config as PlannedDedupe;
  const passed = context.store(storeName);
  const streamTime = context.streamTime;
  const isRepeated = (identity: ByteString, timestamp: number, bucket: number): boolean => {
    const forgotten = streamTime.current - rememberedWindows * windowMs;
    for (const near of [bucket, bucket - windowMs, bucket + windowMs]) {
      const before = near < 0 ? undefined : passed.get(near, identity)?.timestamp;
      if (before !== undefined && before > forgotten && Math.abs(timestamp - before) < windowMs) return true;
    }
    return false;
  };
  return {
    inputs: {
      in: (record) => {
        streamTime.advance(record.timestamp);
        if (record.key !== null) {
          const identity = encodeKey(identityFormat, record.key);
          const bucket = record.timestamp - (record.timestamp % windowMs);
          if (isRepeated(identity, record.timestamp, bucket)) {
            context.fate('filtered');
            return;
          }
          passed.put(bucket, identity, true, record.timestamp);
        }
        context.forward(isMoved ? restored(record) : record);
      },
    },
  };
}

/** The record as it was before its identity took the place of its key. */
function restored(record: StreamRecord): StreamRecord {
  const envelope = opened(record.value);
  return new StreamRecord(envelope.field('key'), envelope.field('value'), record.timestamp, record.headers, null);
}
