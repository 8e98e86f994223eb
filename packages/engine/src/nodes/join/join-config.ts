import { z } from 'zod';
import { keyFormats } from '../../log/key-format.ts';
import { field } from '../field.ts';
import { keyFormatChoices } from '../key-format-choices.ts';

const expression = z.string().max(4096);

export const joinConfig = z.strictObject({
  type: z
    .enum(['inner', 'left', 'outer'])
    .default('inner')
    .meta(
      field({
        label: 'Without a partner',
        widget: 'choice',
        help: 'What becomes of a record that finds no partner. Kept, the missing side is null in the joined value.',
        choices: [
          { value: 'inner', label: 'Drop it (inner join)' },
          { value: 'left', label: 'Keep it if it is of the left input (left join)' },
          { value: 'outer', label: 'Keep it, of either input (outer join)' },
        ],
      }),
    ),
  value: expression.meta(
    field({
      label: 'Joined value',
      widget: 'expression',
      help: 'Made of left, the value of the left record or row, and right, that of the right one.',
      placeholder: '{ ...left, airport: right }',
    }),
  ),
  beforeMs: z
    .number()
    .int()
    .default(0)
    .meta(
      field({
        label: 'Partners up to this much earlier',
        widget: 'duration',
        help: 'Two streams: how long before a left record its right partner may be, in event time.',
      }),
    ),
  afterMs: z
    .number()
    .int()
    .default(0)
    .meta(
      field({
        label: 'Partners up to this much later',
        widget: 'duration',
        help: 'Two streams: how long after a left record its right partner may be, in event time.',
      }),
    ),
  graceMs: z
    .number()
    .int()
    .default(0)
    .meta(
      field({
        label: 'Grace',
        widget: 'duration',
        help: 'Two streams: how long records are kept beyond their window for partners that come late. A stream and a table with history: how long each record waits for changes of the table that come late.',
      }),
    ),
  leftKey: expression.default('').meta(
    field({
      label: 'Key of the left stream',
      widget: 'expression',
      help: 'Joins a stream by something else than its records’ key, which becomes their key; they move through an internal topic, so that equal keys meet. Empty: by the records’ key.',
      placeholder: 'value.customerId',
    }),
  ),
  rightKey: expression.default('').meta(
    field({
      label: 'Key of the right stream',
      widget: 'expression',
      help: 'The same for a stream at the right input. A table is always joined by its keys.',
      placeholder: 'value.id',
    }),
  ),
  keyFormat: z
    .enum(keyFormats)
    .default('string')
    .meta(
      field({
        label: 'Format of these keys',
        widget: 'choice',
        help: 'How the keys above are written as bytes. Both inputs must agree.',
        choices: keyFormatChoices,
      }),
    ),
  foreignKey: expression.default('').meta(
    field({
      label: 'Foreign key',
      widget: 'expression',
      help: 'Two tables: what of a left row names the key of its right row. Empty joins rows of equal keys.',
      placeholder: 'value.customerId',
    }),
  ),
  globalKey: expression.default('').meta(
    field({
      label: 'Key in the global table',
      widget: 'expression',
      help: 'A stream and a global table: what of a record names the key of its row. Empty: the record’s key.',
      placeholder: 'value.airport',
    }),
  ),
});

export type JoinConfig = z.infer<typeof joinConfig>;
