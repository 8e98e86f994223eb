import { evaluate, evaluateFor } from '../model-expression.ts';
import type { ModelRecord, ModelRow } from '../model-record.ts';
import { amount, type Operator, type Surroundings, text } from '../operator.ts';
import { by, keyOrder } from './key-order.ts';

/** The row that the table has when the stream's record comes; with grace, the one that was valid at the record's time. */
export function streamTableJoin({ config, rows, historyMs, emit }: Surroundings): Operator {
  const isLeft = config.type === 'left';
  const right = rows('right');
  const isVersioned = historyMs('right') > 0;
  const graceMs = amount(config, 'graceMs');
  let waiting: { readonly record: ModelRecord; readonly place: number }[] = [];
  let streamTime = Number.NEGATIVE_INFINITY;
  let places = 0;
  const join = (record: ModelRecord, row: ModelRow | undefined): void => {
    if (row === undefined && !isLeft) return;
    const { key, timestamp, value: left } = record;
    const value = evaluate(text(config, 'value'), { key, timestamp, left, right: row?.value ?? null });
    emit({ ...record, value });
  };
  const find = (record: ModelRecord): ModelRow | undefined => {
    if (record.key === null) return undefined;
    return isVersioned ? right.asOf?.(record.key, record.timestamp) : right.get(record.key, null);
  };
  return {
    receive: (record, port) => {
      if (port === 'right' || record.value === null) return;
      if (record.key === null && !isLeft) return;
      if (graceMs === 0 || record.key === null) {
        join(record, find(record));
        return;
      }
      streamTime = Math.max(streamTime, record.timestamp);
      if (record.timestamp < streamTime - graceMs) join(record, find(record));
      else waiting.push({ record, place: places++ });
      const due = waiting
        .filter((one) => one.record.timestamp <= streamTime - graceMs)
        .sort(
          by(
            ({ record: one }) => one.timestamp,
            ({ record: one }) => keyOrder(one.key),
            ({ place }) => place,
          ),
        );
      waiting = waiting.filter((one) => !due.includes(one));
      for (const one of due) join(one.record, find(one.record));
    },
  };
}

/** The row of a table of which every worker has a copy; the record says by which key. */
export function globalJoin({ config, rows, emit }: Surroundings): Operator {
  const isLeft = config.type === 'left';
  const right = rows('right');
  const globalKey = text(config, 'globalKey');
  return {
    receive: (record) => {
      if (record.value === null) return;
      const wanted = globalKey === '' ? record.key : evaluateFor(globalKey, record);
      if (wanted === null && (!isLeft || record.key !== null)) return;
      const row = wanted === null ? undefined : right.get(wanted, null);
      if (row === undefined && !isLeft) return;
      const { key, timestamp, value: left } = record;
      emit({ ...record, value: evaluate(text(config, 'value'), { key, timestamp, left, right: row?.value ?? null }) });
    },
  };
}
