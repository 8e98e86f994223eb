import { murmur3 } from '@millrace/expression';
import { encodeKey, sortedJson } from '../../../../log/key-format.ts';
import { evaluate, evaluateFor, ModelFailure, unlessFailed } from '../model-expression.ts';
import type { ModelRecord } from '../model-record.ts';
import { type Operator, type Surroundings, text } from '../operator.ts';
import { KeptTable } from './kept-table.ts';
import { by, keyOrder } from './key-order.ts';

interface Message {
  readonly instruction: 'subscribe' | 'subscribe-and-answer' | 'unsubscribe' | 'unsubscribe-and-answer';
  readonly key: unknown;
  readonly hash: string | null;
}

interface Subscription {
  readonly foreignKey: string;
  readonly key: unknown;
  readonly hash: string | null;
}

/**
 * Rows of a table with the rows of another that they refer to. Left rows register with the task of the right one, which answers then and
 * whenever its row changes.
 */
export function foreignKeyJoin({ config, rows, isNeeded, send, emit }: Surroundings): Operator {
  const isLeft = config.type === 'left';
  const [lefts, rights] = [rows('left'), rows('right')];
  const results = new KeptTable();
  let subscriptions: Subscription[] = [];
  const foreignKeyOf = (value: unknown, record: ModelRecord): unknown =>
    value === null ? null : evaluateFor(text(config, 'foreignKey'), { ...record, value });
  const register = (record: ModelRecord, foreignKey: unknown, instruction: Message['instruction']): void => {
    const value: Message = { instruction, key: record.key, hash: hashOf(record.value) };
    send('registration', { ...record, key: foreignKey, value });
  };
  const answer = (
    record: ModelRecord,
    { key, hash }: Omit<Message, 'instruction'>,
    right: unknown,
    timestamp: number,
  ) => send('response', { ...record, key, value: { hash, right }, timestamp });

  const changedLeft = (record: ModelRecord): void => {
    const { value, old } = record;
    if (record.key === null || !record.isLatest) return;
    // Undefined where the old row failed here, so that nobody knows what was told of it.
    const before = unlessFailed(() => foreignKeyOf(old, record));
    const after = foreignKeyOf(value, record);
    const isKnown = before !== null && before !== undefined;
    const isSame = isKnown && after !== null && encodeKey('json', before) === encodeKey('json', after);
    if (isLeft) {
      if (old === null && value === null) return;
      if (isKnown && !isSame) register(record, before, 'unsubscribe');
      register(record, after, 'subscribe-and-answer');
    } else if (after === null) {
      if (before !== null) register(record, before ?? null, 'unsubscribe-and-answer');
    } else if (before === null || isSame) {
      register(record, after, 'subscribe');
    } else {
      if (isKnown) register(record, before, 'unsubscribe');
      register(record, after, 'subscribe-and-answer');
    }
  };
  const registered = (record: ModelRecord): void => {
    const message = record.value as Message;
    const foreignKey = JSON.stringify(record.key);
    subscriptions = subscriptions.filter(
      (one) => one.foreignKey !== foreignKey || JSON.stringify(one.key) !== JSON.stringify(message.key),
    );
    const isEnd = message.instruction.startsWith('unsubscribe');
    if (record.key !== null && !isEnd) subscriptions.push({ ...message, foreignKey });
    const row = record.key === null ? undefined : rights.get(record.key, null);
    const isAnswered = message.instruction.endsWith('-and-answer') || (!isEnd && row !== undefined);
    if (!isAnswered) return;
    answer(record, message, isEnd ? null : (row?.value ?? null), Math.max(record.timestamp, row?.timestamp ?? 0));
  };
  const changedRight = (record: ModelRecord): void => {
    if (record.key === null || !record.isLatest) return;
    const asking = subscriptions.filter(({ foreignKey }) => foreignKey === JSON.stringify(record.key));
    for (const one of asking.sort(by(({ key }) => keyOrder(key)))) answer(record, one, record.value, record.timestamp);
  };
  const answered = (record: ModelRecord): void => {
    const { hash, right } = record.value as { readonly hash: string | null; readonly right: unknown };
    const { key, timestamp } = record;
    const left = lefts.get(key, null)?.value ?? null;
    if (hash !== hashOf(left)) return;
    const isJoined = left !== null && (right !== null || isLeft);
    const value = isJoined ? joinedValue(record, left, right) : null;
    const old = results.put({ key, window: null, value, timestamp });
    emit({ ...record, value, old: isNeeded ? old : undefined });
  };
  const joinedValue = (record: ModelRecord, left: unknown, right: unknown): unknown => {
    try {
      return evaluate(text(config, 'value'), { key: record.key, timestamp: record.timestamp, left, right });
    } catch (error) {
      if (error instanceof ModelFailure) error.input = { ...record, value: left };
      throw error;
    }
  };
  return {
    receive: (record, port) => {
      if (port === 'left') changedLeft(record);
      else if (port === 'registration') registered(record);
      else if (port === 'right') changedRight(record);
      else answered(record);
    },
    table: results,
  };
}

function hashOf(value: unknown): string | null {
  return value === null ? null : murmur3(new TextEncoder().encode(sortedJson(value)));
}
