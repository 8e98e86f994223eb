import { evaluateFor, holds, ModelFailure } from '../model-expression.ts';
import { type Config, type Operator, type Surroundings, text } from '../operator.ts';
import { KeptTable } from './kept-table.ts';

/** What passes records on one by one and keeps nothing. */

export function flatMapOperator({ config, emit }: Surroundings): Operator {
  const [items, key] = [text(config, 'items'), text(config, 'key')];
  return {
    receive: (record) => {
      const list = evaluateFor(items, record);
      if (list === null) return;
      if (!Array.isArray(list)) throw new ModelFailure('not a list');
      for (const value of list as readonly unknown[]) {
        const item = { ...record, value };
        emit(key === '' ? item : { ...item, key: evaluateFor(key, item), window: null });
      }
    },
  };
}

export function branchOperator({ config, emit }: Surroundings): Operator {
  const branches = config.branches as readonly Config[];
  return {
    receive: (record) => {
      const chosen = branches.find((branch) => holds(text(branch, 'condition'), record));
      if (chosen !== undefined) emit(record, String(chosen.name));
      else if (config.otherwise === true) emit(record, 'otherwise');
    },
  };
}

export function mergeOperator({ emit }: Surroundings): Operator {
  return { receive: (record) => emit(record) };
}

export function reKeyOperator({ config, emit }: Surroundings): Operator {
  const key = text(config, 'key');
  return {
    receive: (record) => emit(key === '' ? record : { ...record, key: evaluateFor(key, record), window: null }),
  };
}

/** Its work was done by the topic in front of it. */
export function repartitionOperator({ emit }: Surroundings): Operator {
  return { receive: (record) => emit(record) };
}

export function toTableOperator({ config, isNeeded, emit }: Surroundings): Operator {
  const table = new KeptTable();
  const isKept = config.rows !== 'when-needed' || isNeeded;
  return {
    receive: (record) => {
      if (record.key === null) return;
      const old = table.put(record);
      emit({ ...record, old: isKept ? old : undefined });
    },
    table,
    ...(isKept ? { rows: () => table.all() } : {}),
  };
}

export function toStreamOperator({ config, emit }: Surroundings): Operator {
  const key = text(config, 'key');
  return {
    receive: (record) => {
      const plain = { ...record, old: undefined, isLatest: true };
      emit(key === '' ? plain : { ...plain, key: evaluateFor(key, record), window: null });
    },
  };
}
