import { evaluateFor, holds, unlessFailed } from '../model-expression.ts';
import type { ModelRecord, ModelRow } from '../model-record.ts';
import { type Operator, type Rows, type Surroundings, text } from '../operator.ts';

/** Keeps what a condition holds for; of a table, what it does not hold for is deleted. */
export function filterOperator({ config, shape, rows, emit }: Surroundings): Operator {
  const condition = text(config, 'condition');
  if (shape('in') === 'stream') {
    return {
      receive: (record) => {
        if (holds(condition, record)) emit(record);
      },
    };
  }
  const kept = (value: unknown, record: ModelRecord): unknown =>
    value !== null && holds(condition, { ...record, value }) ? value : null;
  return {
    receive: (record) => {
      const value = kept(record.value, record);
      const isOldKnown = record.old !== undefined;
      const old = isOldKnown ? unlessFailed(() => kept(record.old, record)) : undefined;
      if (value !== null || old !== null) emit({ ...record, value, old: isOldKnown ? (old ?? null) : undefined });
    },
    table: derived(rows('in'), (row) => unlessFailed(() => kept(row.value, asRecord(row)))),
  };
}

/** Gives records a new value or key; of a table only a value. */
export function mapOperator({ config, shape, rows, wantsOld, emit }: Surroundings): Operator {
  const [value, key] = [text(config, 'value'), text(config, 'key')];
  if (shape('in') === 'stream') {
    return {
      receive: (record) => {
        const newKey = key === '' ? record.key : evaluateFor(key, record);
        const newValue = value === '' ? record.value : evaluateFor(value, record);
        emit({ ...record, key: newKey, value: newValue, window: key === '' ? record.window : null });
      },
    };
  }
  const mapped = (old: unknown, record: ModelRecord): unknown =>
    old === null || value === '' ? old : evaluateFor(value, { ...record, value: old });
  return {
    receive: (record) => {
      const value = mapped(record.value, record);
      const isOldKnown = wantsOld && record.old !== undefined;
      const old = isOldKnown ? (unlessFailed(() => mapped(record.old, record)) ?? null) : undefined;
      emit({ ...record, value, old });
    },
    table: derived(rows('in'), (row) => unlessFailed(() => mapped(row.value, asRecord(row)))),
  };
}

function derived(rows: Rows, derive: (row: ModelRow) => unknown): Rows {
  const of = (row: ModelRow | undefined): ModelRow | undefined => {
    if (row === undefined) return undefined;
    const value = derive(row);
    return value === null || value === undefined ? undefined : { ...row, value };
  };
  return {
    get: (key, window) => of(rows.get(key, window)),
    asOf: (key, timestamp) => of(rows.asOf?.(key, timestamp)),
  };
}

function asRecord(row: ModelRow): ModelRecord {
  return { ...row, headers: [], old: undefined, isLatest: true };
}
