import { z } from 'zod';
import { keyFormats } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
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
    .default('')
    .meta(
      field({
        label: 'New key',
        widget: 'expression',
        help: 'By what records are spread over the partitions. Empty keeps the key.',
        placeholder: 'value.customer',
      }),
    ),
  keyFormat: z
    .enum(keyFormats)
    .default('string')
    .meta(
      field({
        label: 'Format of the new key',
        widget: 'choice',
        help: 'How the new key is written as bytes. Inputs that meet must agree.',
        choices: keyFormatChoices,
      }),
    ),
  partitions: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .default(0)
    .meta(
      field({
        label: 'Partitions',
        widget: 'number',
        help: 'Of the internal topic: as many tasks can work behind it at once. 0 takes as many as the topics before it have, or as those that it must agree with.',
      }),
    ),
});

export type RepartitionConfig = z.infer<typeof config>;

export const repartition: NodeKind<RepartitionConfig> = {
  name: 'repartition',
  title: 'Repartition',
  summary: 'Writes records through an internal topic, so that equal keys lie in one partition.',
  prose: `Every record with a key is written to an internal topic and read from there, with its value, timestamp and headers. Equal keys then lie in one partition and are worked on by one task; what follows runs in tasks of its own.

Records without a key end here and are counted, since they could not meet anything; they go on only to a join that keeps records without a partner.

Joins and aggregates move records by themselves where a key was changed. Use this node to choose how many partitions there are, to move records once for several nodes that need them together, or to part a row of nodes that is too long.`,
  example: {
    config: { key: 'value.customer', keyFormat: 'string', partitions: 8 },
    says: 'Spreads orders by their customer over eight partitions.',
  },
  category: 'records',
  config,
  initialConfig: () => ({ key: '', keyFormat: 'string', partitions: 0 }),
  inputs: () => [{ name: 'in', title: 'Records', shape: 'stream' }],
  outputs: () => [{ name: 'out', title: 'Moved' }],
  check: (settings, context) => {
    const input = context.inputs.get('in');
    const hasKey = newKeyOf(settings.key) !== null;
    if (!hasKey && input?.windowed) {
      context.report({
        code: 'windowed',
        path: ['key'],
        message: `The records of ${context.inputName('in')} belong to windows, and their keys alone do not say to which. Give them a new key, such as { key, start: window.start } in the format json.`,
      });
    }
    const key = hasKey ? checkKeyExpression(settings.key, ['key'], settings.keyFormat, input, context) : input?.key;
    if (input === undefined || key === undefined) return new Map();
    const keyFormat = hasKey ? settings.keyFormat : input.keyFormat;
    return new Map([['out', { ...input, key, keyFormat, windowed: false }]]);
  },
  expressions: (_settings, inputs) => [{ path: ['key'], roots: recordRoots(inputs.get('in')) }],
  partitioning: ({ key, partitions }) => ({
    inputs: { in: { movesBy: key } },
    partitions: partitions === 0 ? null : partitions,
  }),
  plan: (settings, planner) => {
    const input = planner.input('in');
    const key = newKeyOf(settings.key);
    const moved = planner.repartition(
      'in',
      input,
      key === null ? null : { expression: key, path: ['key'] },
      key === null ? input.keyFormat : settings.keyFormat,
      {
        partitions: settings.partitions === 0 ? undefined : settings.partitions,
        keepNullKeys: planner.demand('out').nullKeys === true,
      },
    );
    planner.output('out', planner.processor({ processor: 'pass', config: null, inputs: { in: moved } }));
  },
};

/** Forwards everything, where the work of a node is done by what stands before it. */
export function passProcessor(context: ProcessorContext): Processor {
  return { inputs: { in: (record) => context.forward(record) } };
}
