import { type RootTypes, unionOf, type ValueType } from '@millrace/expression';
import { z } from 'zod';
import type { KeyFormat } from '../../log/key-format.ts';
import type { PlannedFlow, Planner } from '../../topology/planner.ts';
import type { PortType } from '../../topology/port-type.ts';
import { checkMerge, mergeRoots } from '../aggregate/aggregate.ts';
import { byFormatField, expressionText, initialHelp, mergeHelp } from '../aggregate/aggregate-config.ts';
import { addRoots, checkCustom } from '../aggregate/check-custom.ts';
import { checkWindow, noWindow, planResults, windowCloseMs, windowFields } from '../aggregate/window-config.ts';
import { field } from '../field.ts';
import { checkKeyExpression } from '../key-expression.ts';
import { recordRoots, unknownType } from '../node-expression.ts';
import type { CheckContext, NodeKind } from '../node-kind.ts';
import { gatheredBy } from '../partitioning.ts';

const inputSchema = z.strictObject({
  by: expressionText.meta(
    field({
      label: 'For each',
      widget: 'expression',
      help: 'The key that the records of this input are gathered by. Empty takes the key that they have.',
      placeholder: 'value.customer',
    }),
  ),
  add: expressionText.meta(
    field({
      label: 'Add a record',
      widget: 'expression',
      help: 'What the result becomes with one more record of this input: “aggregate” is the result so far. Null deletes the result.',
      placeholder: '{ ...aggregate, orders: aggregate.orders + 1 }',
    }),
  ),
});

const config = z.strictObject({
  inputs: z
    .array(inputSchema)
    .min(1)
    .max(10)
    .meta(
      field({
        label: 'Inputs',
        widget: 'list',
        itemName: 'input',
        help: 'Each adds its records in its own way to the results that all of them share.',
      }),
    ),
  byFormat: byFormatField,
  initial: expressionText.meta(
    field({ ...initialHelp, help: 'What a result is before its first record, whichever input that comes from.' }),
  ),
  ...windowFields,
  merge: expressionText.meta(
    field({
      label: 'Merge sessions',
      widget: 'expression',
      help: mergeHelp,
      placeholder: '{ orders: left.orders + right.orders }',
      when: { field: 'window', is: ['session'] },
    }),
  ),
});

export type CogroupConfig = z.infer<typeof config>;

export const cogroup: NodeKind<CogroupConfig> = {
  name: 'cogroup',
  title: 'Cogroup',
  summary: 'Gathers several streams into one result by key, each in its own way.',
  prose: `Keeps one result for each key, or for each key and window, to which the records of all inputs are added, those of each input by an expression of its own. Every change goes on as it happens. The output is a table.

All inputs begin with the same first result and are gathered by keys of one format; an input whose key is not the one to gather by is written through an internal topic of its own. The inputs' topics must have equal counts of partitions, or be moved.

Records are added in the order in which they are taken: those that have arrived go by event time. Without windows and in sliding windows, records without a key or a value are dropped and counted; in other windows, those without a key. A result of null deletes the row.

Windows, grace and late records are those of an aggregate, with all inputs in one event time. When a record joins two sessions, “merge” makes one result of theirs, starting from what results begin with.`,
  example: {
    config: {
      inputs: [
        { by: 'value.customer', add: '{ ...aggregate, orders: aggregate.orders + 1 }' },
        { by: 'value.customer', add: '{ ...aggregate, returns: aggregate.returns + 1 }' },
      ],
      byFormat: 'string',
      initial: '{ orders: 0, returns: 0 }',
      ...noWindow,
      merge: '',
    },
    says: 'For each customer: how many orders and how many returns, from two streams.',
  },
  category: 'state',
  config,
  initialConfig: () => ({
    inputs: [
      { by: '', add: '' },
      { by: '', add: '' },
    ],
    byFormat: 'string',
    initial: '',
    window: 'none',
  }),
  inputs: ({ inputs }) =>
    inputs.map((_, index) => ({ name: portOf(index), title: `Input ${index + 1}`, shape: 'stream' })),
  outputs: () => [{ name: 'out', title: 'Results' }],
  partitioning: ({ inputs }) => ({
    inputs: Object.fromEntries(inputs.map(({ by }, index) => [portOf(index), gatheredBy(by)])),
  }),
  check: (settings, context) => {
    const keys = checkKeys(settings, context);
    checkWindow(settings, context);
    if (settings.initial.trim() === '') {
      context.report({
        code: 'missing-expression',
        path: ['initial'],
        message: 'Say what results begin with, for example { orders: 0, returns: 0 }.',
      });
    }
    const value = checkCustom(
      settings.initial,
      settings.inputs.map(({ add, by }, index) => ({
        source: add,
        path: ['inputs', index, 'add'],
        port: portOf(index),
        roots: { ...addRoots(context.inputs.get(portOf(index)), settings, by.trim() !== ''), key: keys.type },
        value: context.inputs.get(portOf(index))?.value ?? unknownType,
        missing: `Say what the result becomes with one more record of input ${index + 1}, for example aggregate + 1.`,
      })),
      context,
    );
    if (settings.window === 'session') checkMerge(settings, value, keys.type, context);
    if (keys.format === null) return new Map();
    const output: PortType = {
      shape: 'table',
      keyFormat: keys.format,
      key: keys.type,
      windowed: settings.window !== 'none',
      value,
    };
    return new Map([['out', output]]);
  },
  expressions: (settings, inputs) => [
    ...settings.inputs.flatMap(({ by }, index) => {
      const input = inputs.get(portOf(index));
      const added: RootTypes = { ...addRoots(input, settings, by.trim() !== ''), aggregate: unknownType };
      return [
        { path: ['inputs', index, 'by'], roots: recordRoots(input) },
        { path: ['inputs', index, 'add'], roots: added },
      ];
    }),
    { path: ['initial'], roots: {} },
    { path: ['merge'], roots: mergeRoots(unknownType, unknownType) },
  ],
  plan: (settings, planner) => {
    const flows = settings.inputs.map((_, index) => gatheredFlow(settings, index, planner));
    const keyFormat = flows[0]?.keyFormat ?? settings.byFormat;
    planner.copartition(flows);
    const results = planResults(
      planner,
      { ...settings, emit: 'update' },
      {
        keyFormat,
        view: { as: 'value' },
        signature: ['cogroup', settings.inputs, settings.initial, settings.merge],
      },
    );
    const kept = planner.processor({
      processor: 'cogroup',
      config: { ...settings, ...results.config },
      stores: results.stores,
      inputs: Object.fromEntries(flows.map((flow, index) => [portOf(index), flow])),
    });
    planner.output('out', {
      ...kept,
      shape: 'table',
      mustRepartition: false,
      windowed: settings.window !== 'none',
      windowCloseMs: windowCloseMs(settings),
      isSessions: settings.window === 'session',
      rows: kept.from,
      sendsOld: planner.demand('out').old !== 'no',
      versionedMs: 0,
    });
  },
};

export function portOf(index: number): string {
  return `in-${index + 1}`;
}

function gatheredFlow(settings: CogroupConfig, index: number, planner: Planner): PlannedFlow {
  const port = portOf(index);
  const input = planner.input(port);
  const by = settings.inputs[index]?.by ?? '';
  if (by.trim() !== '') {
    return planner.repartition(port, input, { expression: by, path: ['inputs', index, 'by'] }, settings.byFormat);
  }
  return input.mustRepartition ? planner.repartition(port, input, null, input.keyFormat) : input;
}

/** Records of all inputs meet by their keys, so the keys must be of one format. */
function checkKeys(
  settings: CogroupConfig,
  context: CheckContext,
): { readonly format: KeyFormat | null; readonly type: ValueType } {
  let format: KeyFormat | null = null;
  let formatOf = '';
  const types: ValueType[] = [];
  for (const [index, { by }] of settings.inputs.entries()) {
    const port = portOf(index);
    const input = context.inputs.get(port);
    const regroups = by.trim() !== '';
    const path = ['inputs', index, 'by'];
    if (regroups) types.push(checkKeyExpression(by, path, settings.byFormat, input, context, port));
    else types.push(input?.key ?? unknownType);
    const own = regroups ? settings.byFormat : input?.keyFormat;
    if (own === undefined) continue;
    if (format === null) {
      format = own;
      formatOf = context.inputName(port);
    } else if (own !== format) {
      context.report({
        code: 'key-format',
        path: regroups ? ['byFormat'] : path,
        message: `The records of ${formatOf} are gathered by keys of the format ${format}, those of ${context.inputName(port)} by keys of the format ${own}. They meet only in one format: give each input a key to gather by.`,
      });
    }
  }
  return { format, type: unionOf(...types) };
}
