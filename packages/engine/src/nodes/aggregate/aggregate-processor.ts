import { encodeKey } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { RecordError } from '../../runtime/record-error.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import { accumulate, initialAccumulator } from '../../state/accumulators.ts';
import { presentStored } from '../../state/store-view.ts';
import type { StoreView } from '../../topology/topology.ts';
import { NodeExpression } from '../node-expression.ts';
import type { AggregateConfig } from './aggregate.ts';

interface PlannedAggregate extends AggregateConfig {
  readonly store: string;
  readonly view: StoreView;
}

/** One result a key, over all records. */
export function aggregateProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as PlannedAggregate;
  const store = context.store(settings.store);
  const add = adder(settings);
  const format = context.spec.keyFormat;
  return {
    inputs: {
      in: (record) => {
        if (record.key === null) {
          context.fate('nullKey');
          return;
        }
        if (record.value === null) {
          context.fate('filtered');
          return;
        }
        const key = encodeKey(format, record.key);
        const before = store.get(0, key);
        const timestamp = before === undefined ? record.timestamp : Math.max(before.timestamp, record.timestamp);
        const after = add(before?.value as readonly unknown[] | undefined, record);
        store.put(0, key, after, timestamp);
        context.forward(
          new StreamRecord(record.key, presentStored(settings.view, after), timestamp, record.headers, null),
        );
      },
    },
  };
}

/**
 * One result a key and tumbling window. With T the greatest timestamp seen by this processor, the record's own included, its window
 * [start, end) takes it if and only if end > T - grace.
 */
export function aggregateTumblingProcessor(context: ProcessorContext): Processor {
  const settings = context.spec.config as PlannedAggregate;
  const store = context.store(settings.store);
  const add = adder(settings);
  const format = context.spec.keyFormat;
  const { windowMs, graceMs } = settings;
  const streamTime = context.streamTime;
  return {
    inputs: {
      in: (record) => {
        if (record.key === null) {
          context.fate('nullKey');
          return;
        }
        streamTime.advance(record.timestamp);
        const start = record.timestamp - (record.timestamp % windowMs);
        const end = start + windowMs;
        if (end <= streamTime.current - graceMs) {
          context.droppedWindow();
          context.fate('late');
          return;
        }
        const key = encodeKey(format, record.key);
        const before = store.get(start, key);
        const timestamp = before === undefined ? record.timestamp : Math.max(before.timestamp, record.timestamp);
        const after = add(before?.value as readonly unknown[] | undefined, record);
        store.put(start, key, after, timestamp);
        context.forward(
          new StreamRecord(record.key, presentStored(settings.view, after), timestamp, record.headers, { start, end }),
        );
      },
    },
  };
}

/** Computes the next accumulators from those before (none: the first record) and a record. Nothing is changed if it throws. */
function adder(
  settings: PlannedAggregate,
): (before: readonly unknown[] | undefined, record: StreamRecord) => readonly unknown[] {
  const parts = settings.aggregations.map((aggregation, index) => ({
    function: aggregation.function,
    expression:
      aggregation.value.trim() === '' ? null : new NodeExpression(aggregation.value, ['aggregations', index, 'value']),
  }));
  return (before, record) => {
    const after: unknown[] = new Array(parts.length);
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index] as (typeof parts)[number];
      const accumulator = before === undefined ? initialAccumulator(part.function) : before[index];
      if (part.expression === null) {
        after[index] = accumulate(part.function, accumulator, null);
        continue;
      }
      const argument = part.expression.evaluate(record);
      after[index] = argument === null ? accumulator : addArgument(part.function, accumulator, argument, index);
    }
    return after;
  };
}

function addArgument(
  name: PlannedAggregate['aggregations'][number]['function'],
  accumulator: unknown,
  argument: unknown,
  index: number,
): unknown {
  try {
    return accumulate(name, accumulator, argument);
  } catch (error) {
    if (error instanceof TypeError) {
      throw new RecordError('type', `${name} ${error.message}.`, ['aggregations', index, 'value']);
    }
    throw error;
  }
}
