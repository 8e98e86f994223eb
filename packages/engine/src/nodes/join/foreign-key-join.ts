import { type RootTypes, unionOf } from '@millrace/expression';
import type { Demand, Planner } from '../../topology/planner.ts';
import type { PortType } from '../../topology/port-type.ts';
import { checkKeyExpression } from '../key-expression.ts';
import { checkExpression, numberType, unknownType } from '../node-expression.ts';
import type { CheckContext } from '../node-kind.ts';

/** What a foreign-key join goes by, of a join's settings. */
export interface ForeignKeyJoinSettings {
  readonly type: 'inner' | 'left' | 'outer';
  /** Made of `left` and `right`. */
  readonly value: string;
  /** Over a row of the left table: the key of the right row that it refers to. */
  readonly foreignKey: string;
}

/** What a foreign-key join needs of the table at `port`. */
export function foreignKeyDemand(port: string): Demand {
  return port === 'left' ? { old: 'must', rows: true } : { old: 'no', rows: true };
}

/** The roots of the joined value's expression. */
export function foreignKeyRoots(
  settings: ForeignKeyJoinSettings,
  left: PortType | undefined,
  right: PortType | undefined,
): RootTypes {
  const found = right?.value ?? unknownType;
  return {
    key: left?.key ?? unknownType,
    timestamp: numberType,
    left: left?.value ?? unknownType,
    right: settings.type === 'left' && found.kind !== 'unknown' ? unionOf(found, { kind: 'null' }) : found,
  };
}

/** Reports what is wrong with a join of two tables by a foreign key; gives the type of its output. */
export function checkForeignKeyJoin(
  settings: ForeignKeyJoinSettings,
  context: CheckContext,
): ReadonlyMap<string, PortType> {
  const left = context.inputs.get('left');
  const right = context.inputs.get('right');
  if (settings.type === 'outer') {
    context.report({
      code: 'outer-foreign-key',
      path: ['type'],
      message:
        'A right row may be referred to by many left rows or by none, so a join by a foreign key is inner or left.',
      fix: { title: 'Make it a left join', value: 'left' },
    });
  }
  for (const [port, type] of [
    ['left', left],
    ['right', right],
  ] as const) {
    if (!type?.windowed) continue;
    context.report({
      code: 'windowed-table',
      path: [],
      message: `${context.inputName(port)} has a row for each key and window, and a foreign key names no window. Use a table without windows.`,
    });
  }
  checkKeyExpression(settings.foreignKey, ['foreignKey'], right?.keyFormat ?? 'json', left, {
    ...context,
    inputName: () => context.inputName('left'),
  });
  const value = checkExpression(settings.value, ['value'], foreignKeyRoots(settings, left, right), context, {
    missing: 'Say what the joined value is, for example { ...left, customer: right }.',
  });
  if (left === undefined) return new Map();
  return new Map([['out', { ...left, value, versionedMs: undefined }]]);
}

/**
 * Plans a join of two tables by a foreign key: the left rows register with the right ones through one internal topic and have their answers
 * through another. The results are a table with the left table's keys.
 */
export function planForeignKeyJoin(settings: ForeignKeyJoinSettings, planner: Planner): void {
  const left = planner.input('left');
  const right = planner.input('right');
  const isLeft = settings.type === 'left';
  const told = planner.processor({
    part: 'subscribe',
    prepares: 'left',
    processor: 'foreign-key-subscribe',
    config: { foreignKey: settings.foreignKey, isLeft, foreignKeyFormat: right.keyFormat },
    inputs: { left },
  });
  const registrations = planner.throughTopic(
    'registration',
    { ...told, keyFormat: right.keyFormat },
    { prepares: 'left' },
  );
  const subscriptions = planner.store({
    role: 'subscriptions',
    kind: 'key-value',
    keyFormat: 'json',
    view: { as: 'value' },
    signature: ['foreign-key-subscriptions', settings.foreignKey.trim(), right.keyFormat, left.keyFormat],
  });
  const answered = planner.processor({
    part: 'answer',
    prepares: 'right',
    processor: 'foreign-key-answer',
    config: { store: subscriptions, keyFormat: left.keyFormat },
    stores: [subscriptions],
    inputs: { right, registration: registrations },
  });
  const responses = planner.throughTopic('response', { ...answered, keyFormat: left.keyFormat }, { prepares: 'right' });
  planner.copartition([registrations, right]);
  const demand = planner.demand('out');
  const store =
    demand.rows || demand.old === 'must'
      ? planner.store({
          role: 'store',
          kind: 'key-value',
          keyFormat: left.keyFormat,
          view: { as: 'value' },
          signature: ['foreign-key-join', settings.foreignKey.trim(), settings.value.trim(), settings.type],
        })
      : null;
  const joined = planner.processor({
    processor: 'foreign-key-join',
    config: { value: settings.value, isLeft, store },
    stores: store === null ? [] : [store],
    // What comes is answers, as changes of the left table; its rows are only looked up.
    inputs: { left: responses, rows: { ...told, port: 'rows', rows: left.rows } },
  });
  planner.copartition([responses, left]);
  planner.output('out', {
    ...joined,
    shape: 'table',
    keyFormat: left.keyFormat,
    mustRepartition: false,
    rows: store === null ? null : joined.from,
    sendsOld: store !== null,
    versionedMs: 0,
  });
}
