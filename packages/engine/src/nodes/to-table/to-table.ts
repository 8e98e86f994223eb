import { z } from 'zod';
import { field } from '../field.ts';
import type { NodeKind } from '../node-kind.ts';

const config = z.strictObject({
  rows: z
    .enum(['kept', 'when-needed'])
    .default('kept')
    .meta(
      field({
        label: 'Rows',
        widget: 'choice',
        help: 'Kept rows can be looked at while the pipeline runs. When needed, a store is made only if a later node looks rows up or must know what they were before.',
        choices: [
          { value: 'kept', label: 'Keep them in a store' },
          { value: 'when-needed', label: 'Keep them when a later node needs them' },
        ],
      }),
    ),
});

export type ToTableConfig = z.infer<typeof config>;

export const toTable: NodeKind<ToTableConfig> = {
  name: 'to-table',
  title: 'To table',
  summary: 'Makes a stream a table: the latest value of each key.',
  prose: `Each record is from here on a change of the row with its key: its value takes the place of the one before, whatever their timestamps, and a record without a value deletes the row. Every change goes on, the same value again too.

A stream whose key was changed on the way is first written through an internal topic, so that all records of a key come to one place in their order. Records without a key are dropped and counted.`,
  example: { config: { rows: 'kept' }, says: 'Keeps the last known position of each aircraft.' },
  category: 'state',
  config,
  initialConfig: () => ({ rows: 'kept' }),
  inputs: () => [{ name: 'in', title: 'Stream', shape: 'stream' }],
  outputs: () => [{ name: 'out', title: 'Table' }],
  check: (_settings, context) => {
    const input = context.inputs.get('in');
    if (input === undefined) return new Map();
    if (input.windowed) {
      context.report({
        code: 'windowed-stream',
        path: [],
        message: `The records of ${context.inputName('in')} belong to windows, and the rows made here do not. Give them a key that names the window first, in a map in front of this node.`,
      });
    }
    return new Map([['out', { ...input, shape: 'table', windowed: false }]]);
  },
  expressions: () => [],
  partitioning: () => ({ inputs: { in: 'by-key' } }),
  plan: (settings, planner) => {
    const input = planner.input('in');
    const keyed = input.mustRepartition ? planner.repartition('in', input, null, input.keyFormat) : input;
    const demand = planner.demand('out');
    if (settings.rows === 'when-needed' && demand.old !== 'must' && !demand.rows) {
      const table = planner.processor({ processor: 'table', config: { store: null }, inputs: { in: keyed } });
      planner.output('out', { ...table, shape: 'table', mustRepartition: false });
      return;
    }
    const store = planner.store({
      role: 'store',
      kind: 'key-value',
      keyFormat: keyed.keyFormat,
      view: { as: 'value' },
      signature: ['to-table'],
    });
    const table = planner.processor({ processor: 'table', config: { store }, stores: [store], inputs: { in: keyed } });
    planner.output('out', { ...table, shape: 'table', mustRepartition: false, rows: table.from, sendsOld: true });
  },
};
