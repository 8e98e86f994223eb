import type { ModelRecord } from '../model-record.ts';
import { amount, type Config, type Operator, type Surroundings } from '../operator.ts';
import type { Fold } from './fold.ts';
import { retentionOf, type WindowEntry, WindowList } from './window-list.ts';

/** Windows of one length, both ends included, that exist where records make them: one that ends at each record, one that begins behind it. */
export function slidingWindows({ emit }: Surroundings, config: Config, foldOfPort: (port: string) => Fold): Operator {
  const differenceMs = amount(config, 'windowMs');
  const graceMs = amount(config, 'graceMs');
  const onClose = config.emit === 'close';
  const windows = new WindowList(retentionOf(config, 2 * differenceMs + graceMs), 'start');
  let streamTime = Number.NEGATIVE_INFINITY;
  let lastClose = Number.NEGATIVE_INFINITY;

  const put = (record: ModelRecord, fold: Fold, start: number, aggregate: unknown, timestamp: number): void => {
    const window = { start, end: start + differenceMs };
    const old = windows.get(record.key, window)?.value ?? null;
    const value = aggregate === null ? null : fold.result(aggregate);
    if (aggregate === null) windows.remove(record.key, window);
    else windows.put({ key: record.key, window, aggregate, value, timestamp });
    if (!onClose) emit({ ...record, window, value, timestamp, old });
  };
  const receive = (record: ModelRecord, fold: Fold): void => {
    const { key, timestamp: at } = record;
    const closeTime = streamTime - graceMs;
    /** Adds the record to a window, or makes it, unless it is closed. */
    const add = (start: number, before: WindowEntry | null): void => {
      if (start + differenceMs < closeTime) return;
      const timestamp = before === null ? at : Math.max(at, before.timestamp);
      put(
        record,
        fold,
        start,
        fold.add(before?.aggregate ?? null, { ...record, window: { start, end: start + differenceMs } }),
        timestamp,
      );
    };
    const found = windows.of(key);
    const starts = new Set(found.map(({ window }) => window.start));
    const copyBehind = (entry: WindowEntry | null): void => {
      if (entry !== null && entry.timestamp > at && !starts.has(at + 1)) {
        put(record, fold, at + 1, entry.aggregate, entry.timestamp);
      }
    };
    if (at < differenceMs) {
      const combined = found.find(({ window }) => window.start === 0) ?? null;
      const holding = found.filter(({ window }) => window.start > 0 && window.start <= at);
      const last = holding.at(-1) ?? (combined !== null && combined.timestamp > at ? combined : null);
      for (const entry of holding) add(entry.window.start, entry);
      copyBehind(last);
      if (combined !== null && combined.timestamp < at && !starts.has(combined.timestamp + 1)) {
        add(combined.timestamp + 1, null);
      }
      add(0, combined);
      return;
    }
    const near = found.filter(({ window }) => window.start >= at - 2 * differenceMs && window.start <= at).reverse();
    const holding = near.filter(({ window }) => window.end >= at);
    const before = near.find(({ window }) => window.end < at) ?? null;
    const endingHere = holding.find(({ window }) => window.end === at) ?? null;
    const previous =
      before?.timestamp ?? (endingHere !== null && endingHere.timestamp < at ? endingHere.timestamp : null);
    for (const entry of holding) add(entry.window.start, entry);
    if (previous !== null && !starts.has(previous + 1) && previous + 1 + differenceMs >= at) add(previous + 1, null);
    if (endingHere === null) {
      const isInReach = previous !== null && previous >= at - differenceMs;
      add(at - differenceMs, isInReach && before !== null ? { ...before, timestamp: at } : null);
    }
    copyBehind(holding.find(({ window }) => window.end > at) ?? null);
  };
  const close = (record: ModelRecord): void => {
    const closeTime = streamTime - graceMs;
    if (closeTime <= lastClose) return;
    const closed = windows.ending(lastClose, closeTime - 1, 'start');
    lastClose = closeTime;
    for (const { key, window, value, timestamp } of closed)
      emit({ ...record, key, window, value, timestamp, old: null });
  };
  return {
    receive: (record, port) => {
      if (record.key === null || record.value === null) return;
      streamTime = Math.max(streamTime, record.timestamp);
      if (record.timestamp + differenceMs < streamTime - graceMs) return;
      if (onClose && record.timestamp >= differenceMs) close(record);
      receive(record, foldOfPort(port));
    },
    table: { get: (key, window) => (window === null ? undefined : windows.get(key, window)) },
    rows: () => windows.rows(),
    expired: () => windows.expired(),
  };
}
