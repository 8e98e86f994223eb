import { unionOf, type ValueType } from '@millrace/expression';
import { z } from 'zod';
import { keyFormats } from '../../log/key-format.ts';
import { aggregateFunctions, takesNoArgument, takesNumbers } from '../../state/accumulators.ts';
import type { PortType } from '../../topology/port-type.ts';
import type { StoreView } from '../../topology/topology.ts';
import { field } from '../field.ts';
import { checkKeyExpression } from '../key-expression.ts';
import { checkExpression, numberType, recordRoots, unknownType } from '../node-expression.ts';
import type { CheckContext, NodeKind } from '../node-kind.ts';

const dayMs = 24 * 60 * 60 * 1000;
const maxWindowMs = 366 * dayMs;
/** Names become fields of the result. */
const resultName = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,62}$/;

const aggregation = z.strictObject({
  name: z.string().max(63),
  function: z.enum(aggregateFunctions),
  /** Empty for `count`. */
  value: z.string().max(4096).default(''),
});

const config = z.strictObject({
  by: z
    .string()
    .max(4096)
    .default('')
    .meta(
      field({
        label: 'For each',
        widget: 'expression',
        help: 'The key that records are gathered by. Empty takes the key that they have. A new key moves records between partitions, through an internal topic.',
        placeholder: 'value.airport.state',
      }),
    ),
  byFormat: z
    .enum(keyFormats)
    .default('string')
    .meta(
      field({
        label: 'Format of that key',
        widget: 'choice',
        help: 'How the key is written as bytes.',
        choices: keyFormats.map((value) => ({ value, label: value })),
      }),
    ),
  window: z
    .enum(['none', 'tumbling'])
    .default('none')
    .meta(
      field({
        label: 'Window',
        widget: 'choice',
        help: 'Tumbling windows cut event time into equal parts that do not overlap, and give a result for each.',
        choices: [
          { value: 'none', label: 'None: over all records' },
          { value: 'tumbling', label: 'Tumbling' },
        ],
      }),
    ),
  windowMs: z
    .number()
    .int()
    .default(3_600_000)
    .meta(
      field({
        label: 'Length',
        widget: 'duration',
        help: 'How much event time a window spans.',
        when: { field: 'window', is: ['tumbling'] },
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
        help: 'How long after its end, in event time, a window still takes records. Later ones are counted as late.',
        when: { field: 'window', is: ['tumbling'] },
      }),
    ),
  retentionMs: z
    .number()
    .int()
    .default(dayMs)
    .meta(
      field({
        label: 'Keep windows for',
        widget: 'duration',
        help: 'How long, in event time, closed windows stay in the store.',
        when: { field: 'window', is: ['tumbling'] },
      }),
    ),
  aggregations: z
    .array(aggregation)
    .max(100)
    .meta(
      field({
        label: 'Compute',
        widget: 'aggregations',
        help: 'Each becomes a field of the result. Records whose value is null are passed over.',
      }),
    ),
});

export type AggregateConfig = z.infer<typeof config>;

export const aggregate: NodeKind<AggregateConfig> = {
  name: 'aggregate',
  title: 'Aggregate',
  summary: 'Counts, sums and compares records by key, over all time or in windows.',
  prose: `Keeps a result for each key, or for each key and window, and sends the new result on whenever a record changes it. The output is a table.

Without windows, the timestamp of a result is the greatest of its records'. With windows, a record belongs to the window its event time lies in, and the timestamp of a result is the greatest inside its window. A record whose window has closed, which is when the greatest event time seen has passed the window's end by the grace, is late: it changes nothing and is counted.

Records without a key are dropped and counted. Without windows, records without a value are filtered; in windows they count, as records.`,
  example: {
    config: {
      by: 'value.airport.state',
      byFormat: 'string',
      window: 'tumbling',
      windowMs: 3_600_000,
      graceMs: 600_000,
      retentionMs: dayMs,
      aggregations: [
        { name: 'flights', function: 'count', value: '' },
        { name: 'averageDelay', function: 'avg', value: 'value.delay' },
      ],
    },
    says: 'For each state and hour: how many flights were late, and by how much on average.',
  },
  category: 'state',
  config,
  initialConfig: () => ({
    by: '',
    byFormat: 'string',
    window: 'none',
    windowMs: 3_600_000,
    graceMs: 0,
    retentionMs: dayMs,
    aggregations: [{ name: 'count', function: 'count', value: '' }],
  }),
  inputs: () => [{ name: 'in', title: 'Stream', shape: 'stream' }],
  outputs: () => [{ name: 'out', title: 'Results' }],
  check: (settings, context) => {
    const input = context.inputs.get('in');
    const regroups = settings.by.trim() !== '';
    const key = regroups
      ? checkKeyExpression(settings.by, ['by'], settings.byFormat, input, context)
      : (input?.key ?? unknownType);
    if (settings.window === 'tumbling') checkWindow(settings, context);
    const value = checkAggregations(settings, input, context);
    if (input === undefined && !regroups) return new Map();
    const output: PortType = {
      shape: 'table',
      keyFormat: regroups ? settings.byFormat : (input?.keyFormat ?? settings.byFormat),
      key,
      windowed: settings.window !== 'none',
      value,
    };
    return new Map([['out', output]]);
  },
  expressions: (settings, inputs) => {
    const roots = recordRoots(inputs.get('in'));
    return [
      { path: ['by'], roots },
      ...settings.aggregations.map((_, index) => ({ path: ['aggregations', index, 'value'], roots })),
    ];
  },
  plan: (settings, planner) => {
    const input = planner.input('in');
    const regroups = settings.by.trim() !== '';
    const grouped = regroups
      ? planner.repartition('in', input, { expression: settings.by, path: ['by'] }, settings.byFormat)
      : input.mustRepartition
        ? planner.repartition('in', input, null, input.keyFormat)
        : input;
    const windowed = settings.window === 'tumbling';
    const view: StoreView = {
      as: 'accumulators',
      fields: settings.aggregations.map(({ name, function: used }) => ({ name, function: used })),
    };
    const store = planner.store({
      role: 'store',
      kind: windowed ? 'window' : 'key-value',
      keyFormat: grouped.keyFormat,
      ...(windowed
        ? {
            windowSizeMs: settings.windowMs,
            graceMs: settings.graceMs,
            retentionMs: Math.max(settings.retentionMs, settings.windowMs + settings.graceMs),
          }
        : {}),
      view,
      signature: ['aggregate', settings.by.trim(), settings.aggregations],
    });
    const results = planner.processor({
      processor: windowed ? 'aggregate-tumbling' : 'aggregate',
      config: { ...settings, store, view },
      stores: [store],
      inputs: { in: grouped },
    });
    planner.output('out', {
      ...results,
      shape: 'table',
      mustRepartition: false,
      windowed,
      store: windowed ? null : store,
      storeView: view,
    });
  },
};

function checkWindow(settings: AggregateConfig, context: CheckContext): void {
  const isLengthSound = settings.windowMs >= 1 && settings.windowMs <= maxWindowMs;
  if (!(settings.windowMs >= 1)) {
    context.report({ code: 'window-length', path: ['windowMs'], message: 'A window has a length of at least 1 ms.' });
  } else if (!isLengthSound) {
    context.report({ code: 'window-length', path: ['windowMs'], message: 'A window spans at most 366 days.' });
  }
  if (settings.graceMs < 0) {
    context.report({
      code: 'grace',
      path: ['graceMs'],
      message: 'Grace is not negative.',
      fix: { title: 'Use no grace', value: 0 },
    });
  } else if (settings.graceMs > maxWindowMs) {
    context.report({ code: 'grace', path: ['graceMs'], message: 'Grace is at most 366 days.' });
  } else if (isLengthSound && settings.graceMs > 100 * settings.windowMs) {
    context.report({
      code: 'grace',
      severity: 'warning',
      path: ['graceMs'],
      message: 'Grace is over 100 windows long: that many windows of each key stay open at once.',
    });
  }
  if (isLengthSound && settings.graceMs >= 0 && settings.retentionMs < settings.windowMs + settings.graceMs) {
    context.report({
      code: 'retention',
      severity: 'warning',
      path: ['retentionMs'],
      message: 'Windows are kept until they close, so for their length and grace at least.',
      fix: { title: 'Keep them that long', value: settings.windowMs + settings.graceMs },
    });
  }
}

function checkAggregations(settings: AggregateConfig, input: PortType | undefined, context: CheckContext): ValueType {
  if (settings.aggregations.length === 0) {
    context.report({
      code: 'missing-aggregation',
      path: ['aggregations'],
      message: 'Add what to compute, a count for example.',
    });
  }
  const seen = new Set<string>();
  const fields = settings.aggregations.map((item, index) => {
    const path = ['aggregations', index];
    if (!resultName.test(item.name)) {
      context.report({
        code: 'result-name',
        path: [...path, 'name'],
        message:
          item.name === '' ? 'Name the result.' : `${item.name} cannot name a result. Use letters, digits and _.`,
      });
    } else if (seen.has(item.name)) {
      context.report({ code: 'result-name', path: [...path, 'name'], message: `Two results are called ${item.name}.` });
    }
    seen.add(item.name);
    return { name: item.name, type: resultType(item, index, input, context), optional: false };
  });
  return { kind: 'object', open: false, fields };
}

function resultType(
  item: AggregateConfig['aggregations'][number],
  index: number,
  input: PortType | undefined,
  context: CheckContext,
): ValueType {
  const path = ['aggregations', index, 'value'];
  const options = {
    missing: `Say what ${item.function} is taken of, for example value.delay.`,
    inputName: context.inputName('in'),
  };
  if (takesNoArgument.has(item.function) && item.value.trim() === '') return numberType;
  const type = checkExpression(item.value, path, recordRoots(input), context, options);
  if (item.function === 'count') return numberType;
  const isNumber = type.kind === 'number' || type.kind === 'unknown' || type.kind === 'union' || type.kind === 'null';
  if (takesNumbers.has(item.function) && !isNumber) {
    context.report({
      code: 'not-a-number',
      path,
      message: `${item.function} takes numbers, and this is of the type ${type.kind}.`,
    });
  }
  if (item.function === 'sum') return numberType;
  const nullable: ValueType = { kind: 'null' };
  if (item.function === 'avg') return numberType;
  return type.kind === 'unknown' ? type : type.kind === 'union' ? unionOf(type, nullable) : type;
}
