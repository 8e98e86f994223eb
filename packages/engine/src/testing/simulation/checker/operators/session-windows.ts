import type { ModelRecord } from '../model-record.ts';
import { amount, type Config, type Operator, type Surroundings } from '../operator.ts';
import type { Fold } from './fold.ts';
import { retentionOf, WindowList } from './window-list.ts';

/** Windows that grow with the records of a key and merge when one comes between. */
export function sessionWindows({ emit }: Surroundings, config: Config, foldOfPort: (port: string) => Fold): Operator {
  const gapMs = amount(config, 'windowMs');
  const graceMs = amount(config, 'graceMs');
  const onClose = config.emit === 'close';
  const sessions = new WindowList(retentionOf(config, gapMs + graceMs), 'end');
  let streamTime = Number.NEGATIVE_INFINITY;
  let lastClose = Number.NEGATIVE_INFINITY;

  const receive = (record: ModelRecord, fold: Fold): void => {
    const { key, timestamp: at } = record;
    const reached = sessions.of(key).filter(({ window }) => window.end >= at - gapMs && window.start <= at + gapMs);
    const window = {
      start: Math.min(at, ...reached.map((session) => session.window.start)),
      end: Math.max(at, ...reached.map((session) => session.window.end)),
    };
    if (window.end < streamTime - graceMs - gapMs) return;
    let merged: unknown = fold.initial;
    for (const session of reached) merged = fold.merge(key, merged, session.aggregate);
    const aggregate = fold.add(merged, { ...record, window });
    const value = aggregate === null ? null : fold.result(aggregate);
    const isSame = window.start === at && window.end === at;
    const plain = { ...record, headers: [] };
    for (const session of isSame ? [] : reached) {
      sessions.remove(key, session.window);
      if (!onClose)
        emit({ ...plain, value: null, old: session.value, window: session.window, timestamp: session.window.end });
    }
    if (aggregate === null) sessions.remove(key, window);
    else sessions.put({ key, window, aggregate, value, timestamp: window.end });
    if (!onClose)
      emit({ ...plain, value, window, timestamp: window.end, old: isSame ? (reached[0]?.value ?? null) : null });
  };
  const close = (record: ModelRecord): void => {
    const closeTime = streamTime - graceMs - gapMs;
    if (closeTime <= lastClose) return;
    const closed = sessions.ending(lastClose, closeTime - 1, 'end');
    lastClose = closeTime;
    for (const { key, window, value, timestamp } of closed)
      emit({ ...record, key, window, value, timestamp, old: null });
  };
  return {
    receive: (record, port) => {
      if (record.key === null) return;
      streamTime = Math.max(streamTime, record.timestamp);
      if (onClose) close(record);
      receive(record, foldOfPort(port));
    },
    table: { get: (key, window) => (window === null ? undefined : sessions.get(key, window)) },
    rows: () => sessions.rows(),
    expired: () => sessions.expired(),
  };
}
