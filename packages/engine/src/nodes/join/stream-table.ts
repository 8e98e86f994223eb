import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import type { StreamRecord } from '../../runtime/stream-record.ts';
import type { Row } from '../../state/table-rows.ts';
import type { Planner } from '../../topology/planner.ts';
import type { PortType } from '../../topology/port-type.ts';
import type { CheckContext } from '../node-kind.ts';
import type { JoinConfig } from './join-config.ts';
import type { JoinForm } from './join-form.ts';
import { checkKeysMeet, checkNoGrace, checkNoKey, checkNoWindow, checkSide, planSide } from './join-sides.ts';
import { checkJoinedValue, JoinedValue, joinedRoots } from './joined-value.ts';
import { JoinKeys } from './timed-address.ts';
import { WaitingRecords } from './waiting-records.ts';

/** A stream and a table: each record of the stream looks up the row of its key. */
export const streamTableJoin: JoinForm = {
  roots: (settings, left, right) => joinedRoots(left, right, { left: false, right: settings.type !== 'inner' }),
  check: (settings, input, right, context) => {
    const left = checkSide(settings, 'left', input, context);
    checkNoKey(settings, 'right', context);
    checkNoOuter(settings, 'Only the stream makes results', context);
    checkNoWindow(settings, 'the row of the moment is looked up', context);
    checkGrace(settings, right, context);
    checkKeysMeet(left, right, context);
    const roots = joinedRoots(left, right, { left: false, right: settings.type !== 'inner' });
    return { ...left, value: checkJoinedValue(settings, roots, context) };
  },
  demand: ({ type }, side) => ({ old: 'no', rows: side === 'right', nullKeys: side === 'left' && type === 'left' }),
  plan,
};

/** Reports an outer join where only the left input makes results. */
export function checkNoOuter(settings: JoinConfig, because: string, context: CheckContext): void {
  if (settings.type !== 'outer') return;
  context.report({
    code: 'outer-join',
    path: ['type'],
    message: `${because}, so a row of ${context.inputName('right')} cannot be kept without a partner.`,
    fix: { title: 'Make it a left join', value: 'left' },
  });
}

function checkGrace(settings: JoinConfig, right: PortType, context: CheckContext): void {
  const { graceMs } = settings;
  const historyMs = right.versionedMs ?? 0;
  const table = context.inputName('right');
  if (graceMs < 0) {
    context.report({
      code: 'grace',
      path: ['graceMs'],
      message: 'Grace is not negative.',
      fix: { title: 'Use no grace', value: 0 },
    });
  } else if (historyMs === 0) {
    checkNoGrace(settings, `${table} keeps no history: a record finds the row of the moment`, context);
  } else if (graceMs > historyMs) {
    context.report({
      code: 'grace',
      path: ['graceMs'],
      message: `Records would wait ${graceMs} ms, and ${table} keeps only ${historyMs} ms of history. Use a grace that is not longer, or keep more history.`,
      fix: { title: 'Use as much as the history', value: historyMs },
    });
  }
}

interface PlannedTableLookup extends JoinConfig {
  /** The table keeps history: the row is that of the record's time. */
  readonly isVersioned: boolean;
  readonly isWindowed: boolean;
  /** The store of the records that wait; null where none do. */
  readonly waiting: string | null;
}

function plan(settings: JoinConfig, planner: Planner): void {
  const left = planSide(settings, 'left', planner, { keepNullKeys: settings.type === 'left' });
  const right = planner.input('right');
  planner.copartition([left, right]);
  const isWindowed = left.windowed && right.windowed;
  const waiting =
    settings.graceMs > 0
      ? planner.store({
          role: 'waiting',
          kind: 'key-value',
          keyFormat: left.keyFormat,
          prefix: ['time'],
          suffix: isWindowed ? ['start', 'end', 'sequence'] : ['sequence'],
          view: { as: 'value' },
          signature: ['join-waiting'],
        })
      : null;
  const config: PlannedTableLookup = { ...settings, isVersioned: right.versionedMs > 0, isWindowed, waiting };
  const joined = planner.processor({
    processor: 'stream-table-join',
    config,
    stores: waiting === null ? [] : [waiting],
    inputs: { left, right },
  });
  planner.output('out', { ...joined, mustRepartition: false });
}

/**
 * The table's row is looked up when a stream record comes, or, with a grace, when stream time has passed the record by the grace; of a table
 * with history it is the row of the record's time. A change of the table is absorbed.
 */
export function streamTableJoinProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as PlannedTableLookup;
  const rows = context.rows('right');
  const joinedValue = new JoinedValue(settings);
  const keys = new JoinKeys(context.spec.keyFormat, false);
  const streamTime = context.streamTime;
  const isLeft = settings.type === 'left';
  const rowOf = (record: StreamRecord): Row | undefined => {
    if (record.key === null) return undefined;
    const key = keys.encode(record.key, null);
    return settings.isVersioned
      ? rows.asOf?.(key, record.timestamp)
      : rows.get(key, settings.isWindowed ? record.window : null);
  };
  /** The joined record; null where there is none. */
  const join = (record: StreamRecord): StreamRecord | null => {
    const row = rowOf(record);
    if (row === undefined && !isLeft) return null;
    const { key, window, timestamp, value } = record;
    return record.withValue(joinedValue.of(key, window, timestamp, value, row === undefined ? null : row.value));
  };
  const joinAtOnce = (record: StreamRecord): void => {
    const joined = join(record);
    if (joined === null) context.fate('filtered');
    else context.forward(joined);
  };

  const waiting =
    settings.waiting === null
      ? null
      : new WaitingRecords(
          context.store(settings.waiting),
          new JoinKeys(context.spec.keyFormat, settings.isWindowed),
          context.number('sequence', 0),
          context.number('oldest', Number.POSITIVE_INFINITY),
        );
  const joinWaiting = (until: number): void => {
    for (const record of waiting?.takeUntil(until) ?? []) {
      context.forWaiting(record, 'left', () => {
        const joined = join(record);
        if (joined !== null) context.forwardTimed(joined);
      });
    }
  };
  if (waiting !== null) context.onClose(() => joinWaiting(Number.MAX_SAFE_INTEGER - 1));

  return {
    inputs: {
      left: (record) => {
        if (record.value === null) {
          context.drop('filtered');
          return;
        }
        if (record.key === null && !isLeft) {
          context.drop('nullKey');
          return;
        }
        // Without a key there is nothing to wait for.
        if (waiting === null || record.key === null) {
          joinAtOnce(record);
          return;
        }
        streamTime.advance(record.timestamp);
        if (record.timestamp < streamTime.current - settings.graceMs) {
          joinAtOnce(record);
        } else {
          waiting.put(record);
          context.fate('absorbed');
        }
        joinWaiting(streamTime.current - settings.graceMs);
      },
      right: (record) => {
        if (record.key === null) {
          context.fate('nullKey');
          return;
        }
        context.fate('absorbed');
      },
    },
  };
}
