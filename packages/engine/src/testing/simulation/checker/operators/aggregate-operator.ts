import type { ModelRow } from '../model-record.ts';
import { type Config, type Operator, type Surroundings, text } from '../operator.ts';
import { customFold, type Fold, foldOf } from './fold.ts';
import { sessionWindows } from './session-windows.ts';
import { slidingWindows } from './sliding-windows.ts';
import { timeWindows } from './time-windows.ts';

/** A result for each key, or for each key and window. */
export function aggregateOperator(around: Surroundings): Operator {
  const fold = foldOf(around.config);
  if (around.shape('in') === 'table') return tableAggregate(around, fold);
  return inWindows(around, () => fold);
}

/** The same over several streams, each with its own way to add. */
export function cogroupOperator(around: Surroundings): Operator {
  const inputs = around.config.inputs as readonly Config[];
  const folds = inputs.map((input) => customFold(around.config, text(input, 'add')));
  return inWindows(around, (port) => folds[Number(port.slice('in-'.length)) - 1] as Fold);
}

function inWindows(around: Surroundings, fold: (port: string) => Fold): Operator {
  switch (around.config.window ?? 'none') {
    case 'tumbling':
    case 'hopping':
      return timeWindows(around, around.config, fold);
    case 'sliding':
      return slidingWindows(around, around.config, fold);
    case 'session':
      return sessionWindows(around, around.config, fold);
    default:
      return plainAggregate(around, fold);
  }
}

interface Kept {
  readonly aggregate: unknown;
  readonly row: ModelRow;
}

/** Over all records of a key. */
function plainAggregate({ emit }: Surroundings, foldOfPort: (port: string) => Fold): Operator {
  const kept = new Map<string, Kept>();
  return {
    receive: (record, port) => {
      const { key, value } = record;
      if (key === null || value === null) return;
      const fold = foldOfPort(port);
      const before = kept.get(JSON.stringify(key));
      const aggregate = fold.add(before?.aggregate ?? null, record);
      const timestamp = Math.max(record.timestamp, before?.row.timestamp ?? 0);
      const result = aggregate === null ? null : fold.result(aggregate);
      if (aggregate === null) kept.delete(JSON.stringify(key));
      else kept.set(JSON.stringify(key), { aggregate, row: { key, window: null, value: result, timestamp } });
      emit({ ...record, value: result, timestamp, old: before?.row.value ?? null });
    },
    table: { get: (key) => kept.get(JSON.stringify(key))?.row },
    rows: () => [...kept.values()].map(({ row }) => row),
  };
}

/** Over the rows of a table: what a row was is taken away, what it became is added. */
function tableAggregate({ emit }: Surroundings, fold: Fold): Operator {
  const kept = new Map<string, Kept>();
  return {
    receive: (record) => {
      const { key } = record;
      const { old, new: added } = record.value as { readonly old?: unknown; readonly new?: unknown };
      const name = JSON.stringify(key);
      const before = kept.get(name);
      let aggregate: unknown = before?.aggregate ?? null;
      if (old !== undefined && before !== undefined) {
        aggregate = fold.subtract(aggregate, { ...record, value: old });
      }
      if (added !== undefined) aggregate = fold.add(aggregate, { ...record, value: added });
      const timestamp = Math.max(record.timestamp, before?.row.timestamp ?? 0);
      const result = aggregate === null ? null : fold.result(aggregate);
      if (aggregate === null) kept.delete(name);
      else kept.set(name, { aggregate, row: { key, window: null, value: result, timestamp } });
      emit({ ...record, value: result, timestamp, old: before?.row.value ?? null });
    },
    table: { get: (key) => kept.get(JSON.stringify(key))?.row },
    rows: () => [...kept.values()].map(({ row }) => row),
  };
}
