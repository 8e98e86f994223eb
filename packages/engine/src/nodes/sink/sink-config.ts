import { z } from 'zod';
import { keyFormats } from '../../log/key-format.ts';
import { field } from '../field.ts';
import { keyFormatChoices } from '../key-format-choices.ts';

const expression = z.string().max(4096).default('');

const sinkHeader = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(250)
    .meta(field({ label: 'Name', widget: 'text', help: 'What the header is called.', placeholder: 'origin' })),
  value: z
    .string()
    .max(4096)
    .meta(
      field({
        label: 'Value',
        widget: 'expression',
        help: 'Text as it is, null for a header without a value, anything else as JSON.',
        placeholder: 'value.origin',
      }),
    ),
});

export const sinkConfig = z.strictObject({
  topic: z
    .string()
    .max(249)
    .meta(
      field({
        label: 'Topic',
        widget: 'new-topic',
        help: 'The topic to write. It is made when the pipeline is deployed, if there is none.',
        placeholder: 'delays-by-state',
      }),
    ),
  partitions: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(4)
    .meta(
      field({
        label: 'Partitions',
        widget: 'number',
        help: 'For a topic that is not there yet. An existing topic keeps its own.',
      }),
    ),
  key: expression.meta(
    field({
      label: 'Key',
      widget: 'expression',
      help: 'The key that is written. Empty keeps the key, and the window that it may belong to.',
      placeholder: 'value.destination',
    }),
  ),
  keyFormat: z
    .enum(keyFormats)
    .default('string')
    .meta(
      field({
        label: 'Format of that key',
        widget: 'choice',
        help: 'How a key that is given here is written as bytes. Without one, keys keep their format.',
        choices: keyFormatChoices,
      }),
    ),
  windowedKey: z
    .enum(['json', 'kafka'])
    .default('json')
    .meta(
      field({
        label: 'Keys of windows',
        widget: 'choice',
        help: 'As JSON with the window’s start and end, or as Kafka Streams writes them: the key, then the start in 8 bytes (of a session the end, then the start).',
        choices: [
          { value: 'json', label: 'JSON: {"key", "start", "end"}' },
          { value: 'kafka', label: 'Kafka Streams’ bytes' },
        ],
      }),
    ),
  value: expression.meta(
    field({
      label: 'Value',
      widget: 'expression',
      help: 'The value that is written. Empty keeps it as it is, byte for byte where nobody changed it.',
      placeholder: '{ ...value, seen: timestamp }',
    }),
  ),
  valueFormat: z
    .enum(['json', 'text', 'bytes'])
    .default('json')
    .meta(
      field({
        label: 'Value format',
        widget: 'choice',
        help: 'How values are written: as JSON, or texts alone as plain text, or as the bytes that they spell in base64.',
        choices: [
          { value: 'json', label: 'JSON' },
          { value: 'text', label: 'Text' },
          { value: 'bytes', label: 'Bytes, given as base64' },
        ],
      }),
    ),
  timestamp: expression.meta(
    field({
      label: 'Timestamp',
      widget: 'expression',
      help: 'Epoch milliseconds or a date. Empty keeps the event time.',
      placeholder: 'window.end',
    }),
  ),
  headers: z
    .array(sinkHeader)
    .max(50)
    .default([])
    .meta(
      field({
        label: 'Headers',
        widget: 'list',
        itemName: 'header',
        help: 'Added to those of the record, in place of any with the same name.',
      }),
    ),
  partition: expression.meta(
    field({
      label: 'Partition',
      widget: 'expression',
      help: 'A whole number from 0. Null, or nothing here, takes the partition of the key.',
      placeholder: 'value.urgent ? 0 : null',
    }),
  ),
});

export type SinkConfig = z.infer<typeof sinkConfig>;
