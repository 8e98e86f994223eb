import { z } from 'zod';
import { keyFormats } from '../../log/key-format.ts';
import { accumulatedMax, aggregateFunctions, collectedByDefault, topByDefault } from '../../state/accumulators.ts';
import { field } from '../field.ts';
import { keyFormatChoices } from '../key-format-choices.ts';
import { windowFields } from './window-config.ts';

const aggregation = z.strictObject({
  name: z.string().max(63),
  function: z.enum(aggregateFunctions),
  /** Empty for `count`. */
  value: z.string().max(4096).default(''),
  /** How many values `collect` and `top-n` give. */
  n: z.number().int().optional(),
});
export type Aggregation = z.infer<typeof aggregation>;

export const expressionText = z.string().max(4096).default('');
const isCustom = { field: 'compute', is: ['custom'] };

/** What results are gathered by; `cogroup` has the same. */
export const byFormatField = z
  .enum(keyFormats)
  .default('string')
  .meta(
    field({
      label: 'Format of that key',
      widget: 'choice',
      help: 'How the key is written as bytes.',
      choices: keyFormatChoices,
    }),
  );

export const initialHelp = {
  label: 'Begin with',
  widget: 'expression',
  help: 'What a result is before its first record. Empty takes the first value itself.',
  placeholder: '{ orders: 0, total: 0 }',
} as const;

export const mergeHelp =
  'Of sessions: what two of them become when a record joins them, “left” the earlier and “right” the later one.';

export const aggregateConfig = z.strictObject({
  by: expressionText.meta(
    field({
      label: 'For each',
      widget: 'expression',
      help: 'The key that records are gathered by. Empty takes the key that they have. A new key moves records between partitions, through an internal topic. The rows of a table need one.',
      placeholder: 'value.airport.state',
    }),
  ),
  byFormat: byFormatField,
  ...windowFields,
  emit: z
    .enum(['update', 'close'])
    .default('update')
    .meta(
      field({
        label: 'Send a result',
        widget: 'choice',
        help: 'With every change, or once for each window, when no record can change it any more.',
        choices: [
          { value: 'update', label: 'With every change' },
          { value: 'close', label: 'Once, when its window closes' },
        ],
        when: { field: 'window', is: ['tumbling', 'hopping', 'sliding', 'session'] },
      }),
    ),
  compute: z
    .enum(['functions', 'custom'])
    .default('functions')
    .meta(
      field({
        label: 'Compute',
        widget: 'choice',
        help: 'Ready functions such as counts and sums, or expressions of your own.',
        choices: [
          { value: 'functions', label: 'Functions' },
          { value: 'custom', label: 'Expressions' },
        ],
      }),
    ),
  aggregations: z
    .array(aggregation)
    .max(100)
    .default([])
    .meta(
      field({
        label: 'Results',
        widget: 'aggregations',
        help: `Each becomes a field of the result. Values that are null are passed over. “collect” lists the last values (n of them, or ${collectedByDefault}), “top-n” the greatest (n of them, or ${topByDefault}), “distinct” counts different values, at most ${accumulatedMax} of a key.`,
        when: { field: 'compute', is: ['functions'] },
      }),
    ),
  initial: expressionText.meta(field({ ...initialHelp, when: isCustom })),
  add: expressionText.meta(
    field({
      label: 'Add a record',
      widget: 'expression',
      help: 'What the result becomes with one more record: “aggregate” is the result so far. Null deletes the result.',
      placeholder: '{ orders: aggregate.orders + 1, total: aggregate.total + value.amount }',
      when: isCustom,
    }),
  ),
  subtract: expressionText.meta(
    field({
      label: 'Take a row back',
      widget: 'expression',
      help: 'Of tables: what the result becomes when a row changes or goes, without what the row was before.',
      placeholder: '{ orders: aggregate.orders - 1, total: aggregate.total - value.amount }',
      when: isCustom,
    }),
  ),
  merge: expressionText.meta(
    field({
      label: 'Merge sessions',
      widget: 'expression',
      help: mergeHelp,
      placeholder: '{ orders: left.orders + right.orders, total: left.total + right.total }',
      when: [isCustom, { field: 'window', is: ['session'] }],
    }),
  ),
});

export type AggregateConfig = z.infer<typeof aggregateConfig>;
