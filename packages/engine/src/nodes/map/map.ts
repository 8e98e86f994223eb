import type { ValueType } from '@millrace/expression';
import { z } from 'zod';
import { noHeaders } from '../../log/header.ts';
import { decodeKey, keyFormats } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import type { PortType } from '../../topology/port-type.ts';
import { unlessFailed } from '../failed-before.ts';
import { field } from '../field.ts';
import { derivedRows } from '../kept-rows.ts';
import { checkKeyExpression } from '../key-expression.ts';
import { keyFormatChoices } from '../key-format-choices.ts';
import { checkExpression, NodeExpression, recordRoots } from '../node-expression.ts';
import type { CheckContext, NodeKind } from '../node-kind.ts';
import { newKeyOf } from '../partitioning.ts';

const config = z.strictObject({
  value: z
    .string()
    .max(4096)
    .default('')
    .meta(
      field({
        label: 'New value',
        widget: 'expression',
        help: 'What each record becomes. Empty keeps the value as it is.',
        placeholder: '{ ...value, hours: value.delay / 60 }',
      }),
    ),
  key: z
    .string()
    .max(4096)
    .default('')
    .meta(
      field({
        label: 'New key',
        widget: 'expression',
        help: 'Empty keeps the key. With a new key, a join or an aggregate further down first moves records between partitions, so that equal keys meet.',
        placeholder: 'value.destination',
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
});

export type MapConfig = z.infer<typeof config>;

export const map: NodeKind<MapConfig> = {
  name: 'map',
  title: 'Map',
  summary: 'Gives each record a new value, a new key, or both.',
  prose: `One record in, one record out. The timestamp and the headers stay.

A new key moves nothing by itself. Where a later join or aggregate needs equal keys in one place, records are written through an internal topic first.

Of a table only the value can change, since its keys are what it is a table of; a row that is deleted upstream is deleted downstream without asking the expression.`,
  example: {
    config: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the template is the expression's, not ours.
      value: '{ route: `${value.origin}-${value.destination}`, late: value.delay > 15 }',
      key: '',
      keyFormat: 'string',
    },
    says: 'Each flight becomes its route and whether it was late.',
  },
  category: 'records',
  config,
  initialConfig: () => ({ value: '', key: '', keyFormat: 'string' }),
  inputs: () => [{ name: 'in', title: 'Records', shape: 'any' }],
  outputs: () => [{ name: 'out', title: 'Mapped' }],
  check: (settings, context) => {
    const input = context.inputs.get('in');
    const hasValue = settings.value.trim() !== '';
    const hasKey = settings.key.trim() !== '';
    if (!hasValue && !hasKey) {
      context.report({
        code: 'missing-expression',
        path: ['value'],
        message: 'Say what the value or the key becomes.',
      });
    }
    const options = { missing: '', inputName: context.inputName('in') };
    const value = hasValue
      ? checkExpression(settings.value, ['value'], recordRoots(input), context, options)
      : input?.value;
    const key = hasKey ? checkKey(settings, input, context) : input?.key;
    if (input === undefined || value === undefined || key === undefined) return new Map();
    const output: PortType = { ...input, value, key, keyFormat: hasKey ? settings.keyFormat : input.keyFormat };
    return new Map([['out', hasKey ? { ...output, windowed: false } : output]]);
  },
  expressions: (_settings, inputs) => {
    const roots = recordRoots(inputs.get('in'));
    return [
      { path: ['value'], roots },
      { path: ['key'], roots },
    ];
  },
  partitioning: (settings) => ({ newKey: newKeyOf(settings.key) }),
  plan: (settings, planner) => {
    const input = planner.input('in');
    const sendsOld = input.sendsOld && planner.demand('out').old !== 'no';
    const mapped = planner.processor({
      processor: input.shape === 'table' ? 'map-table' : 'map',
      config: input.shape === 'table' ? { ...settings, sendsOld } : settings,
      inputs: { in: input },
    });
    if (input.shape === 'table') {
      planner.output('out', { ...mapped, rows: input.rows === null ? null : mapped.from, sendsOld });
      return;
    }
    const hasKey = settings.key.trim() !== '';
    planner.output(
      'out',
      hasKey
        ? {
            ...mapped,
            keyFormat: settings.keyFormat,
            mustRepartition: true,
            windowed: false,
            windowCloseMs: null,
          }
        : mapped,
    );
  },
  demands: (_settings, _port, { demand }) => demand('out'),
};

function checkKey(settings: MapConfig, input: PortType | undefined, context: CheckContext): ValueType {
  if (input?.shape === 'table') {
    context.report({
      code: 'table-key',
      path: ['key'],
      message: `${context.inputName('in')} is a table: its keys cannot change. Leave this empty.`,
    });
  }
  return checkKeyExpression(settings.key, ['key'], settings.keyFormat, input, context);
}

export function mapProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as MapConfig;
  const value = settings.value.trim() === '' ? null : new NodeExpression(settings.value, ['value']);
  const key = settings.key.trim() === '' ? null : new NodeExpression(settings.key, ['key']);
  return {
    inputs: {
      in: (record) => {
        context.forward(
          new StreamRecord(
            key === null ? record.key : key.evaluate(record),
            value === null ? record.value : value.evaluateLazily(record),
            record.timestamp,
            record.headers,
            key === null ? record.window : null,
          ),
        );
      },
    },
  };
}

export function mapTableProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as MapConfig & { readonly sendsOld: boolean };
  const expression = settings.value.trim() === '' ? null : new NodeExpression(settings.value, ['value']);
  const keyFormat = context.spec.keyFormat;
  const mapped = (value: unknown, record: StreamRecord): unknown =>
    value === null || expression === null
      ? value
      : expression.evaluateLazily(record.value === value ? record : record.withValue(value));
  return {
    rows:
      context.spec.rows.in === undefined
        ? undefined
        : derivedRows(context.rows('in'), (value, key, { timestamp }, window) => {
            const row = new StreamRecord(decodeKey(keyFormat, key), value, timestamp, noHeaders, window);
            return unlessFailed(() => mapped(value, row)) ?? null;
          }),
    inputs: {
      in: (record) => {
        const value = mapped(record.value, record);
        const isOldWanted = settings.sendsOld && record.old !== undefined;
        const old = isOldWanted ? (unlessFailed(() => mapped(record.old, record)) ?? null) : undefined;
        context.forward(record.withChange(value, old));
      },
    },
  };
}
