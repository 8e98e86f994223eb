import type { KeyValue } from '../../log/key-format.ts';
import { RecordError } from '../../runtime/record-error.ts';
import type { StreamRecord, Window } from '../../runtime/stream-record.ts';
import { type Accumulator, accumulatorFor, accumulatorName } from '../../state/accumulators.ts';
import type { AccumulatorField } from '../../topology/topology.ts';
import { NodeExpression } from '../node-expression.ts';
import type { AggregateConfig } from './aggregate-config.ts';

/**
 * What is kept before a record, what is kept after it. Undefined before the first record, where that record itself makes it; a result of
 * null keeps nothing. Nothing is changed in place, and nothing is kept when it throws.
 */
export type Add = (before: unknown, record: StreamRecord, window: Window | null) => unknown;

/** What results begin with and how those of two sessions become one, whatever adds to them. */
export interface Foundation {
  initial(): unknown;
  /** The earlier one on the left. */
  merge(left: unknown, right: unknown, key: KeyValue): unknown;
}

export interface Aggregator extends Foundation {
  readonly add: Add;
  readonly subtract: Add;
}

export function aggregatorOf(settings: AggregateConfig, over: 'stream' | 'table'): Aggregator {
  return settings.compute === 'custom' ? customAggregator(settings) : functionsAggregator(settings, over);
}

/** The fields of an aggregate that computes functions, as its store's view has them. */
export function accumulatorFields(settings: AggregateConfig, over: 'stream' | 'table'): readonly AccumulatorField[] {
  return settings.aggregations.map(({ name, function: used, n }) => ({
    name,
    function: accumulatorName(used, over),
    ...(n === undefined ? {} : { length: n }),
  }));
}

interface Part {
  /** As people know it. */
  readonly name: string;
  readonly accumulator: Accumulator;
  readonly expression: NodeExpression | null;
}

function functionsAggregator(settings: AggregateConfig, over: 'stream' | 'table'): Aggregator {
  const parts = settings.aggregations.map(
    ({ function: name, value, n }, index): Part => ({
      name,
      accumulator: accumulatorFor(accumulatorName(name, over), n),
      expression: value.trim() === '' ? null : new NodeExpression(value, ['aggregations', index, 'value']),
    }),
  );
  const initial = parts.map(({ accumulator }) => accumulator.initial);
  const change = (
    before: unknown,
    record: StreamRecord,
    window: Window | null,
    isAdded: boolean,
  ): readonly unknown[] => {
    const accumulators = before as readonly unknown[];
    const after: unknown[] = new Array(parts.length);
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index] as Part;
      const kept = accumulators[index];
      const argument = part.expression === null ? null : part.expression.evaluateInto(record, null, window);
      after[index] =
        argument === null && part.expression !== null ? kept : changed(part, kept, argument, isAdded, index);
    }
    return after;
  };
  return {
    initial: () => initial,
    add: (before, record, window) => change(before, record, window, true),
    subtract: (before, record, window) => change(before, record, window, false),
    merge: (left, right) =>
      parts.map(({ accumulator }, index) =>
        accumulator.merge((left as readonly unknown[])[index], (right as readonly unknown[])[index]),
      ),
  };
}

function changed(part: Part, kept: unknown, argument: unknown, isAdded: boolean, index: number): unknown {
  try {
    return isAdded ? part.accumulator.add(kept, argument) : part.accumulator.subtract?.(kept, argument);
  } catch (error) {
    if (error instanceof TypeError) {
      throw new RecordError('type', `${part.name} ${error.message}.`, ['aggregations', index, 'value']);
    }
    throw error;
  }
}

function customAggregator(settings: AggregateConfig): Aggregator {
  const add = addedBy(settings.add, ['add'], settings.initial);
  const subtract = addedBy(settings.subtract, ['subtract'], settings.initial);
  return { ...customFoundation(settings), add, subtract };
}

/** The addition of an expression over a record and what is kept. Without something to begin with, the first value itself is kept. */
export function addedBy(source: string, path: readonly (string | number)[], initial: string): Add {
  if (source.trim() === '') return (before) => before;
  const expression = new NodeExpression(source, path);
  if (initial.trim() !== '') return (before, record, window) => expression.evaluateInto(record, before, window);
  return (before, record, window) =>
    before === undefined || before === null ? record.value : expression.evaluateInto(record, before, window);
}

/** `add` merges where there is no `merge` and results begin with their first value: the later one is then what is added. */
export function customFoundation(settings: {
  readonly initial: string;
  readonly merge: string;
  readonly add?: string | undefined;
}): Foundation {
  const first = settings.initial.trim() === '' ? null : new NodeExpression(settings.initial, ['initial']);
  const merge = settings.merge.trim() === '' ? null : new NodeExpression(settings.merge, ['merge']);
  const add = merge === null && settings.add?.trim() ? new NodeExpression(settings.add, ['add']) : null;
  return {
    initial: () => (first === null ? undefined : first.run()),
    merge: (left, right, key) => {
      if (first === null && (left === undefined || left === null)) return right;
      if (first === null && (right === undefined || right === null)) return left;
      const expression = merge ?? add;
      if (expression === null) return right;
      const { scope } = expression;
      scope.key = key;
      scope.left = left;
      scope.right = right;
      scope.aggregate = left;
      scope.value = right;
      return expression.run();
    },
  };
}
