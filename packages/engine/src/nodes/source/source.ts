import { z } from 'zod';
import { encodeKey, keyFormats } from '../../log/key-format.ts';
import { closestName } from '../../pipeline/closest-name.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { parseTimestamp } from '../../time/timestamp-text.ts';
import type { PortType } from '../../topology/port-type.ts';
import type { CatalogueTopic } from '../../topology/topic-catalogue.ts';
import { field } from '../field.ts';
import { mayHaveKeyFormat } from '../key-format-guess.ts';
import { numberType, stringType, unknownType } from '../node-expression.ts';
import type { CheckContext, NodeKind } from '../node-kind.ts';

const config = z.strictObject({
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
    .enum(['stream', 'table'])
    .default('stream')
    .meta(
      field({
        label: 'Read as',
        widget: 'choice',
        help: 'A stream is facts, each on its own. A table is the latest value of each key; a record without a value deletes its key.',
        choices: [
          { value: 'stream', label: 'Stream' },
          { value: 'table', label: 'Table' },
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
        choices: [
          { value: 'string', label: 'Text' },
          { value: 'json', label: 'JSON' },
          { value: 'int32', label: '32-bit integer' },
          { value: 'int64', label: '64-bit integer' },
          { value: 'double', label: 'Double' },
          { value: 'bytes', label: 'Bytes, shown as base64' },
        ],
      }),
    ),
  timestampFrom: z
    .enum(['record', 'field'])
    .default('record')
    .meta(
      field({
        label: 'Event time from',
        widget: 'choice',
        help: 'Windows and joins go by event time: when it happened, not when it arrived.',
        choices: [
          { value: 'record', label: 'The record’s timestamp' },
          { value: 'field', label: 'A field of the value' },
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
});

export type SourceConfig = z.infer<typeof config>;

export const source: NodeKind<SourceConfig> = {
  name: 'source',
  title: 'Source',
  summary: 'Reads a topic as a stream or as a table.',
  prose: `Reads every record of a topic, each partition in order, and gives it its event time.

A record whose key or value cannot be read, or that has no valid event time, fails here: by default it goes to the dead-letter topic with its bytes and the reason, and the next record is read.

Read as a table, the latest value of each key is kept in a store that other nodes can join with. Records without a key are dropped and counted.`,
  example: {
    config: { topic: 'flights', readAs: 'stream', keyFormat: 'string', timestampFrom: 'field', timestampField: 'date' },
    says: 'Reads the topic flights; the event time of a flight is its scheduled date.',
  },
  category: 'source',
  config,
  initialConfig: () => ({
    topic: '',
    readAs: 'stream',
    keyFormat: 'string',
    timestampFrom: 'record',
    timestampField: '',
  }),
  inputs: () => [],
  outputs: (settings) => [{ name: 'out', title: settings.readAs === 'table' ? 'Table' : 'Stream' }],
  check: (settings, context) => {
    const topic = context.catalogue.topic(settings.topic);
    checkTopic(settings, topic, context);
    if (settings.timestampFrom === 'field') checkTimestampField(settings, topic, context);
    const type: PortType = {
      shape: settings.readAs,
      keyFormat: settings.keyFormat,
      key: keyType(settings, topic),
      windowed: false,
      value: topic?.value ?? unknownType,
    };
    return new Map([['out', type]]);
  },
  expressions: () => [],
  plan: (settings, planner) => {
    const timestamp =
      settings.timestampFrom === 'field'
        ? ({ from: 'field', path: settings.timestampField.split('.') } as const)
        : ({ from: 'record' } as const);
    if (settings.readAs === 'stream') {
      planner.output(
        'out',
        planner.source({ topic: settings.topic, keyFormat: settings.keyFormat, timestamp, role: 'main' }),
      );
      return;
    }
    const records = planner.source({ topic: settings.topic, keyFormat: settings.keyFormat, timestamp, role: 'before' });
    const store = planner.store({
      role: 'store',
      kind: 'key-value',
      keyFormat: settings.keyFormat,
      view: { as: 'value' },
      signature: ['table', settings.topic],
    });
    const table = planner.processor({
      processor: 'table',
      config: { store },
      stores: [store],
      inputs: { in: records },
    });
    planner.output('out', { ...table, shape: 'table', store });
  },
};

/** Keeps the latest value of each key, and passes every change on. */
export function tableProcessor(context: ProcessorContext): Processor {
  const { store: storeName } = context.spec.config as { readonly store: string };
  const store = context.store(storeName);
  const format = context.spec.keyFormat;
  return {
    inputs: {
      in: (record) => {
        if (record.key === null) {
          context.fate('nullKey');
          return;
        }
        store.put(0, encodeKey(format, record.key), record.value, record.timestamp);
        context.forward(record);
      },
    },
  };
}

function checkTopic(settings: SourceConfig, topic: CatalogueTopic | undefined, context: CheckContext): void {
  if (settings.topic === '') {
    context.report({ code: 'missing-topic', path: ['topic'], message: 'Choose the topic to read.' });
    return;
  }
  if (topic === undefined) {
    const closest = context.closestTopic(settings.topic);
    context.report({
      code: 'unknown-topic',
      path: ['topic'],
      message: `There is no topic ${settings.topic}.${closest === null ? '' : ` The closest is ${closest}.`}`,
      ...(closest === null ? {} : { fix: { title: `Use ${closest}`, value: closest } }),
    });
    return;
  }
  if (!mayHaveKeyFormat(topic, settings.keyFormat)) {
    context.report({
      code: 'key-format',
      severity: 'warning',
      path: ['keyFormat'],
      message: `The keys of ${settings.topic} look like the format ${topic.keyFormat}, not ${settings.keyFormat}.`,
      fix: { title: `Use ${topic.keyFormat}`, value: topic.keyFormat },
    });
  }
}

function checkTimestampField(settings: SourceConfig, topic: CatalogueTopic | undefined, context: CheckContext): void {
  if (settings.timestampField.trim() === '') {
    context.report({
      code: 'missing-field',
      path: ['timestampField'],
      message: 'Name the field that holds the event time.',
    });
    return;
  }
  const type = topic?.value;
  if (type === undefined || type.kind !== 'object') return;
  const [first = '', ...inner] = settings.timestampField.split('.');
  const known = type.fields.find((candidate) => candidate.name === first);
  if (known === undefined) {
    if (type.open) return;
    const closest = closestName(
      first,
      type.fields.map((candidate) => candidate.name),
    );
    const better = closest === null ? null : [closest, ...inner].join('.');
    context.report({
      code: 'unknown-field',
      path: ['timestampField'],
      message: `${settings.topic} has no field ${first}.${closest === null ? '' : ` The closest is ${closest}.`}`,
      ...(better === null ? {} : { fix: { title: `Use ${better}`, value: better } }),
    });
    return;
  }
  if (inner.length > 0) return;
  const latest = topic?.latest[0]?.value;
  const value =
    typeof latest === 'object' && latest !== null && Object.hasOwn(latest, settings.timestampField)
      ? (latest as Record<string, unknown>)[settings.timestampField]
      : undefined;
  const isTime =
    value === undefined || typeof value === 'number' || (typeof value === 'string' && parseTimestamp(value) !== null);
  if (!isTime) {
    context.report({
      code: 'not-a-time',
      path: ['timestampField'],
      message: `${settings.timestampField} holds ${JSON.stringify(value).slice(0, 40)}, which is neither epoch milliseconds nor a date.`,
    });
  }
}

function keyType(settings: SourceConfig, topic: CatalogueTopic | undefined): PortType['key'] {
  switch (settings.keyFormat) {
    case 'string':
    case 'bytes':
      return stringType;
    case 'json':
      return topic?.keyFormat === 'json' ? topic.key : unknownType;
    default:
      return numberType;
  }
}
