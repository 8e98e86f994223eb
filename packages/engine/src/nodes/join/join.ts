import { formatValueType, unionOf, type ValueType } from '@millrace/expression';
import { z } from 'zod';
import { encodeKey } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { presentStored } from '../../state/store-view.ts';
import type { PortType } from '../../topology/port-type.ts';
import type { StoreView } from '../../topology/topology.ts';
import { field } from '../field.ts';
import { checkExpression, NodeExpression, numberType, unknownType } from '../node-expression.ts';
import type { NodeKind } from '../node-kind.ts';

const config = z.strictObject({
  type: z
    .enum(['inner', 'left'])
    .default('inner')
    .meta(
      field({
        label: 'Records without a partner',
        widget: 'choice',
        help: 'Inner drops a record whose key the table does not have. Left keeps it, with right = null.',
        choices: [
          { value: 'inner', label: 'Drop them (inner join)' },
          { value: 'left', label: 'Keep them (left join)' },
        ],
      }),
    ),
  value: z
    .string()
    .max(4096)
    .meta(
      field({
        label: 'Joined value',
        widget: 'expression',
        help: 'Made of left, the value of the stream’s record, and right, the value of the table’s row.',
        placeholder: '{ ...left, airport: right }',
      }),
    ),
});

export type JoinConfig = z.infer<typeof config>;

const nullType: ValueType = { kind: 'null' };

export const join: NodeKind<JoinConfig> = {
  name: 'join',
  title: 'Join',
  summary: 'Looks up each record of a stream in a table, by key.',
  prose: `Each record of the stream at the left input is joined with the row that the table at the right input has for the same key at that moment. Only the stream makes output: a change of the table changes what later records find. The result keeps the stream record's key, timestamp and headers.

Records of both inputs are taken in the order of their event time, as far as they have arrived, so rows that are older than a record are there when it is looked up.

Equal keys must lie in equal partitions: both topics need the same key format and the same number of partitions. A stream whose key was changed on the way is first written through an internal topic.

A stream record without a value is filtered. Without a key it is dropped and counted by an inner join, and joined with null by a left join.`,
  example: {
    config: { type: 'inner', value: '{ ...left, airport: right }' },
    says: 'Adds to each flight the airport it leaves from.',
  },
  category: 'state',
  config,
  initialConfig: () => ({ type: 'inner', value: '{ ...left, right }' }),
  inputs: () => [
    { name: 'left', title: 'Stream', shape: 'stream' },
    { name: 'right', title: 'Table', shape: 'table' },
  ],
  outputs: () => [{ name: 'out', title: 'Joined' }],
  check: (settings, context) => {
    const left = context.inputs.get('left');
    const right = context.inputs.get('right');
    const value = checkExpression(settings.value, ['value'], roots(settings, left, right), context, {
      missing: 'Say what the joined value is, for example { ...left, airport: right }.',
    });
    if (right?.windowed) {
      context.report({
        code: 'windowed-table',
        path: [],
        message: `${context.inputName('right')} has a row for each key and window, so a key alone finds none. Join with a table without windows.`,
      });
    }
    if (left !== undefined && right !== undefined && left.keyFormat !== right.keyFormat) {
      context.report({
        code: 'unequal-keys',
        path: [],
        message: `The keys do not match: ${context.inputName('left')} has the format ${left.keyFormat}, ${context.inputName('right')} has ${right.keyFormat}. Equal keys meet only as equal bytes; change one of the formats.`,
      });
    } else if (left?.keyFormat === 'json' && right !== undefined && !mayBeEqual(left.key, right.key)) {
      context.report({
        code: 'unequal-keys',
        severity: 'warning',
        path: [],
        message: `The keys never match: those of ${context.inputName('left')} are ${formatValueType(left.key)}, those of ${context.inputName('right')} are ${formatValueType(right.key)}. Give the stream a key like the table’s in a map in front of the join.`,
      });
    }
    if (left === undefined) return new Map();
    return new Map([['out', { ...left, value }]]);
  },
  expressions: (settings, inputs) => [
    { path: ['value'], roots: roots(settings, inputs.get('left'), inputs.get('right')) },
  ],
  plan: (settings, planner) => {
    const stream = planner.input('left');
    const left = stream.mustRepartition
      ? planner.repartition('left', stream, null, stream.keyFormat, { keepNullKeys: settings.type === 'left' })
      : stream;
    const right = planner.input('right');
    // A table that is derived from another (filtered, mapped) has no store of its own: the join keeps its rows.
    const store =
      right.store ??
      planner.store({
        role: 'right',
        kind: 'key-value',
        keyFormat: right.keyFormat,
        view: { as: 'value' },
        signature: ['join-right'],
      });
    planner.copartition([left, right]);
    const joined = planner.processor({
      processor: 'stream-table-join',
      config: { ...settings, store, keepsRows: right.store === null, view: right.storeView },
      stores: [store],
      inputs: { left, right },
    });
    planner.output('out', joined);
  },
};

function roots(settings: JoinConfig, left: PortType | undefined, right: PortType | undefined) {
  const row = right?.value ?? unknownType;
  return {
    key: left?.key ?? unknownType,
    timestamp: numberType,
    left: left?.value ?? unknownType,
    right: settings.type === 'left' && row.kind !== 'unknown' ? unionOf(row, nullType) : row,
  };
}

/** Whether some keys of both types are of one kind. Of null, which is no key, and of what is never there nothing follows. */
function mayBeEqual(left: ValueType, right: ValueType): boolean {
  const lefts = kindsOf(left);
  const rights = kindsOf(right);
  if (lefts.length === 0 || rights.length === 0 || lefts.includes('unknown') || rights.includes('unknown')) return true;
  return lefts.some((kind) => rights.includes(kind));
}

function kindsOf(type: ValueType): readonly ValueType['kind'][] {
  const members = type.kind === 'union' ? type.members : [type];
  return members.map(({ kind }) => kind).filter((kind) => kind !== 'null' && kind !== 'never');
}

/** The table's row is looked up when a stream record comes; a change of the table is absorbed. */
export function streamTableJoinProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as JoinConfig & {
    readonly store: string;
    readonly keepsRows: boolean;
    readonly view: StoreView;
  };
  const store = context.store(settings.store);
  const expression = new NodeExpression(settings.value, ['value']);
  const format = context.spec.keyFormat;
  const isLeft = settings.type === 'left';
  return {
    inputs: {
      left: (record) => {
        if (record.value === null) {
          context.fate('filtered');
          return;
        }
        if (record.key === null && !isLeft) {
          context.fate('nullKey');
          return;
        }
        const row = record.key === null ? undefined : store.get(0, encodeKey(format, record.key));
        if (row === undefined && !isLeft) {
          context.fate('filtered');
          return;
        }
        const scope = expression.scope;
        scope.key = record.key;
        scope.timestamp = record.timestamp;
        scope.left = record.value;
        scope.right = row === undefined ? null : presentStored(settings.view, row.value);
        context.forward(record.withValue(expression.runLazily()));
      },
      right: (record) => {
        if (record.key === null) {
          context.fate('nullKey');
          return;
        }
        if (settings.keepsRows) store.put(0, encodeKey(format, record.key), record.value, record.timestamp);
        context.fate('absorbed');
      },
    },
  };
}
