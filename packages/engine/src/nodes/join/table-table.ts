import { assert } from '../../assert.ts';
import { decodeKey, encodeKey } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import type { Row, TableRows } from '../../state/table-rows.ts';
import type { Planner } from '../../topology/planner.ts';
import { unlessFailed } from '../failed-before.ts';
import type { JoinConfig } from './join-config.ts';
import type { JoinForm } from './join-form.ts';
import { checkKeysMeet, checkNoGrace, checkNoKey, checkNoWindow, type Side } from './join-sides.ts';
import { checkJoinedValue, JoinedValue, joinedRoots, missingSides } from './joined-value.ts';

/** Two tables: rows with equal keys, and equal windows where they have any. */
export const tableTableJoin: JoinForm = {
  roots: (settings, left, right) => joinedRoots(left, right, missingSides(settings)),
  check: (settings, left, right, context) => {
    checkNoKey(settings, 'left', context);
    checkNoKey(settings, 'right', context);
    checkNoWindow(settings, 'rows are joined as they are at any moment', context);
    checkNoGrace(settings, 'Two tables are joined as they are at any moment', context);
    checkKeysMeet(left, right, context);
    const value = checkJoinedValue(settings, joinedRoots(left, right, missingSides(settings)), context);
    return {
      shape: 'table',
      keyFormat: left.keyFormat,
      key: left.key,
      windowed: left.windowed && right.windowed,
      value,
    };
  },
  // A side that may stand alone must say what it was: else the deletion of what never was could not be told from a real one.
  demand: ({ type }, side, out) => {
    const isOptional = type === 'outer' || (type === 'left' && side === 'left');
    return { old: isOptional ? 'must' : out.old, rows: true };
  },
  plan,
};

interface PlannedTableJoin extends JoinConfig {
  /** Results say what they were before. */
  readonly sendsOld: boolean;
}

function plan(settings: JoinConfig, planner: Planner): void {
  const left = planner.input('left');
  const right = planner.input('right');
  planner.copartition([left, right]);
  const sendsOld = planner.demand('out').old !== 'no' && left.sendsOld && right.sendsOld;
  const config: PlannedTableJoin = { ...settings, sendsOld };
  const joined = planner.processor({ processor: 'table-table-join', config, inputs: { left, right } });
  const windowed = left.windowed && right.windowed;
  planner.output('out', {
    ...joined,
    shape: 'table',
    mustRepartition: false,
    windowed,
    windowCloseMs: windowed ? Math.max(left.windowCloseMs ?? 0, right.windowCloseMs ?? 0) : null,
    rows: joined.from,
    sendsOld,
    versionedMs: 0,
  });
}

/**
 * A change of either table is joined with the other one's row of the moment. The result keeps no rows of its own: they are made of both
 * tables' rows when somebody asks.
 */
export function tableTableJoinProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as PlannedTableJoin;
  const joinedValue = new JoinedValue(settings);
  const tables = { left: context.rows('left'), right: context.rows('right') };
  const format = context.spec.keyFormat;
  const isRequired = { left: settings.type !== 'outer', right: settings.type === 'inner' };

  const receive = (side: Side, other: Side) => (record: StreamRecord) => {
    if (record.key === null) {
      context.drop('nullKey');
      return;
    }
    if (!record.isLatest) {
      context.drop('late');
      return;
    }
    const { key, window } = record;
    const partner = tables[other].get(encodeKey(format, key), window);
    if (partner === undefined && isRequired[other]) {
      context.fate('absorbed');
      return;
    }
    if (partner === undefined && record.value === null && knownOld(record) === null) {
      context.fate('absorbed');
      return;
    }
    const timestamp = partner === undefined ? record.timestamp : Math.max(record.timestamp, partner.timestamp);
    /** What is joined of a value of this side; null where there is no result. */
    const joined = (value: unknown): unknown => {
      if (value === null && (partner === undefined || isRequired[side])) return null;
      const found = partner === undefined ? null : partner.value;
      return side === 'left'
        ? joinedValue.of(key, window, timestamp, value, found)
        : joinedValue.of(key, window, timestamp, found, value);
    };
    const value = joined(record.value);
    const old = settings.sendsOld ? (unlessFailed(() => joined(knownOld(record))) ?? null) : undefined;
    context.forward(new StreamRecord(key, value, timestamp, record.headers, window, old));
  };

  return {
    rows: joinedRows(tables, (key, window, left, right) => {
      if ((left === undefined && isRequired.left) || (right === undefined && isRequired.right)) return null;
      const timestamp = Math.max(left?.timestamp ?? 0, right?.timestamp ?? 0);
      const decoded = decodeKey(format, key);
      const value = unlessFailed(() =>
        joinedValue.of(decoded, window, timestamp, left?.value ?? null, right?.value ?? null),
      );
      return value ?? null;
    }),
    inputs: { left: receive('left', 'right'), right: receive('right', 'left') },
  };
}

function knownOld(record: StreamRecord): unknown {
  assert(record.old !== undefined, 'a join of tables is not told what a row was before');
  return record.old;
}

/** Rows made of those of two tables by a function that gives null where there is none. */
function joinedRows(
  { left, right }: { readonly [side in Side]: TableRows },
  join: (
    key: Parameters<TableRows['get']>[0],
    window: Parameters<TableRows['get']>[1],
    left: Row | undefined,
    right: Row | undefined,
  ) => unknown,
): TableRows {
  return {
    get: (key, window) => {
      const leftRow = left.get(key, window);
      const rightRow = right.get(key, window);
      if (leftRow === undefined && rightRow === undefined) return undefined;
      const value = join(key, window, leftRow, rightRow);
      const timestamp = Math.max(leftRow?.timestamp ?? 0, rightRow?.timestamp ?? 0);
      return value === null ? undefined : { value, timestamp };
    },
  };
}
