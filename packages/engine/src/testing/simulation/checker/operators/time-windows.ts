import type { ModelRecord, ModelWindow } from '../model-record.ts';
import { amount, type Config, type Operator, type Surroundings } from '../operator.ts';
import type { Fold } from './fold.ts';
import { retentionOf, WindowList } from './window-list.ts';

/** Windows of one length that begin every so often. */
export function timeWindows({ emit }: Surroundings, config: Config, foldOfPort: (port: string) => Fold): Operator {
  const sizeMs = amount(config, 'windowMs');
  const advanceMs = config.window === 'hopping' ? amount(config, 'advanceMs') : sizeMs;
  const graceMs = amount(config, 'graceMs');
  const offsetMs = amount(config, 'offsetMs');
  const onClose = config.emit === 'close';
  const windows = new WindowList(retentionOf(config, sizeMs + graceMs), 'start');
  let streamTime = Number.NEGATIVE_INFINITY;
  let lastClose = Number.NEGATIVE_INFINITY;

  const add = (record: ModelRecord, fold: Fold, window: ModelWindow): void => {
    const before = windows.get(record.key, window);
    const aggregate = fold.add(before?.aggregate ?? null, { ...record, window });
    const timestamp = Math.max(record.timestamp, before?.timestamp ?? 0);
    const value = aggregate === null ? null : fold.result(aggregate);
    if (aggregate === null) windows.remove(record.key, window);
    else windows.put({ key: record.key, window, aggregate, value, timestamp });
    if (!onClose) emit({ ...record, value, timestamp, window, old: before?.value ?? null });
  };
  const close = (record: ModelRecord): void => {
    const closeTime = streamTime - graceMs;
    if (closeTime <= lastClose) return;
    const closed = windows.ending(lastClose + 1, closeTime, 'start');
    lastClose = closeTime;
    for (const { key, window, value, timestamp } of closed)
      emit({ ...record, key, window, value, timestamp, old: null });
  };
  return {
    receive: (record, port) => {
      if (record.key === null) return;
      const fold = foldOfPort(port);
      streamTime = Math.max(streamTime, record.timestamp);
      if (onClose) close(record);
      for (const window of windowsAround(record.timestamp, sizeMs, advanceMs, offsetMs)) {
        if (window.end > streamTime - graceMs) add(record, fold, window);
      }
    },
    table: { get: (key, window) => (window === null ? undefined : windows.get(key, window)) },
    rows: () => windows.rows(),
  };
}

/** The windows that hold a time, none that begins before time does. */
function windowsAround(timestamp: number, sizeMs: number, advanceMs: number, offsetMs: number): readonly ModelWindow[] {
  const windows: ModelWindow[] = [];
  const last = Math.floor((timestamp - offsetMs) / advanceMs) * advanceMs + offsetMs;
  for (let start = last; start + sizeMs > timestamp; start -= advanceMs) {
    if (start >= 0) windows.unshift({ start, end: start + sizeMs });
  }
  return windows;
}
