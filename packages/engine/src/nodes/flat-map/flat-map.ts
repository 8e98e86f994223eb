import { formatValueType, unionOf, type ValueType } from '@millrace/expression';
import { z } from 'zod';
import { keyFormats } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { RecordError } from '../../runtime/record-error.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import type { PortType } from '../../topology/port-type.ts';
import { field } from '../field.ts';
import { checkKeyExpression } from '../key-expression.ts';
import { keyFormatChoices } from '../key-format-choices.ts';
import { checkExpression, NodeExpression, recordRoots, unknownType } from '../node-expression.ts';
import type { CheckContext, NodeKind } from '../node-kind.ts';
import { newKeyOf } from '../partitioning.ts';

const config = z.strictObject({
  items: z
    .string()
    .max(4096)
    .meta(
      field({
        label: 'List',
        widget: 'expression',
        help: 'A list; each element becomes the value of a record. Null and an empty list give none.',
        placeholder: 'value.lines',
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
        help: 'Asked for each record that comes out, with the element as its value. Empty keeps the key.',
        placeholder: 'value.product',
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

export type FlatMapConfig = z.infer<typeof config>;

export const flatMap: NodeKind<FlatMapConfig> = {
  name: 'flat-map',
  title: 'Flat map',
  summary: 'Makes several records of one: each element of a list becomes a record.',
  prose: `One record in, as many out as the list has elements, in their order. Each has an element as its value, and the timestamp and the headers of the record that came in. Where the list is empty or null, nothing comes out and the record is counted as filtered.

Elements may be null: such a record goes on without a value. A new key is asked for each element; all of them are known before the first record goes on, so where one fails, none does.

A new key moves nothing by itself. Where a later node needs equal keys in one place, records are written through an internal topic first.`,
  example: {
    config: { items: 'value.lines', key: 'value.product', keyFormat: 'string' },
    says: 'Each line of an order becomes a record of its own, keyed by the product.',
  },
  category: 'records',
  config,
  initialConfig: () => ({ items: '', key: '', keyFormat: 'string' }),
  inputs: () => [{ name: 'in', title: 'Records', shape: 'stream' }],
  outputs: () => [{ name: 'out', title: 'Elements' }],
  check: (settings, context) => {
    const input = context.inputs.get('in');
    const list = checkExpression(settings.items, ['items'], recordRoots(input), context, {
      missing: 'Say which list becomes records, for example value.lines.',
      inputName: context.inputName('in'),
    });
    checkList(list, context);
    const element = elementOf(list);
    const hasKey = settings.key.trim() !== '';
    const inner: PortType | undefined = input === undefined ? undefined : { ...input, value: element };
    const key = hasKey ? checkKeyExpression(settings.key, ['key'], settings.keyFormat, inner, context) : input?.key;
    if (inner === undefined || key === undefined) return new Map();
    return new Map([['out', hasKey ? { ...inner, key, keyFormat: settings.keyFormat, windowed: false } : inner]]);
  },
  expressions: (settings, inputs) => {
    const input = inputs.get('in');
    const roots = recordRoots(input);
    return [
      { path: ['items'], roots },
      { path: ['key'], roots: { ...roots, value: settings.items.trim() === '' ? roots.value : unknownType } },
    ];
  },
  partitioning: (settings) => ({ newKey: newKeyOf(settings.key) }),
  plan: (settings, planner) => {
    const input = planner.input('in');
    const flow = planner.processor({ processor: 'flat-map', config: settings, inputs: { in: input } });
    planner.output(
      'out',
      newKeyOf(settings.key) === null
        ? flow
        : { ...flow, keyFormat: settings.keyFormat, mustRepartition: true, windowed: false, windowCloseMs: null },
    );
  },
};

export function flatMapProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as FlatMapConfig;
  const items = new NodeExpression(settings.items, ['items']);
  const key = newKeyOf(settings.key) === null ? null : new NodeExpression(settings.key, ['key']);
  return {
    inputs: {
      in: (record) => {
        const list = items.evaluate(record);
        if (list === null) return;
        if (!Array.isArray(list)) {
          throw new RecordError(
            'type',
            `The list gave ${JSON.stringify(list)?.slice(0, 60)}, and only a list or null will do.`,
            ['items'],
          );
        }
        const made = list.map((item: unknown) => withItem(record, item, key));
        for (const one of made) context.forward(one);
      },
    },
  };
}

function withItem(record: StreamRecord, item: unknown, key: NodeExpression | null): StreamRecord {
  const kept = record.withValue(item);
  if (key === null) return kept;
  return new StreamRecord(key.evaluate(kept), item, record.timestamp, record.headers, null);
}

function membersOf(type: ValueType): readonly ValueType[] {
  return type.kind === 'union' ? type.members : [type];
}

function elementOf(list: ValueType): ValueType {
  const elements = membersOf(list).flatMap((member) =>
    member.kind === 'array' ? [member.element] : member.kind === 'unknown' ? [unknownType] : [],
  );
  return elements.length === 0 ? unknownType : unionOf(...elements);
}

function checkList(type: ValueType, context: CheckContext): void {
  const possible = membersOf(type).filter(({ kind }) => kind !== 'null' && kind !== 'never');
  const misfits = possible.filter(({ kind }) => kind !== 'array' && kind !== 'unknown');
  if (misfits.length === 0) return;
  const isCertain = misfits.length === possible.length;
  context.report({
    code: 'not-a-list',
    severity: isCertain ? 'error' : 'warning',
    path: ['items'],
    message: `This ${isCertain ? 'is' : 'may be'} ${misfits.map(formatValueType).join(' or ').slice(0, 200)}, and a list is needed. Put it in brackets to make a list of it: [ … ].`,
  });
}
