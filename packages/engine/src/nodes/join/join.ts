import { assert } from '../../assert.ts';
import { noDemand } from '../../topology/planner.ts';
import type { PortType } from '../../topology/port-type.ts';
import { recordRoots, unknownType } from '../node-expression.ts';
import type { CheckContext, NodeKind } from '../node-kind.ts';
import { gatheredBy } from '../partitioning.ts';
import { checkForeignKeyJoin, foreignKeyDemand, foreignKeyRoots, planForeignKeyJoin } from './foreign-key-join.ts';
import { globalJoin } from './global.ts';
import { type JoinConfig, joinConfig } from './join-config.ts';
import type { JoinForm } from './join-form.ts';
import { checkNoGrace, checkNoKey, checkNoWindow, sideKey } from './join-sides.ts';
import { checkJoinedValue, joinedRoots, missingSides } from './joined-value.ts';
import { streamStreamJoin } from './stream-stream.ts';
import { streamTableJoin } from './stream-table.ts';
import { tableTableJoin } from './table-table.ts';

export type { JoinConfig } from './join-config.ts';

export const join: NodeKind<JoinConfig> = {
  name: 'join',
  title: 'Join',
  summary: 'Joins two streams, a stream with a table, or two tables, by key.',
  prose: `What a join does follows from what is wired to it. The result keeps the key of its inputs; its value is made of left and right.

Two streams: a record is joined with every record of the other stream that has the same key and whose time lies within the window around it, whichever comes first. The result has the later of both times. Inner keeps pairs only; left and outer also keep records without a partner, once stream time has passed their window and the grace, when the next record comes. A record that is later than that still finds partners that are kept, and may then stand in a result after it was kept alone.

A stream (left) and a table (right): each record of the stream is joined with the row that the table has for its key at that moment. Only the stream makes results; a change of the table changes what later records find. The result keeps the stream record's time. Of a table with history the row is that of the record's time, and with a grace each record first waits for changes of the table that come late, up to its own end of grace in stream time.

A stream (left) and a global table (right): the same with any key that the record names, without moving the stream, since each worker has the whole table.

Two tables: rows with equal keys (and equal windows) make a row, which follows the changes of both. A row disappears when a side disappears that must be there. Changes of the past of a table with history are dropped and counted. With a foreign key, each left row is joined with the right row that it names.

Records are taken in the order of their event time, as far as they have arrived, so rows that are older than a record are there when it is looked up. Equal keys must lie in equal partitions: both topics need the same key format and the same number of partitions, except of global tables and joins by a foreign key. A stream whose key was changed on the way, or that is given a key here, is first written through an internal topic.

A stream record without a value is dropped and counted. Without a key it is dropped and counted too, unless it would be kept without a partner: then it is kept so at once.`,
  example: {
    config: {
      type: 'inner',
      value: '{ ...left, airport: right }',
      beforeMs: 0,
      afterMs: 0,
      graceMs: 0,
      leftKey: '',
      rightKey: '',
      keyFormat: 'string',
      foreignKey: '',
      globalKey: '',
    },
    says: 'Adds to each flight, a stream, the airport it leaves from, a row of a table.',
  },
  category: 'state',
  config: joinConfig,
  initialConfig: () => ({ type: 'inner', value: '{ ...left, right }' }),
  inputs: () => [
    { name: 'left', title: 'Left', shape: 'any' },
    { name: 'right', title: 'Right', shape: 'any-or-global' },
  ],
  outputs: () => [{ name: 'out', title: 'Joined' }],
  check: (settings, context) => {
    const left = context.inputs.get('left');
    const right = context.inputs.get('right');
    if (left === undefined || right === undefined) return checkOneSide(settings, left, right, context);
    const form = formOf(settings, left, right);
    if (form !== null) return new Map([['out', form.check(settings, left, right, context)]]);
    const [leftName, rightName] = [context.inputName('left'), context.inputName('right')];
    context.report({
      code: 'join-inputs',
      path: [],
      message:
        right.shape === 'global'
          ? `${leftName} is a table, and only a stream looks rows up in a global table like ${rightName}. Read ${rightName} as a table to join two tables.`
          : `${leftName} is a table and ${rightName} is a stream. Wire the stream to the input left and the table to the input right.`,
    });
    return new Map();
  },
  expressions: (settings, inputs) => {
    const left = inputs.get('left');
    const right = inputs.get('right');
    return [
      { path: ['value'], roots: rootsOf(settings, left, right) },
      { path: ['leftKey'], roots: recordRoots(left) },
      { path: ['rightKey'], roots: recordRoots(right) },
      { path: ['foreignKey'], roots: recordRoots(left) },
      { path: ['globalKey'], roots: recordRoots(left) },
    ];
  },
  partitioning: (settings, { inputType }) => {
    const left = inputType('left');
    const right = inputType('right');
    const form = left === undefined || right === undefined ? null : formOf(settings, left, right);
    if (form === globalJoin) return { inputs: { left: 'keeps', right: 'apart' } };
    if (form === foreignKeyJoin) return { inputs: { left: 'by-key', right: 'apart' } };
    return {
      inputs: {
        left: gatheredBy(sideKey(settings, 'left'), 'by-key-once'),
        right: gatheredBy(sideKey(settings, 'right'), 'by-key-once'),
      },
    };
  },
  demands: (settings, port, { demand, inputType }) => {
    const left = inputType('left');
    const right = inputType('right');
    const form = left === undefined || right === undefined ? null : formOf(settings, left, right);
    return form?.demand(settings, port === 'left' ? 'left' : 'right', demand('out')) ?? noDemand;
  },
  plan: (settings, planner) => {
    const form = formOf(settings, planner.inputType('left'), planner.inputType('right'));
    assert(form !== null, 'a join was planned for inputs that cannot be joined');
    form.plan(settings, planner);
  },
};

/** Two tables, where a left row names the key of its right row. */
const foreignKeyJoin: JoinForm = {
  roots: foreignKeyRoots,
  check: (settings, left, _right, context) => {
    checkNoKey(settings, 'left', context);
    checkNoKey(settings, 'right', context);
    checkNoWindow(settings, 'rows are joined as they are at any moment', context);
    checkNoGrace(settings, 'Two tables are joined as they are at any moment', context);
    return checkForeignKeyJoin(settings, context).get('out') ?? left;
  },
  demand: (_settings, side) => foreignKeyDemand(side),
  plan: planForeignKeyJoin,
};

/** What the join is for these inputs; null where they cannot be joined. */
function formOf(settings: JoinConfig, left: PortType, right: PortType): JoinForm | null {
  if (left.shape === 'stream') {
    if (right.shape === 'global') return globalJoin;
    return right.shape === 'table' ? streamTableJoin : streamStreamJoin;
  }
  if (left.shape !== 'table' || right.shape !== 'table') return null;
  return settings.foreignKey.trim() === '' ? tableTableJoin : foreignKeyJoin;
}

function rootsOf(settings: JoinConfig, left: PortType | undefined, right: PortType | undefined) {
  const form = left === undefined || right === undefined ? null : formOf(settings, left, right);
  return left === undefined || right === undefined || form === null
    ? joinedRoots(left, right, missingSides(settings))
    : form.roots(settings, left, right);
}

/** While only one input is known, what is certain: a stream at the left makes a stream. */
function checkOneSide(
  settings: JoinConfig,
  left: PortType | undefined,
  right: PortType | undefined,
  context: CheckContext,
): ReadonlyMap<string, PortType> {
  const value = checkJoinedValue(settings, rootsOf(settings, left, right), context);
  if (left === undefined) return new Map();
  const isReKeyed = left.shape === 'stream' && sideKey(settings, 'left') !== '';
  return new Map([
    ['out', isReKeyed ? { ...left, key: unknownType, keyFormat: settings.keyFormat, value } : { ...left, value }],
  ]);
}
