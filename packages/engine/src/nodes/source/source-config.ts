import { typeTextMax } from '@millrace/expression';
import { z } from 'zod';
import { keyFormats } from '../../log/key-format.ts';
import { field } from '../field.ts';
import { keyFormatChoices } from '../key-format-choices.ts';

/** Read as a table or a global table, a topic is rows. */
const ofTables = { field: 'readAs', is: ['table'] } as const;

export const sourceConfig = z.strictObject({
  topic: z
    .string()
    .max(249)
    .meta(
      field({
        label: 'Topic',
        widget: 'topic',
        help: 'The topic to read, from its earliest record on.',
        placeholder: 'flights',
      }),
    ),
  readAs: z
    .enum(['stream', 'table', 'global'])
    .default('stream')
    .meta(
      field({
        label: 'Read as',
        widget: 'choice',
        help: 'A stream is facts, each on its own. A table is the latest value of each key; a record without a value deletes its key. Of a global table every worker has a whole copy, for joins by any key.',
        choices: [
          { value: 'stream', label: 'Stream' },
          { value: 'table', label: 'Table' },
          { value: 'global', label: 'Global table' },
        ],
      }),
    ),
  keyFormat: z
    .enum(keyFormats)
    .default('string')
    .meta(
      field({
        label: 'Key format',
        widget: 'choice',
        help: 'How the bytes of a key are read.',
        choices: keyFormatChoices,
      }),
    ),
  valueFormat: z
    .enum(['json', 'text', 'bytes'])
    .default('json')
    .meta(
      field({
        label: 'Value format',
        widget: 'choice',
        help: 'How the bytes of a value are read. Text must be UTF-8; bytes can be anything.',
        choices: [
          { value: 'json', label: 'JSON' },
          { value: 'text', label: 'Text' },
          { value: 'bytes', label: 'Bytes, shown as base64' },
        ],
      }),
    ),
  schema: z
    .string()
    .max(typeTextMax)
    .default('')
    .meta(
      field({
        label: 'Type of the values',
        widget: 'type',
        help: 'Written like { id: number, name?: string, tags: [string], … }. Empty takes what the newest records are like. Only what is checked while drawing depends on it.',
        placeholder: '{ id: number, name?: string }',
        when: { field: 'valueFormat', is: ['json'] },
      }),
    ),
  bigIntegers: z
    .enum(['error', 'string'])
    .default('error')
    .meta(
      field({
        label: 'Whole numbers beyond ±(2^53−1)',
        widget: 'choice',
        help: 'Such numbers would lose digits. Whoever reads one fails on the record, or gets its digits as text. A number that nobody reads stays as it is.',
        choices: [
          { value: 'error', label: 'Fail when they are read' },
          { value: 'string', label: 'Read them as text' },
        ],
        when: { field: 'valueFormat', is: ['json'] },
      }),
    ),
  timestampFrom: z
    .enum(['record', 'field', 'wall-clock', 'expression'])
    .default('record')
    .meta(
      field({
        label: 'Event time from',
        widget: 'choice',
        help: 'Windows and joins go by event time: when it happened, not when it arrived.',
        choices: [
          { value: 'record', label: 'The record’s timestamp' },
          { value: 'field', label: 'A field of the value' },
          { value: 'expression', label: 'An expression' },
          { value: 'wall-clock', label: 'The clock, when it is read' },
        ],
      }),
    ),
  timestampField: z
    .string()
    .max(500)
    .default('')
    .meta(
      field({
        label: 'Field',
        widget: 'field-path',
        help: 'Epoch milliseconds, or a date such as 2001-01-10T18:20Z or 2001/01/10 18:20. Without an offset it is UTC.',
        placeholder: 'date',
        when: { field: 'timestampFrom', is: ['field'] },
      }),
    ),
  timestampExpression: z
    .string()
    .max(4096)
    .default('')
    .meta(
      field({
        label: 'Event time',
        widget: 'expression',
        help: 'Epoch milliseconds or a date, made of key, value, timestamp (that of the record) and headers.',
        placeholder: 'value.seconds * 1000',
        when: { field: 'timestampFrom', is: ['expression'] },
      }),
    ),
  invalidTimestamp: z
    .enum(['fail', 'skip', 'partition-time'])
    .default('fail')
    .meta(
      field({
        label: 'Without a valid event time',
        widget: 'choice',
        help: 'What becomes of a record whose event time is missing, no time, or before 1970.',
        choices: [
          { value: 'fail', label: 'It fails, as the error policy says' },
          { value: 'skip', label: 'It is dropped and counted' },
          { value: 'partition-time', label: 'It gets the greatest time of its partition so far' },
        ],
      }),
    ),
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
        when: ofTables,
      }),
    ),
  historyMs: z
    .number()
    .int()
    .min(0)
    .max(31_536_000_000)
    .default(0)
    .meta(
      field({
        label: 'History',
        widget: 'duration',
        help: 'With a history, a stream that is joined finds the row as it was at the time of its record, so far back. 0 keeps the latest row of each key alone.',
        when: ofTables,
      }),
    ),
});

export type SourceConfig = z.infer<typeof sourceConfig>;
