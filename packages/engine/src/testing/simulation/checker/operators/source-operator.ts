import { amount, type Operator, type Surroundings } from '../operator.ts';
import { KeptTable } from './kept-table.ts';
import { VersionedTable } from './versioned-table.ts';

/** A topic as a stream, as a table of the latest value of each key, or as one that remembers what its rows were. */
export function sourceOperator(around: Surroundings): Operator {
  const { config, emit } = around;
  if (config.readAs === 'global') return globalTable(around);
  if (config.readAs !== 'table') return { receive: (record) => emit(record) };
  return amount(config, 'historyMs') > 0 ? versionedTable(around) : plainTable(around);
}

function plainTable({ config, isNeeded, emit }: Surroundings): Operator {
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

function versionedTable({ config, emit }: Surroundings): Operator {
  const table = new VersionedTable(amount(config, 'historyMs'));
  return {
    receive: (record) => {
      if (record.key === null) return;
      const old = table.get(record.key)?.value ?? null;
      const isLatest = table.put(record);
      if (isLatest !== null) emit({ ...record, old, isLatest });
    },
    table,
    rows: () => table.all(),
  };
}

/** What the topic has from the beginning: in simulations nothing is written to it later. */
function globalTable({ everything }: Surroundings): Operator {
  const table = new KeptTable();
  for (const record of everything()) if (record.key !== null) table.put(record);
  return { receive: () => undefined, table };
}
