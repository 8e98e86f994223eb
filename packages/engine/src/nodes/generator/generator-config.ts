import { z } from 'zod';
import { keyFormats } from '../../log/key-format.ts';
import { field } from '../field.ts';
import { keyFormatChoices } from '../key-format-choices.ts';

const maxShare = 0.9;
const share = z.number().min(0).max(maxShare).default(0);

const generatedField = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .meta(
      field({ label: 'Name', widget: 'text', help: 'What the field is called in the value.', placeholder: 'amount' }),
    ),
  kind: z
    .enum(['sequence', 'integer', 'number', 'choice', 'text', 'boolean', 'time'])
    .default('integer')
    .meta(
      field({
        label: 'What it holds',
        widget: 'choice',
        help: 'A sequence counts the records from “From” on. A number has up to three decimals. Text has so many letters as From and To say.',
        choices: [
          { value: 'sequence', label: 'The record’s number' },
          { value: 'integer', label: 'A whole number' },
          { value: 'number', label: 'A number' },
          { value: 'choice', label: 'One of a list' },
          { value: 'text', label: 'Random letters' },
          { value: 'boolean', label: 'True or false' },
          { value: 'time', label: 'The event time' },
        ],
      }),
    ),
  min: z
    .number()
    .min(-Number.MAX_SAFE_INTEGER)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .meta(
      field({
        label: 'From',
        widget: 'number',
        help: 'The least value, or the least count of letters.',
        when: { field: 'kind', is: ['sequence', 'integer', 'number', 'text'] },
      }),
    ),
  max: z
    .number()
    .min(-Number.MAX_SAFE_INTEGER)
    .max(Number.MAX_SAFE_INTEGER)
    .default(100)
    .meta(
      field({
        label: 'To',
        widget: 'number',
        help: 'The greatest value, or the greatest count of letters.',
        when: { field: 'kind', is: ['integer', 'number', 'text'] },
      }),
    ),
  choices: z
    .array(z.string().max(500))
    .max(1000)
    .default([])
    .meta(
      field({
        label: 'List',
        widget: 'texts',
        help: 'Each is as likely as the others. One that stands there twice comes twice as often.',
        when: { field: 'kind', is: ['choice'] },
      }),
    ),
  nullShare: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .meta(field({ label: 'Share of nulls', widget: 'number', help: 'From 0 (never null) to 1 (always).' })),
});

export type GeneratedField = z.infer<typeof generatedField>;

/** The settings of a generator; with them, every record of it is given. */
export const generatorConfig = z.strictObject({
  model: z
    .enum(['fields', 'nexmark'])
    .default('fields')
    .meta(
      field({
        label: 'Records',
        widget: 'choice',
        help: 'Fields of your own, or the people, auctions and bids of the Nexmark benchmark.',
        choices: [
          { value: 'fields', label: 'Fields of your own' },
          { value: 'nexmark', label: 'Nexmark: an auction house' },
        ],
      }),
    ),
  fields: z
    .array(generatedField)
    .max(100)
    .default([])
    .meta(
      field({
        label: 'Fields',
        widget: 'list',
        itemName: 'field',
        help: 'What each value is made of.',
        when: { field: 'model', is: ['fields'] },
      }),
    ),
  keyField: z
    .string()
    .max(100)
    .default('')
    .meta(
      field({
        label: 'Key',
        widget: 'text',
        help: 'The field whose value is also the record’s key. Empty: records have no key.',
        placeholder: 'user',
        when: { field: 'model', is: ['fields'] },
      }),
    ),
  keyFormat: z
    .enum(keyFormats)
    .default('string')
    .meta(
      field({
        label: 'Key format',
        widget: 'choice',
        help: 'How the key is written as bytes.',
        choices: keyFormatChoices,
        when: { field: 'model', is: ['fields'] },
      }),
    ),
  seed: z
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(1)
    .meta(
      field({
        label: 'Seed',
        widget: 'number',
        help: 'The same seed gives the same records, every time and on every machine.',
      }),
    ),
  count: z
    .number()
    .int()
    .min(0)
    .max(1_000_000_000_000)
    .default(0)
    .meta(
      field({
        label: 'How many',
        widget: 'number',
        help: 'Records of all partitions together. 0 goes on without end.',
      }),
    ),
  perSecond: z
    .number()
    .min(0)
    .max(10_000_000)
    .default(10)
    .meta(
      field({
        label: 'Records a second',
        widget: 'number',
        help: 'How fast they come while the pipeline is deployed. 0 is as fast as they can be processed.',
      }),
    ),
  partitions: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .meta(field({ label: 'Partitions', widget: 'number', help: 'Records are dealt to the partitions in turn.' })),
  startTime: z
    .number()
    .int()
    .min(0)
    .max(4_102_444_800_000)
    .default(1_735_689_600_000)
    .meta(
      field({
        label: 'First event time',
        widget: 'number',
        help: 'Event time of the first record, in milliseconds since 1970. 1735689600000 is the first of January 2025.',
      }),
    ),
  intervalMs: z
    .number()
    .int()
    .min(0)
    .max(86_400_000)
    .default(1000)
    .meta(
      field({
        label: 'Event time between records',
        widget: 'duration',
        help: 'How much later each record happened than the one before.',
      }),
    ),
  outOfOrderShare: share.meta(
    field({
      label: 'Share out of order',
      widget: 'number',
      help: 'The share of records, from 0 to 0.9, that happened a little earlier.',
    }),
  ),
  outOfOrderMs: z
    .number()
    .int()
    .min(1)
    .max(31_536_000_000)
    .default(5000)
    .meta(
      field({
        label: 'Out of order by at most',
        widget: 'duration',
        help: 'How much earlier those happened, at most.',
      }),
    ),
  lateShare: share.meta(
    field({
      label: 'Share of late records',
      widget: 'number',
      help: 'The share of records, from 0 to 0.9, that happened long before.',
    }),
  ),
  lateMs: z
    .number()
    .int()
    .min(1)
    .max(31_536_000_000)
    .default(3_600_000)
    .meta(field({ label: 'Late by', widget: 'duration', help: 'How much earlier those happened.' })),
  duplicateShare: share.meta(
    field({
      label: 'Share of duplicates',
      widget: 'number',
      help: 'The share of records, from 0 to 0.9, that repeat the one before them in their partition.',
    }),
  ),
  nullKeyShare: share.meta(
    field({
      label: 'Share without a key',
      widget: 'number',
      help: 'The share of records, from 0 to 0.9, that lose their key.',
    }),
  ),
});

export type GeneratorConfig = z.infer<typeof generatorConfig>;
