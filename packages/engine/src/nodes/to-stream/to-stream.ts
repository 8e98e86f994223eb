import { z } from 'zod';
import { keyFormats } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import { streamFlow } from '../../topology/planner.ts';
import { field } from '../field.ts';
import { checkKeyExpression } from '../key-expression.ts';
import { keyFormatChoices } from '../key-format-choices.ts';
import { NodeExpression, recordRoots } from '../node-expression.ts';
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
        help: 'Empty keeps the key. With a new key, a join or an aggregate further down first moves records between partitions, so that equal keys meet.',
        placeholder: 'value?.customer',
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

export type ToStreamConfig = z.infer<typeof config>;

export const toStream: NodeKind<ToStreamConfig> = {
  name: 'to-stream',
  title: 'To stream',
  summary: 'Makes each change of a table a record of its own.',
  prose: `Each change of a row goes on as a record: with the row’s key, its new value, and the timestamp and headers of the change. A row that is deleted gives a record without a value.

From here on records are facts, each on its own: two changes of one row are two records, and a record without a value deletes nothing.

The rows of windows keep their window. With a new key they no longer have one. The new key’s expression is asked about deletions too, where the value is null.`,
  example: {
    config: { key: '', keyFormat: 'string' },
    says: 'Makes every new count a record, to be filtered or joined as such.',
  },
  category: 'state',
  config,
  initialConfig: () => ({ key: '', keyFormat: 'string' }),
  inputs: () => [{ name: 'in', title: 'Table', shape: 'table' }],
  outputs: () => [{ name: 'out', title: 'Stream' }],
  check: (settings, context) => {
    const input = context.inputs.get('in');
    const hasKey = newKeyOf(settings.key) !== null;
    const key = hasKey ? checkKeyExpression(settings.key, ['key'], settings.keyFormat, input, context) : undefined;
    if (input === undefined) return new Map();
    const stream = { ...input, shape: 'stream' as const, versionedMs: undefined };
    if (key === undefined) return new Map([['out', stream]]);
    return new Map([['out', { ...stream, key, keyFormat: settings.keyFormat, windowed: false }]]);
  },
  expressions: (_settings, inputs) => [{ path: ['key'], roots: recordRoots(inputs.get('in')) }],
  partitioning: (settings) => ({ newKey: newKeyOf(settings.key) }),
  plan: (settings, planner) => {
    const input = planner.input('in');
    const hasKey = newKeyOf(settings.key) !== null;
    const stream = planner.processor({ processor: 'to-stream', config: settings, inputs: { in: input } });
    planner.output('out', {
      ...stream,
      ...streamFlow,
      ...(hasKey
        ? { keyFormat: settings.keyFormat, mustRepartition: true }
        : { windowed: input.windowed, windowCloseMs: input.windowCloseMs }),
    });
  },
};

export function toStreamProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as ToStreamConfig;
  const source = newKeyOf(settings.key);
  const expression = source === null ? null : new NodeExpression(source, ['key']);
  return {
    inputs: {
      in: (record) => {
        context.forward(
          new StreamRecord(
            expression === null ? record.key : expression.evaluate(record),
            record.value,
            record.timestamp,
            record.headers,
            expression === null ? record.window : null,
          ),
        );
      },
    },
  };
}
