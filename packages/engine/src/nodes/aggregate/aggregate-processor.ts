import { encodeKey } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import { opened, sealed } from '../envelope.ts';
import { unlessFailed } from '../failed-before.ts';
import { assertKeyFits } from '../fitting-key.ts';
import { keptRows } from '../kept-rows.ts';
import { NodeExpression } from '../node-expression.ts';
import type { AggregateConfig } from './aggregate-config.ts';
import { aggregatorOf } from './aggregator.ts';
import { gathering, type PlannedGathering } from './gathering.ts';
import { ResultTable } from './result-table.ts';

export type PlannedAggregate = AggregateConfig & PlannedGathering;

/** Results of a stream, in windows or over all records. */
export function aggregateProcessor(context: ProcessorContext): Processor {
  const planned = context.spec.config as PlannedAggregate;
  const aggregator = aggregatorOf(planned, 'stream');
  const { gather, rows } = gathering(context, planned, aggregator);
  return { rows, inputs: { in: (record) => gather(record, aggregator.add) } };
}

/**
 * Ahead of an aggregate of a table: makes of each change of a row what it takes from one key's result and what it adds to another's. A row
 * that moves from key to key takes first. A change of a versioned table's past changes no result.
 */
export function groupRowsProcessor(context: ProcessorContext): Processor {
  const { by, byFormat } = context.spec.config as Pick<AggregateConfig, 'by' | 'byFormat'>;
  const expression = new NodeExpression(by, ['by']);
  return {
    inputs: {
      in: (record) => {
        if (!record.isLatest) return;
        const keyOf = (value: unknown): unknown =>
          value === null || value === undefined
            ? null
            : expression.evaluate(record.value === value ? record : record.withValue(value));
        const key = keyOf(record.value);
        const oldKey = keyOf(record.old);
        // Undefined where the row before had a key that did not fit: it was added to no result.
        const oldBytes = oldKey === null ? undefined : unlessFailed(() => encodeKey(byFormat, oldKey));
        const send = (to: unknown, change: { readonly old?: unknown; readonly new?: unknown }): void =>
          context.forward(new StreamRecord(to, sealed(change), record.timestamp, record.headers, null));
        const bytes = key === null ? undefined : unlessFailed(() => encodeKey(byFormat, key));
        if (bytes !== undefined && bytes === oldBytes) {
          send(key, { old: record.old, new: record.value });
          return;
        }
        if (oldBytes !== undefined) send(oldKey, { old: record.old });
        assertKeyFits(byFormat, key, ['by']);
        if (key !== null) send(key, { new: record.value });
        const hasRow = record.value !== null || (record.old !== null && record.old !== undefined);
        if (hasRow && key === null && oldKey === null) context.fate('nullKey');
      },
    },
  };
}

/** Results of a table's rows: each change takes the old row out first, then adds the new one, and sends one result. */
export function aggregateRowsProcessor(context: ProcessorContext): Processor {
  const planned = context.spec.config as PlannedAggregate;
  const aggregator = aggregatorOf(planned, 'table');
  const results = new ResultTable(context, { ...planned, emit: 'update', isWalkedOver: false });
  const format = context.spec.keyFormat;
  return {
    rows: keptRows(results.store, planned.view),
    inputs: {
      in: (record) => {
        const change = opened(record.value);
        const old = change.field('old');
        const added = change.field('new');
        const address = encodeKey(format, record.key);
        const before = results.get(0, address);
        let state = before?.value;
        if (old !== undefined && before !== undefined) state = aggregator.subtract(state, record.withValue(old), null);
        if (added !== undefined) {
          state = aggregator.add(state ?? aggregator.initial(), record.withValue(added), null);
        }
        const timestamp = before === undefined ? record.timestamp : Math.max(record.timestamp, before.timestamp);
        const place = { key: record.key, window: null, segment: 0, address };
        results.put(place, state ?? null, timestamp, before, record.headers);
      },
    },
  };
}
