import { z } from 'zod';
import { keyFormats } from '../../log/key-format.ts';
import { field } from '../field.ts';
import { checkKeyExpression } from '../key-expression.ts';
import { keyFormatChoices } from '../key-format-choices.ts';
import { recordRoots } from '../node-expression.ts';
import type { NodeKind } from '../node-kind.ts';
import { newKeyOf } from '../partitioning.ts';

const config = z.strictObject({
  key: z
    .string()
    .max(4096)
    .meta(
      field({
        label: 'New key',
        widget: 'expression',
        help: 'What the key of each record becomes.',
        placeholder: 'value.customer',
      }),
    ),
  keyFormat: z
    .enum(keyFormats)
    .default('string')
    .meta(
      field({
        label: 'Key format',
        widget: 'choice',
        help: 'How the new key is written as bytes. Inputs that meet must agree.',
        choices: keyFormatChoices,
      }),
    ),
});

export type ReKeyConfig = z.infer<typeof config>;

export const reKey: NodeKind<ReKeyConfig> = {
  name: 're-key',
  title: 'Re-key',
  summary: 'Gives each record a new key.',
  prose: `One record in, one record out: the value, the timestamp and the headers stay. The key may become null; a node that needs keys drops such records and counts them.

A new key moves nothing by itself. Where a later join or aggregate needs equal keys in one place, records are written through an internal topic first, each time by the node that needs it. To move them once for several nodes, use a repartition node instead.

Records that belonged to a window belong to none with their new key.`,
  example: { config: { key: 'value.customer', keyFormat: 'string' }, says: 'Keys orders by their customer.' },
  category: 'records',
  config,
  initialConfig: () => ({ key: '', keyFormat: 'string' }),
  inputs: () => [{ name: 'in', title: 'Records', shape: 'stream' }],
  outputs: () => [{ name: 'out', title: 'Keyed' }],
  check: ({ key, keyFormat }, context) => {
    const input = context.inputs.get('in');
    const type = checkKeyExpression(key, ['key'], keyFormat, input, context);
    return input === undefined ? new Map() : new Map([['out', { ...input, key: type, keyFormat, windowed: false }]]);
  },
  expressions: (_settings, inputs) => [{ path: ['key'], roots: recordRoots(inputs.get('in')) }],
  partitioning: ({ key }) => ({ newKey: newKeyOf(key) }),
  plan: ({ key, keyFormat }, planner) => {
    const flow = planner.processor({
      processor: 'map',
      config: { value: '', key, keyFormat },
      inputs: { in: planner.input('in') },
    });
    planner.output('out', { ...flow, keyFormat, mustRepartition: true, windowed: false, windowCloseMs: null });
  },
};
