import { type RootTypes, unionOf, type ValueType } from '@millrace/expression';
import { assert } from '../../assert.ts';
import {
  accumulatedMax,
  cannotSubtract,
  collectedByDefault,
  takesLength,
  takesNoArgument,
  takesNumbers,
} from '../../state/accumulators.ts';
import { noDemand, type PlannedFlow, type Planner } from '../../topology/planner.ts';
import type { PortType } from '../../topology/port-type.ts';
import { checkKeyExpression } from '../key-expression.ts';
import { checkExpression, numberType, recordRoots, unknownType } from '../node-expression.ts';
import type { CheckContext, ExpressionField, NodeKind } from '../node-kind.ts';
import { gatheredBy } from '../partitioning.ts';
import { type AggregateConfig, type Aggregation, aggregateConfig } from './aggregate-config.ts';
import { accumulatorFields } from './aggregator.ts';
import { addRoots, checkCustom, checkResultExpression } from './check-custom.ts';
import { checkWindow, noWindow, planResults, windowCloseMs } from './window-config.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** Names become fields of the result. */
const resultName = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,62}$/;

export const aggregate: NodeKind<AggregateConfig> = {
  name: 'aggregate',
  title: 'Aggregate',
  summary: 'Counts, sums and compares records by key, over all time or in windows.',
  prose: `Keeps a result for each key, or for each key and window, and sends the new result on whenever a record changes it, or once for each window when it closes. The output is a table.

**Without windows**, the timestamp of a result is the greatest of its records'. Records without a key or without a value are dropped and counted.

**Tumbling and hopping windows** have fixed starts: a record belongs to each window that its event time lies in, the start included, the end not. The timestamp of a result is the greatest inside its window. Records without a key are dropped; those without a value count, as records. Windows of whole days may follow the clocks of a time zone.

**Sliding windows** hold, for each record, what lies at most the length before it, and what lies at most the length after it; both bounds belong to the window. Records without a key or a value are dropped.

**Sessions** last as long as no record of the key is further from the next one than the gap. Both bounds belong to the session: its first and last record, whose time is the timestamp of the result. A record that makes a session longer, or joins two, deletes them and sends the new one. Functions of two sessions are merged; with expressions of your own, “merge” does it, starting from what results begin with.

**Late records**: a window has closed when the greatest event time seen has passed its end by the grace (of sessions, by the gap and the grace). A closed window changes no more and each record that misses it is counted; a record that misses all of its windows is late. With one result for each window, a result is sent with the first record that closes its window, in the order of the windows and then of the keys, with the headers of that record.

**Expressions of your own** begin with a first result and add each record to it. A result of null deletes the row. Without something to begin with, the first value itself is the first result.

**Of a table** each change first takes the old row out of its result and then adds the new row to its, with one output for each. “first” and “last” cannot be taken of a table, since they forget what came before; “min”, “max”, “top-n” and “collect” keep all values of the rows of a key, at most ${accumulatedMax}.`,
  example: {
    config: {
      ...noWindow,
      by: 'value.airport.state',
      byFormat: 'string',
      window: 'tumbling',
      graceMs: 600_000,
      emit: 'update',
      compute: 'functions',
      aggregations: [
        { name: 'flights', function: 'count', value: '' },
        { name: 'averageDelay', function: 'avg', value: 'value.delay' },
      ],
      initial: '',
      add: '',
      subtract: '',
      merge: '',
    },
    says: 'For each state and hour: how many flights were late, and by how much on average.',
  },
  category: 'state',
  config: aggregateConfig,
  initialConfig: () => ({
    by: '',
    byFormat: 'string',
    window: 'none',
    windowMs: 3_600_000,
    graceMs: 0,
    retentionMs: dayMs,
    aggregations: [{ name: 'count', function: 'count', value: '' }],
  }),
  inputs: () => [{ name: 'in', title: 'Records', shape: 'any' }],
  outputs: () => [{ name: 'out', title: 'Results' }],
  partitioning: (settings) => ({ inputs: { in: gatheredBy(settings.by) } }),
  check: (settings, context) => {
    const input = context.inputs.get('in');
    const regroups = settings.by.trim() !== '';
    const key = regroups
      ? checkKeyExpression(settings.by, ['by'], settings.byFormat, input, context)
      : (input?.key ?? unknownType);
    checkWindow(settings, context);
    if (input?.shape === 'table') checkTable(settings, context);
    const value =
      settings.compute === 'custom'
        ? checkExpressions(settings, input, key, context)
        : checkAggregations(settings, input, context);
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
    const input = inputs.get('in');
    const roots = addedRoots(settings, input);
    const custom: RootTypes = { ...roots, aggregate: unknownType };
    const fields: ExpressionField[] = [
      { path: ['by'], roots: recordRoots(input) },
      { path: ['initial'], roots: {} },
      { path: ['add'], roots: custom },
      { path: ['subtract'], roots: custom },
      { path: ['merge'], roots: mergeRoots(unknownType, unknownType) },
    ];
    return [...fields, ...settings.aggregations.map((_, index) => ({ path: ['aggregations', index, 'value'], roots }))];
  },
  plan: (settings, planner) => {
    const input = planner.input('in');
    const over = input.shape === 'table' ? 'table' : 'stream';
    const grouped = over === 'table' ? groupedRows(settings, input, planner) : groupedRecords(settings, input, planner);
    const isCustom = settings.compute === 'custom';
    const results = planResults(planner, settings, {
      keyFormat: grouped.keyFormat,
      view: isCustom ? { as: 'value' } : { as: 'accumulators', fields: accumulatorFields(settings, over) },
      signature: [
        'aggregate',
        settings.by.trim(),
        isCustom ? [settings.initial, settings.add, settings.subtract, settings.merge] : settings.aggregations,
        ...(over === 'table' ? ['table'] : []),
      ],
    });
    const kept = planner.processor({
      processor: over === 'table' ? 'aggregate-rows' : 'aggregate',
      config: { ...settings, ...results.config },
      stores: results.stores,
      inputs: { in: grouped },
    });
    planner.output('out', {
      ...kept,
      shape: 'table',
      mustRepartition: false,
      windowed: settings.window !== 'none',
      windowCloseMs: windowCloseMs(settings),
      isSessions: settings.window === 'session',
      rows: kept.from,
      sendsOld: planner.demand('out').old !== 'no',
      versionedMs: 0,
    });
  },
  // A change of a row is taken out of one result and added to another, so both rows are needed.
  demands: (_settings, port, { inputType }) =>
    inputType(port)?.shape === 'table' ? { old: 'must', rows: false } : noDemand,
};

function groupedRecords(settings: AggregateConfig, input: PlannedFlow, planner: Planner): PlannedFlow {
  if (settings.by.trim() !== '') {
    return planner.repartition('in', input, { expression: settings.by, path: ['by'] }, settings.byFormat);
  }
  return input.mustRepartition ? planner.repartition('in', input, null, input.keyFormat) : input;
}

/** The rows of a table always move: each change becomes what it takes from one key's result and what it adds to another's. */
function groupedRows(settings: AggregateConfig, input: PlannedFlow, planner: Planner): PlannedFlow {
  assert(input.sendsOld, 'a table that is aggregated sends old rows');
  const keyed = planner.processor({
    part: 'key',
    prepares: 'in',
    processor: 'group-rows',
    config: { by: settings.by, byFormat: settings.byFormat },
    inputs: { in: input },
  });
  return planner.throughTopic('repartition', { ...keyed, keyFormat: settings.byFormat });
}

function addedRoots(settings: AggregateConfig, input: PortType | undefined): RootTypes {
  return addRoots(input, settings, settings.by.trim() !== '');
}

export function mergeRoots(result: ValueType, key: ValueType): RootTypes {
  return { left: result, right: result, key };
}

function checkTable(settings: AggregateConfig, context: CheckContext): void {
  if (settings.by.trim() === '') {
    context.report({
      code: 'missing-key',
      path: ['by'],
      message: `${context.inputName('in')} is a table, which has one row for each key. Say what its rows are gathered by, for example value.city.`,
    });
  }
  if (settings.window !== 'none') {
    context.report({
      code: 'table-window',
      path: ['window'],
      message: `${context.inputName('in')} is a table: its rows are as they are now, and belong to no windows. Use no window.`,
      fix: { title: 'Use no window', value: 'none' },
    });
  }
  if (settings.compute === 'custom') return;
  for (const [index, item] of settings.aggregations.entries()) {
    if (!cannotSubtract.has(item.function)) continue;
    context.report({
      code: 'table-function',
      path: ['aggregations', index, 'function'],
      message: `${item.function} cannot be taken of a table: when a row changes, what came before it is not known any more. Use max or min of a time, or collect.`,
    });
  }
}

function checkExpressions(
  settings: AggregateConfig,
  input: PortType | undefined,
  key: ValueType,
  context: CheckContext,
): ValueType {
  const roots = { ...addedRoots(settings, input), key };
  const missing = 'Say what the result becomes with one more record, for example aggregate + value.amount.';
  const result = checkCustom(
    settings.initial,
    [{ source: settings.add, path: ['add'], port: 'in', roots, value: input?.value ?? unknownType, missing }],
    context,
  );
  if (input?.shape === 'table') {
    const taken = 'Say what the result becomes without a row, for example aggregate - value.amount.';
    checkResultExpression(settings.subtract, ['subtract'], { ...roots, aggregate: result }, result, context, taken);
  }
  if (settings.window === 'session') checkMerge(settings, result, key, context);
  return result;
}

/** Two sessions that become one need a merge, unless adding can do it. */
export function checkMerge(
  settings: { readonly initial: string; readonly merge: string },
  result: ValueType,
  key: ValueType,
  context: CheckContext,
): void {
  if (settings.merge.trim() === '' && settings.initial.trim() === '') return;
  const missing = 'Say what two sessions become when a record joins them, for example left + right.';
  checkResultExpression(settings.merge, ['merge'], mergeRoots(result, key), result, context, missing);
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
  const roots = addedRoots(settings, input);
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
    checkLength(item, path, context);
    return { name: item.name, type: resultType(item, [...path, 'value'], roots, context), optional: false };
  });
  return { kind: 'object', open: false, fields };
}

function checkLength(item: Aggregation, path: readonly (string | number)[], context: CheckContext): void {
  if (item.n === undefined || !takesLength.has(item.function) || (item.n >= 1 && item.n <= accumulatedMax)) return;
  context.report({
    code: 'result-length',
    path: [...path, 'n'],
    message: `${item.function} gives 1 to ${accumulatedMax} values.`,
    fix: { title: `Give ${collectedByDefault}`, value: collectedByDefault },
  });
}

function resultType(
  item: Aggregation,
  path: readonly (string | number)[],
  roots: RootTypes,
  context: CheckContext,
): ValueType {
  const options = {
    missing: `Say what ${item.function} is taken of, for example value.delay.`,
    inputName: context.inputName('in'),
  };
  if (takesNoArgument.has(item.function) && item.value.trim() === '') return numberType;
  const type = checkExpression(item.value, path, roots, context, options);
  if (item.function === 'count' || item.function === 'distinct') return numberType;
  const isNumber = type.kind === 'number' || type.kind === 'unknown' || type.kind === 'union' || type.kind === 'null';
  if (takesNumbers.has(item.function) && !isNumber) {
    context.report({
      code: 'not-a-number',
      path,
      message: `${item.function} takes numbers, and this is of the type ${type.kind}.`,
    });
  }
  if (item.function === 'sum' || item.function === 'avg') return numberType;
  if (item.function === 'collect' || item.function === 'top-n') return { kind: 'array', element: type };
  return type.kind === 'union' ? unionOf(type, { kind: 'null' }) : type;
}
