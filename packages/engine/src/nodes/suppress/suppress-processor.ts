import type { ByteString } from '../../log/byte-string.ts';
import { decodeKey, encodeKey } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { PolicyFailure } from '../../runtime/record-error.ts';
import { StreamRecord, type Window } from '../../runtime/stream-record.ts';
import { decodeSegment, numberBytes, segmentBytes } from '../../state/store-address.ts';
import type { TableRows } from '../../state/table-rows.ts';
import { type HeldRow, SuppressBuffer } from './suppress-buffer.ts';

export interface PlannedSuppress {
  /** Event time that a row waits after its buffer time, milliseconds. */
  readonly waitMs: number;
  /** Rows wait for their window to close: the buffer time is the window's end, and a row that is deleted until then is never sent. */
  readonly isFinal: boolean;
  readonly isWindowed: boolean;
  /** The flow says what rows were before, so that the suppressed table can be looked into. */
  readonly hasOld: boolean;
  /** 0 for no limit. */
  readonly maxRecords: number;
  readonly maxBytes: number;
  readonly whenFull: 'emit' | 'fail';
  readonly rowsStore: string;
  readonly indexStore: string;
}

/** The time of a row that is not known to be newer than any other. */
const unknownTimestamp = -1;

/** Holds updates of rows back, the last one of each row, until their time has come or the buffer is full. */
export function suppressProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as PlannedSuppress;
  const format = context.spec.keyFormat;
  const streamTime = context.streamTime;
  const buffer = new SuppressBuffer(
    context.store(settings.rowsStore),
    context.store(settings.indexStore),
    context.number('held', 0),
    context.number('held-bytes', 0),
  );

  /** The update as it goes on; null where nobody needs to hear of it. */
  const released = ([address, row]: readonly [ByteString, HeldRow]): StreamRecord | null => {
    if (settings.isFinal && row.value === null) return null;
    const { key, window } = readAddress(address, settings.isWindowed);
    return new StreamRecord(decodeKey(format, key), row.value, row.timestamp, row.headers, window, row.before);
  };

  const isOverfull = (): boolean =>
    (settings.maxRecords > 0 && buffer.count > settings.maxRecords) ||
    (settings.maxBytes > 0 && buffer.sizeBytes > settings.maxBytes);
  /** Without limits nobody asks how much there is. */
  let isCounted = settings.maxRecords === 0 && settings.maxBytes === 0;

  context.onClose(() => {
    for (const held of buffer.takeUntil(Number.POSITIVE_INFINITY)) {
      const update = released(held);
      if (update !== null) context.forwardTimed(update);
    }
  });

  return {
    rows: settings.hasOld && context.spec.rows.in !== undefined ? rowsBefore(buffer, context.rows('in')) : undefined,
    inputs: {
      in: (record) => {
        if (record.key === null) {
          context.drop('nullKey');
          return;
        }
        streamTime.advance(record.timestamp);
        if (!isCounted) buffer.recount();
        isCounted = true;
        const own = addressOf(encodeKey(format, record.key), record.window);
        hold(buffer, own, record, settings.isFinal);
        let isAbsorbed = true;
        for (const held of buffer.takeUntil(streamTime.current - settings.waitMs)) {
          const update = released(held);
          if (update === null) continue;
          if (held[0] === own) {
            isAbsorbed = false;
            context.forward(update);
          } else {
            context.forwardTimed(update);
          }
        }
        while (isOverfull()) {
          if (settings.whenFull === 'fail') throw overfull(context.spec.node, settings, buffer);
          const update = released(buffer.takeFirst());
          if (update === null) continue;
          isAbsorbed = false;
          context.forward(update);
        }
        if (isAbsorbed) context.fate('absorbed');
      },
    },
  };
}

/** Takes the place of an earlier update of the row, but for the place in the order and what the row was before all of them. */
function hold(buffer: SuppressBuffer, address: ByteString, record: StreamRecord, isFinal: boolean): void {
  const held = buffer.get(address);
  const bufferTime = isFinal && record.window !== null ? record.window.end : record.timestamp;
  const row = {
    bufferTime: held === undefined ? bufferTime : held.bufferTime,
    value: record.value,
    before: held === undefined ? record.old : held.before,
    timestamp: record.timestamp,
    headers: record.headers,
  };
  buffer.put(address, row, held);
}

/** The table as those see it who read what it sends: a row that is held back is what it was before. */
function rowsBefore(buffer: SuppressBuffer, rows: TableRows): TableRows {
  return {
    get: (key, window) => {
      const held = buffer.get(addressOf(key, window));
      if (held === undefined) return rows.get(key, window);
      const { before } = held;
      return before === null || before === undefined ? undefined : { value: before, timestamp: unknownTimestamp };
    },
  };
}

/** What the limits of a buffer are passed by; the task cannot go on without sending what its user wants to be final. */
function overfull(node: string, settings: PlannedSuppress, buffer: SuppressBuffer): PolicyFailure {
  const { maxRecords, maxBytes } = settings;
  const limits = [
    ...(maxRecords > 0 ? [`${buffer.count} rows of at most ${maxRecords}`] : []),
    ...(maxBytes > 0 ? [`${buffer.sizeBytes} bytes of at most ${maxBytes}`] : []),
  ];
  return new PolicyFailure(
    node,
    `The buffer exceeded its max capacity: ${node} holds back ${limits.join(' and ')}, and it is set to fail when it is full. Raise the limit, shorten the wait, or send the oldest rows early.`,
  );
}

/** Where a row lies: its key, in windows followed by start and end. */
function addressOf(key: ByteString, window: Window | null): ByteString {
  return window === null ? key : key + numberBytes(window.start) + numberBytes(window.end);
}

function readAddress(
  address: ByteString,
  isWindowed: boolean,
): { readonly key: ByteString; readonly window: Window | null } {
  if (!isWindowed) return { key: address, window: null };
  const keyEnd = address.length - 2 * segmentBytes;
  return {
    key: address.slice(0, keyEnd),
    window: { start: decodeSegment(address, keyEnd), end: decodeSegment(address, keyEnd + segmentBytes) },
  };
}
