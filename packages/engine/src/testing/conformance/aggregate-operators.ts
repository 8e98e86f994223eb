import {
  type CaseTranslation,
  type Flow,
  type GroupedInput,
  type Grouping,
  recordArguments,
} from './case-translation.ts';
import { keyFormatOf } from './case-type.ts';
import type { CaseOperator } from './conformance-case.ts';
import { Inexpressible } from './inexpressible.ts';
import { isObject, listField, numberField, objectField, optionalText, textField } from './operator-fields.ts';
import { keyTypeOf, noteStore, type Translate } from './record-operators.ts';
import { conditional } from './rewrite-expression.ts';
import { rewriteFunction, rewriteGroupFunction } from './rewrite-function.ts';
import { atom, binding, nullWritten, type Written } from './written-expression.ts';

/** What an aggregate computes, as expressions. */
interface Computation {
  /** Null: the first value itself. */
  readonly initial: Written | null;
  readonly add: readonly Written[];
  readonly subtract: Written | null;
  readonly merge: Written | null;
}

const aggregate = 'aggregate';

/** Grouping, windowing, aggregating, suppressing. In the DSL these are steps; in a pipeline all but the last are one node. */
export const aggregateOperators: { readonly [op: string]: Translate } = {
  groupByKey: (operator, into) => {
    const flow = into.flow(operator.in);
    group(operator, { flow, by: null, value: atom('value', flow.value), add: null }, into);
  },
  groupBy: (operator, into) => {
    const flow = into.flow(operator.in);
    const source = textField(operator, 'fn');
    if (flow.shape === 'table') {
      group(operator, groupedTable(operator, flow, into), into);
    } else {
      const by = rewriteFunction(source, recordArguments(flow));
      group(operator, { flow, by, value: atom('value', flow.value), add: null }, into);
    }
  },
  windowedBy: (operator, into) => {
    const grouping = into.grouping(operator.in);
    const emit = operator.emit === undefined || operator.emit === 'update' ? 'update' : 'close';
    into.giveGrouping(operator.id, { ...grouping, window: objectField(operator, 'window'), emit });
  },
  cogroup: (operator, into) => {
    const inputs = listField(operator, 'groups').map((group): GroupedInput => {
      if (!isObject(group)) throw new Inexpressible('a cogroup of groups that are no objects');
      const [input] = into.grouping(group.in).inputs;
      if (input === undefined) throw new Inexpressible('a cogroup of nothing');
      return { ...input, add: textField(group, 'fn') };
    });
    into.giveGrouping(operator.id, { inputs, window: null, emit: 'update', isCogroup: true });
  },
  count: (operator, into) => {
    const one = (sign: string): Written => ({ text: `${aggregate} ${sign} 1`, binds: binding.sum, type: 'long' });
    const merge: Written = { text: 'left + right', binds: binding.sum, type: 'long' };
    table(
      operator,
      (grouping) => ({
        initial: atom('0', 'long'),
        add: grouping.inputs.map(() => one('+')),
        subtract: one('-'),
        merge,
      }),
      into,
    );
  },
  reduce: (operator, into) => {
    const source = textField(operator, 'fn');
    const subtractor = optionalText(operator, 'sub') ?? optionalText(operator, 'subtractor');
    const write = (text: string, { value }: GroupedInput): Written =>
      rewriteFunction(text, [atom(aggregate, value.type), value]);
    table(
      operator,
      ({ inputs }) => {
        // Without a start the first value is the first result. Where the value stands beside a key in a pair, that is said in words.
        const isPair = inputs.some(({ value }) => value.text !== 'value');
        const isFirst: Written = { text: `${aggregate} == null`, binds: binding.equality, type: 'boolean' };
        return {
          initial: isPair ? nullWritten : null,
          add: inputs.map((input) =>
            isPair ? conditional(isFirst, input.value, write(source, input)) : write(source, input),
          ),
          subtract: subtractor === undefined ? null : (inputs.map((input) => write(subtractor, input))[0] ?? null),
          merge: null,
        };
      },
      into,
    );
  },
  aggregate: (operator, into) => {
    const initial = rewriteFunction(textField(operator, 'init'), []);
    const subtractor = optionalText(operator, 'sub') ?? optionalText(operator, 'subtractor');
    const merger = optionalText(operator, 'merge');
    const write = (text: string, { flow, by, value }: GroupedInput): Written =>
      rewriteFunction(text, [atom('key', by?.type ?? flow.key), value, atom(aggregate, initial.type)]);
    table(
      operator,
      ({ inputs }) => ({
        initial,
        add: inputs.map((input) => write(input.add ?? textField(operator, 'fn'), input)),
        subtract: subtractor === undefined ? null : (inputs.map((input) => write(subtractor, input))[0] ?? null),
        merge:
          merger === undefined
            ? null
            : rewriteFunction(merger, [
                atom('key', 'unknown'),
                atom('left', initial.type),
                atom('right', initial.type),
              ]),
      }),
      into,
    );
  },
  suppress: (operator, into) => {
    const input = into.flow(operator.in);
    const id = into.node(operator.id, 'suppress', suppressConfig(operator), { in: input });
    into.give(operator.id, { ...input, end: `${id}.out` });
  },
};

/**
 * A grouped table gives each row another key and another value. Where the value is another too, a map makes pairs of both, since an
 * aggregate sees the new key only.
 */
function groupedTable(operator: CaseOperator, flow: Flow, into: CaseTranslation): GroupedInput {
  const { key, value } = rewriteGroupFunction(textField(operator, 'fn'), recordArguments(flow));
  if (value.text === 'value') return { flow, by: key, value, add: null };
  const pair = `[${key.text}, ${value.text}]`;
  const id = into.node(`${operator.id}-pairs`, 'map', { value: pair }, { in: flow });
  const pairs: Flow = { ...flow, end: `${id}.out`, value: 'unknown' };
  return { flow: pairs, by: atom('value.at(0)', key.type), value: atom('value.at(1)', value.type), add: null };
}

function group(operator: CaseOperator, input: GroupedInput, into: CaseTranslation): void {
  into.giveGrouping(operator.id, { inputs: [input], window: null, emit: 'update', isCogroup: false });
}

function table(operator: CaseOperator, compute: (grouping: Grouping) => Computation, into: CaseTranslation): void {
  const grouping = into.grouping(operator.in);
  const [first] = grouping.inputs;
  if (first === undefined) throw new Inexpressible('an aggregate of nothing');
  const computation = compute(grouping);
  const key = first.by === null ? first.flow.key : keyTypeOf(first.by, first.flow);
  const expressions = {
    initial: computation.initial?.text ?? '',
    ...(computation.merge === null || grouping.window?.type !== 'session' ? {} : { merge: computation.merge.text }),
  };
  const window = grouping.window === null ? {} : windowConfig(grouping.window, operator);
  const add = computation.add.map(({ text }) => text);
  const id = grouping.isCogroup
    ? into.node(
        operator.id,
        'cogroup',
        {
          inputs: grouping.inputs.map(({ by }, index) => ({ by: by?.text ?? '', add: add[index] })),
          byFormat: keyFormatOf(key),
          ...expressions,
          ...window,
        },
        Object.fromEntries(grouping.inputs.map(({ flow }, index) => [`in-${index + 1}`, flow])),
      )
    : into.node(
        operator.id,
        'aggregate',
        {
          compute: 'custom',
          by: first.by?.text ?? '',
          byFormat: keyFormatOf(key),
          add: add[0],
          ...(computation.subtract === null || first.flow.shape !== 'table'
            ? {}
            : { subtract: computation.subtract.text }),
          ...expressions,
          ...window,
          ...(grouping.emit === 'close' ? { emit: 'close' } : {}),
        },
        { in: first.flow },
      );
  const initial = computation.initial?.type;
  const value = initial === undefined || initial === 'null' ? first.value.type : initial;
  const flow: Flow = { end: `${id}.out`, shape: 'table', key, value, windowed: grouping.window !== null };
  into.give(operator.id, flow);
  noteStore(operator, flow, into);
}

/** The window settings of an aggregate. Retention is given where Kafka Streams has another default than we have. */
function windowConfig(
  window: { readonly [name: string]: unknown },
  operator: CaseOperator,
): { readonly [name: string]: unknown } {
  const graceMs = numberField(window, 'graceMs', 0);
  const kept = (needed: number): number => numberField(operator, 'retentionMs', needed + graceMs);
  switch (window.type) {
    case 'tumbling': {
      const windowMs = numberField(window, 'sizeMs');
      return { window: 'tumbling', windowMs, graceMs, retentionMs: kept(windowMs) };
    }
    case 'hopping': {
      const windowMs = numberField(window, 'sizeMs');
      const advanceMs = numberField(window, 'advanceMs');
      return { window: 'hopping', windowMs, advanceMs, graceMs, retentionMs: kept(windowMs) };
    }
    case 'sliding': {
      const windowMs = numberField(window, 'timeDifferenceMs');
      return { window: 'sliding', windowMs, graceMs, retentionMs: kept(2 * windowMs) };
    }
    case 'session': {
      const windowMs = numberField(window, 'gapMs');
      return { window: 'session', windowMs, graceMs, retentionMs: kept(windowMs) };
    }
    default:
      throw new Inexpressible(`${String(window.type)} windows are left out`);
  }
}

function suppressConfig(operator: CaseOperator): { readonly [name: string]: unknown } {
  const buffer = isObject(operator.buffer) ? operator.buffer : {};
  const limits = {
    maxRecords: numberField(buffer, 'maxRecords', 0),
    maxBytes: numberField(buffer, 'maxBytes', 0),
    whenFull: buffer.onFull === 'shutdown' ? 'fail' : 'emit',
  };
  return operator.untilWindowCloses === true
    ? { until: 'window-close', ...limits }
    : { until: 'time', waitMs: numberField(operator, 'untilTimeLimitMs'), ...limits };
}
