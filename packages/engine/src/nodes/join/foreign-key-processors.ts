import { assert } from '../../assert.ts';
import { type ByteString, compareByteStrings } from '../../log/byte-string.ts';
import { decodeKey, encodeKey, type KeyFormat, type KeyValue } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { RecordError } from '../../runtime/record-error.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import { opened, sealed } from '../envelope.ts';
import { unlessFailed } from '../failed-before.ts';
import { keptRows } from '../kept-rows.ts';
import { NodeExpression } from '../node-expression.ts';
import { valueHash } from './value-hash.ts';

/*
 * A foreign-key join is a conversation over two internal topics. The task that has a left row tells the task of the right row that it
 * refers to (`registration`); that one keeps the subscription, and answers with the right row then and whenever it changes (`response`).
 * An answer names the left value that asked for it by its hash: one that has been overtaken by a newer left value is dropped.
 */

/** What a left row asks of the right one that it refers to, or referred to before. */
type Instruction =
  /** Subscribe; answer if there is a right row. */
  | 'subscribe'
  /** Subscribe; answer in any case, since there may be a result to be replaced. Without a foreign key only the answer remains. */
  | 'subscribe-and-answer'
  /** End the subscription; another one is on its way. */
  | 'unsubscribe'
  /** End the subscription; answer that nothing is joined any more. */
  | 'unsubscribe-and-answer';

/** A key of the right table that a left row names, with its bytes, so that it is known to fit. */
interface ForeignKey {
  readonly key: KeyValue;
  readonly bytes: ByteString;
}

/** At the left table: tells the right rows of what refers to them. */
export function foreignKeySubscribeProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as {
    readonly foreignKey: string;
    readonly isLeft: boolean;
    readonly foreignKeyFormat: KeyFormat;
  };
  const expression = new NodeExpression(settings.foreignKey, ['foreignKey']);
  const foreignKeyOf = (value: unknown, record: StreamRecord): ForeignKey | null => {
    if (value === null) return null;
    const key = expression.evaluate(record.value === value ? record : record.withValue(value));
    return key === null ? null : { key, bytes: encodeKey(settings.foreignKeyFormat, key) };
  };
  return {
    inputs: {
      left: (record) => {
        if (record.key === null) {
          context.drop('nullKey');
          return;
        }
        if (!record.isLatest) {
          context.drop('filtered');
          return;
        }
        assert(record.old !== undefined, 'a foreign-key join is not told the old rows of its left table');
        // Undefined where the row before could not be asked; then it failed here, and what was told of it before that is not known.
        const before = unlessFailed(() => foreignKeyOf(record.old, record));
        const after = foreignKeyOf(record.value, record);
        const isSameKey = after !== null && after.bytes === before?.bytes;
        const hash = record.value === null ? null : valueHash(record.value);
        const tell = (to: ForeignKey | null, instruction: Instruction): void => {
          const value = sealed({ instruction, key: record.key, hash });
          context.forward(new StreamRecord(to?.key ?? null, value, record.timestamp, record.headers, null));
        };
        if (settings.isLeft) {
          if (record.old === null && record.value === null) return;
          if (before !== null && before !== undefined && !isSameKey) tell(before, 'unsubscribe');
          tell(after, 'subscribe-and-answer');
          return;
        }
        if (after === null) {
          if (before !== null) tell(before ?? null, 'unsubscribe-and-answer');
          if (record.value !== null) context.drop('nullKey');
        } else if (before === null || isSameKey) {
          // Nothing was joined, or it was by the same key: without a right row there is no result to delete.
          tell(after, 'subscribe');
        } else {
          if (before !== undefined) tell(before, 'unsubscribe');
          tell(after, 'subscribe-and-answer');
        }
      },
    },
  };
}

/** At the right table: keeps who refers to its rows, and tells them what they are. */
export function foreignKeyAnswerProcessor(context: ProcessorContext): Processor {
  const { store: storeName, keyFormat } = context.spec.config as {
    readonly store: string;
    readonly keyFormat: KeyFormat;
  };
  const subscriptions = context.store(storeName);
  const rows = context.rows('right');
  const foreignKeyFormat = context.spec.keyFormat;
  const answer = (key: KeyValue, hash: unknown, right: unknown, timestamp: number, cause: StreamRecord): void => {
    context.forward(new StreamRecord(key, sealed({ hash, right }), timestamp, cause.headers, null));
  };
  return {
    inputs: {
      right: (record) => {
        if (record.key === null) {
          context.drop('nullKey');
          return;
        }
        if (!record.isLatest) {
          context.drop('filtered');
          return;
        }
        const [from, to] = subscriptionsOf(record.key);
        const subscribed = subscriptions.range(0, from, to).map(({ key, stored }) => {
          const [, leftKey] = decodeKey('json', key) as readonly KeyValue[];
          return { key: leftKey, bytes: encodeKey(keyFormat, leftKey), hash: stored.value };
        });
        if (subscribed.length === 0) context.fate('absorbed');
        // As written in the store, numbers and some texts stand in another order than their bytes.
        subscribed.sort((one, other) => compareByteStrings(one.bytes, other.bytes));
        for (const { key, hash } of subscribed) answer(key, hash, record.value, record.timestamp, record);
      },
      registration: (record) => {
        const message = opened(record.value);
        const instruction = message.field('instruction') as Instruction;
        const key = message.field('key');
        const hash = message.field('hash');
        const foreignKey = record.key;
        const isEnd = instruction === 'unsubscribe' || instruction === 'unsubscribe-and-answer';
        if (foreignKey !== null) {
          subscriptions.put(0, subscriptionAddress(foreignKey, key), isEnd ? null : hash, record.timestamp);
        }
        const row = foreignKey === null ? undefined : rows.get(encodeKey(foreignKeyFormat, foreignKey), null);
        if (instruction === 'unsubscribe' || (instruction === 'subscribe' && row === undefined)) {
          context.fate('absorbed');
          return;
        }
        const timestamp = row === undefined ? record.timestamp : Math.max(record.timestamp, row.timestamp);
        answer(key, hash, isEnd || row === undefined ? null : row.value, timestamp, record);
      },
    },
  };
}

/** At the left table again: joins its rows with the answers. */
export function foreignKeyJoinProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as {
    readonly value: string;
    readonly isLeft: boolean;
    readonly store: string | null;
  };
  const expression = new NodeExpression(settings.value, ['value']);
  const keyFormat = context.spec.keyFormat;
  const lefts = context.rows('rows');
  const store = settings.store === null ? null : context.store(settings.store);
  return {
    rows: store === null ? undefined : keptRows(store, { as: 'value' }),
    inputs: {
      // Only looked into: nothing is sent here.
      rows: () => undefined,
      left: (record) => {
        const message = opened(record.value);
        const key = encodeKey(keyFormat, record.key);
        const left = lefts.get(key, null);
        if (message.field('hash') !== (left === undefined ? null : valueHash(left.value))) {
          context.fate('filtered');
          return;
        }
        const right = message.field('right');
        let joined: unknown = null;
        if (left !== undefined && (right !== null || settings.isLeft)) {
          const scope = expression.scope;
          scope.key = record.key;
          scope.timestamp = record.timestamp;
          scope.left = left.value;
          scope.right = right;
          try {
            joined = expression.runLazily();
          } catch (error) {
            // An answer to a left row is part of the work on it.
            if (error instanceof RecordError) error.input = record.withValue(left.value);
            throw error;
          }
        }
        const old = store === null ? undefined : (store.get(0, key)?.value ?? null);
        store?.put(0, key, joined, record.timestamp);
        context.forward(new StreamRecord(record.key, joined, record.timestamp, record.headers, null, old));
      },
    },
  };
}

/** Where the subscription of a left row lies: what refers to one right row lies together. */
function subscriptionAddress(foreignKey: KeyValue, key: KeyValue): ByteString {
  return encodeKey('json', [foreignKey, key]);
}

/** The addresses of all that refer to a right row, the end exclusive: what begins like `[foreignKey,`. */
function subscriptionsOf(foreignKey: KeyValue): readonly [from: ByteString, to: ByteString] {
  const before = encodeKey('json', [foreignKey]).slice(0, -1);
  return [`${before},`, `${before}-`];
}
