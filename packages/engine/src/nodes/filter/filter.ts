import { z } from 'zod';
import { noHeaders } from '../../log/header.ts';
import { decodeKey } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { RecordError } from '../../runtime/record-error.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import { unlessFailed } from '../failed-before.ts';
import { field } from '../field.ts';
import { derivedRows } from '../kept-rows.ts';
import { booleanType, checkExpression, NodeExpression, recordRoots } from '../node-expression.ts';
import type { NodeKind } from '../node-kind.ts';

const config = z.strictObject({
  condition: z
    .string()
    .max(4096)
    .meta(
      field({
        label: 'Keep records where',
        widget: 'expression',
        help: 'True keeps the record, false filters it out.',
        placeholder: 'value.delay > 15',
      }),
    ),
});

export type FilterConfig = z.infer<typeof config>;

export const filter: NodeKind<FilterConfig> = {
  name: 'filter',
  title: 'Filter',
  summary: 'Keeps the records for which a condition is true.',
  prose: `Every record for which the condition is true goes on unchanged, with its key, timestamp and headers. The others end here and are counted as filtered.

Of a table, a row that fails the condition is deleted downstream: the filter passes on a record without a value for its key. A row that is deleted upstream is deleted downstream too, without asking the condition. Where the table’s rows are kept, only rows that had passed are deleted; where they are not, the filter cannot tell, and passes a deletion on for every row that fails.

A record on which the condition fails (a field of it is missing, say) follows the node's error policy.`,
  example: { config: { condition: 'value.delay > 15' }, says: 'Keeps flights that were more than 15 minutes late.' },
  category: 'records',
  config,
  initialConfig: () => ({ condition: '' }),
  inputs: () => [{ name: 'in', title: 'Records', shape: 'any' }],
  outputs: () => [{ name: 'out', title: 'Kept' }],
  check: (settings, context) => {
    const input = context.inputs.get('in');
    checkExpression(settings.condition, ['condition'], recordRoots(input), context, {
      expect: booleanType,
      missing: 'Say which records to keep, for example value.delay > 15.',
      inputName: context.inputName('in'),
    });
    return input === undefined ? new Map() : new Map([['out', input]]);
  },
  expressions: (_settings, inputs) => [{ path: ['condition'], roots: recordRoots(inputs.get('in')) }],
  plan: (settings, planner) => {
    const input = planner.input('in');
    const kept = planner.processor({
      processor: input.shape === 'table' ? 'filter-table' : 'filter',
      config: settings,
      inputs: { in: input },
    });
    planner.output('out', { ...kept, rows: input.rows === null ? null : kept.from, sendsOld: input.sendsOld });
  },
  // With old rows at hand, a row that never passed needs no deletion.
  demands: (_settings, _port, { demand }) => ({
    old: demand('out').old === 'must' ? 'must' : 'if-kept',
    rows: demand('out').rows,
  }),
};

export function filterProcessor(context: ProcessorContext): Processor {
  const holds = condition(context);
  return {
    inputs: {
      in: (record) => {
        if (isTrue(holds.evaluate(record))) context.forward(record);
      },
    },
  };
}

/**
 * Of a table every change goes on: as it is, or as the deletion of a row that is not (or no longer) kept. Where the old row is known, the
 * deletion of what never passed does not.
 */
export function filterTableProcessor(context: ProcessorContext): Processor {
  const holds = condition(context);
  const keyFormat = context.spec.keyFormat;
  const kept = (value: unknown, record: StreamRecord): unknown =>
    value !== null && isTrue(holds.evaluate(record.value === value ? record : record.withValue(value))) ? value : null;
  return {
    rows:
      context.spec.rows.in === undefined
        ? undefined
        : derivedRows(context.rows('in'), (value, key, { timestamp }, window) => {
            const row = new StreamRecord(decodeKey(keyFormat, key), value, timestamp, noHeaders, window);
            return unlessFailed(() => kept(value, row)) ?? null;
          }),
    inputs: {
      in: (record) => {
        const value = kept(record.value, record);
        if (record.old === undefined) {
          context.forward(record.withChange(value, undefined));
          return;
        }
        const old = unlessFailed(() => kept(record.old, record));
        if (value === null && old === null) return;
        // After a row that failed, what it was before that may still be there downstream.
        context.forward(record.withChange(value, old ?? null));
      },
    },
  };
}

function condition(context: ProcessorContext): NodeExpression {
  return new NodeExpression((context.spec.config as FilterConfig).condition, ['condition']);
}

function isTrue(result: unknown): boolean {
  if (typeof result !== 'boolean') {
    throw new RecordError(
      'type',
      `The condition gave ${JSON.stringify(result)?.slice(0, 60)}, and only true or false will do.`,
      ['condition'],
    );
  }
  return result;
}
