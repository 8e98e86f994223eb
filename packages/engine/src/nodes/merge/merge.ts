import { unionOf } from '@millrace/expression';
import { z } from 'zod';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import type { PortType } from '../../topology/port-type.ts';
import { field } from '../field.ts';
import { withListedFields } from '../listed-fields.ts';
import { unknownType } from '../node-expression.ts';
import type { CheckContext, NodeKind } from '../node-kind.ts';

const config = z.strictObject({
  inputs: z
    .number()
    .int()
    .min(2)
    .max(20)
    .default(2)
    .meta(field({ label: 'Inputs', widget: 'number', help: 'How many streams become one, from 2 to 20.' })),
});

export type MergeConfig = z.infer<typeof config>;

export const merge: NodeKind<MergeConfig> = {
  name: 'merge',
  title: 'Merge',
  summary: 'Makes one stream of several.',
  prose: `Every record of every input goes on unchanged. Records are interleaved as they are taken: those that have arrived go by event time, and the order within a partition stays.

The keys of all inputs must be of the same format. Values may differ; what comes out may be any of them, so a field that only some have may be missing.

The inputs' topics need no equal counts of partitions, unless a node behind the merge needs equal keys together; then it says so.`,
  example: { config: { inputs: 2 }, says: 'Orders of the shop and orders of the app become one stream.' },
  category: 'records',
  config,
  initialConfig: () => ({ inputs: 2 }),
  inputs: ({ inputs }) =>
    portsOf(inputs).map((name, index) => ({ name, title: `Input ${index + 1}`, shape: 'stream' })),
  outputs: () => [{ name: 'out', title: 'Merged' }],
  check: (settings, context) => {
    const type = mergedType(portsOf(settings.inputs), context);
    return type === undefined ? new Map() : new Map([['out', type]]);
  },
  expressions: () => [],
  plan: (settings, planner) => {
    const flows = portsOf(settings.inputs).map((port) => [port, planner.input(port)] as const);
    const flow = planner.processor({ processor: 'merge', config: settings, inputs: Object.fromEntries(flows) });
    const closes = flows.flatMap(([, { windowCloseMs }]) => (windowCloseMs === null ? [] : [windowCloseMs]));
    planner.output('out', {
      ...flow,
      mustRepartition: flows.some(([, { mustRepartition }]) => mustRepartition),
      windowCloseMs: closes.length === 0 ? null : Math.max(...closes),
    });
  },
};

/** Forwards what comes in at any of its inputs. */
export function mergeProcessor(context: ProcessorContext): Processor {
  const { inputs } = context.spec.config as MergeConfig;
  return {
    inputs: Object.fromEntries(portsOf(inputs).map((port) => [port, (record) => context.forward(record)])),
  };
}

function portsOf(inputs: number): readonly string[] {
  return Array.from({ length: inputs }, (_, index) => `in-${index + 1}`);
}

function mergedType(ports: readonly string[], context: CheckContext): PortType | undefined {
  const known = ports.flatMap((port) => {
    const type = context.inputs.get(port);
    return type === undefined ? [] : [{ port, type }];
  });
  const [first, ...others] = known;
  if (first === undefined) return undefined;
  for (const { port, type } of others) {
    if (type.keyFormat !== first.type.keyFormat) {
      context.report({
        code: 'key-format',
        path: [],
        message: `${context.inputName(first.port)} has keys of the format ${first.type.keyFormat} and ${context.inputName(port)} of the format ${type.keyFormat}, and a stream has one. Give one of them a new key in front of the merge.`,
      });
      return undefined;
    }
    if (type.windowed !== first.type.windowed) {
      const [windowed, plain] = type.windowed ? [port, first.port] : [first.port, port];
      context.report({
        code: 'windowed',
        path: [],
        message: `The records of ${context.inputName(windowed)} belong to windows and those of ${context.inputName(plain)} do not. Give those of ${context.inputName(windowed)} a new key in front of the merge.`,
      });
      return undefined;
    }
  }
  // Of an input whose type is not known yet, anything may come.
  if (known.length < ports.length) return { ...first.type, key: unknownType, value: unknownType };
  return {
    ...first.type,
    key: unionOf(...known.map(({ type }) => type.key)),
    value: withListedFields(unionOf(...known.map(({ type }) => type.value))),
  };
}
