import { assert } from '../../assert.ts';
import { encodeKey, type KeyFormat } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { noDemand, type Planner } from '../../topology/planner.ts';
import { checkKeyExpression } from '../key-expression.ts';
import { NodeExpression } from '../node-expression.ts';
import type { JoinConfig } from './join-config.ts';
import type { JoinForm } from './join-form.ts';
import { checkKeysMeet, checkNoGrace, checkNoWindow, sideKey } from './join-sides.ts';
import { checkJoinedValue, JoinedValue, joinedRoots } from './joined-value.ts';
import { checkNoOuter } from './stream-table.ts';

/** A stream and a global table: each record looks up a row by any key, without moving. */
export const globalJoin: JoinForm = {
  roots: (settings, left, right) => joinedRoots(left, right, { left: false, right: settings.type !== 'inner' }),
  check: (settings, left, right, context) => {
    for (const side of ['left', 'right'] as const) {
      if (sideKey(settings, side) === '') continue;
      context.report({
        code: 'global-key',
        path: [`${side}Key`],
        message: `A stream finds rows of a global table without a key of its own. Leave this empty, and say in “Key in the global table” which row is wanted.`,
        fix: { title: 'Leave it empty', value: '' },
      });
    }
    checkNoOuter(settings, 'Only the stream makes results', context);
    checkNoWindow(settings, 'the row of the moment is looked up', context);
    checkNoGrace(settings, 'A global table keeps no history', context);
    if (settings.globalKey.trim() === '') {
      checkKeysMeet({ ...left, windowed: false }, right, context);
    } else {
      checkKeyExpression(settings.globalKey, ['globalKey'], right.keyFormat, left, {
        ...context,
        inputName: () => context.inputName('left'),
      });
    }
    return { ...left, value: checkJoinedValue(settings, globalJoin.roots(settings, left, right), context) };
  },
  demand: ({ type }, side) => ({ ...noDemand, nullKeys: side === 'left' && type === 'left' }),
  plan,
};

interface PlannedGlobalJoin extends JoinConfig {
  readonly globalTable: string;
  readonly globalKeyFormat: KeyFormat;
}

function plan(settings: JoinConfig, planner: Planner): void {
  const left = planner.input('left');
  const right = planner.input('right');
  assert(right.globalTable !== null, 'a global table has no name by which to look it up');
  const config: PlannedGlobalJoin = {
    ...settings,
    globalTable: right.globalTable,
    globalKeyFormat: right.keyFormat,
  };
  planner.output('out', planner.processor({ processor: 'global-join', config, inputs: { left } }));
}

/** Looks a row up when a stream record comes; a change of the global table is no input of the join at all. */
export function globalJoinProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as PlannedGlobalJoin;
  const rows = context.globalTable(settings.globalTable);
  const joinedValue = new JoinedValue(settings);
  const globalKey = settings.globalKey.trim() === '' ? null : new NodeExpression(settings.globalKey, ['globalKey']);
  const isLeft = settings.type === 'left';
  return {
    inputs: {
      left: (record) => {
        if (record.value === null) {
          context.drop('filtered');
          return;
        }
        const key = globalKey === null ? record.key : globalKey.evaluate(record);
        // A left join keeps a record that has no key at all, and not one whose key leads nowhere, as Kafka Streams does.
        if (key === null && !(isLeft && record.key === null)) {
          context.drop('nullKey');
          return;
        }
        const row = key === null ? undefined : rows.get(encodeKey(settings.globalKeyFormat, key), null);
        if (row === undefined && !isLeft) {
          context.fate('filtered');
          return;
        }
        const right = row === undefined ? null : row.value;
        const { window, timestamp, value } = record;
        context.forward(record.withValue(joinedValue.of(record.key, window, timestamp, value, right)));
      },
    },
  };
}
