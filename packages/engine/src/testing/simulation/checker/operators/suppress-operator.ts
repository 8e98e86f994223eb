import { type ModelRecord, type ModelRow, rowName } from '../model-record.ts';
import { amount, type Operator, type Surroundings } from '../operator.ts';
import { by, keyOrder } from './key-order.ts';

interface Held {
  readonly record: ModelRecord;
  /** By which it is let go; that of the first change held, however often it is replaced. */
  readonly slot: number;
  /** The row before what is held. */
  readonly before: ModelRow | undefined;
}

/** Holds changes of a table back, until some time has passed or a window has closed, and keeps only the last of each row. */
export function suppressOperator({ config, rows, windowCloseMs, emit }: Surroundings): Operator {
  const atClose = config.until === 'window-close';
  const waitMs = atClose ? (windowCloseMs('in') ?? 0) : amount(config, 'waitMs');
  const most = amount(config, 'maxRecords') || Number.POSITIVE_INFINITY;
  const upstream = rows('in');
  let held: Held[] = [];
  let streamTime = Number.NEGATIVE_INFINITY;
  const nameOf = ({ key, window }: ModelRecord): string => rowName(key, window);
  const release = (one: Held): void => {
    held = held.filter((other) => other !== one);
    if (one.record.value === null && atClose) return;
    emit({ ...one.record, old: one.before?.value ?? null });
  };
  return {
    receive: (record) => {
      if (record.key === null) return;
      streamTime = Math.max(streamTime, record.timestamp);
      const known = held.find((one) => nameOf(one.record) === nameOf(record));
      const slot = known?.slot ?? (atClose ? (record.window?.end ?? 0) : record.timestamp);
      const before =
        known === undefined
          ? record.old === null || record.old === undefined
            ? undefined
            : { key: record.key, window: record.window, value: record.old, timestamp: -1 }
          : known.before;
      held = held.filter((one) => one !== known);
      held.push({ record, slot, before });
      held.sort(
        by(
          ({ slot: at }) => at,
          (one) => keyOrder(one.record.key),
          (one) => one.record.window?.start ?? 0,
        ),
      );
      for (const one of held.filter(({ slot: at }) => at <= streamTime - waitMs)) release(one);
      while (held.length > most) release(held[0] as Held);
    },
    table: {
      get: (key, window) => {
        const one = held.find(({ record }) => nameOf(record) === rowName(key, window));
        return one === undefined ? upstream.get(key, window) : one.before;
      },
    },
  };
}
