import { encodeKey } from '../../log/key-format.ts';
import type { ProcessorContext } from '../../runtime/processor.ts';
import { keptRows } from '../kept-rows.ts';
import type { Foundation } from './aggregator.ts';
import type { Gathering, PlannedGathering } from './gathering.ts';
import { ResultTable } from './result-table.ts';

/** One result a key, over all records. */
export function gatherOverall(context: ProcessorContext, planned: PlannedGathering, foundation: Foundation): Gathering {
  const results = new ResultTable(context, { ...planned, emit: 'update', isWalkedOver: false });
  const format = context.spec.keyFormat;
  return {
    rows: keptRows(results.store, planned.view),
    gather: (record, add) => {
      if (record.key === null) {
        context.drop('nullKey');
        return;
      }
      if (record.value === null) {
        context.drop('filtered');
        return;
      }
      const address = encodeKey(format, record.key);
      const before = results.get(0, address);
      const timestamp = before === undefined ? record.timestamp : Math.max(before.timestamp, record.timestamp);
      const after = add(before === undefined ? foundation.initial() : before.value, record, record.window);
      results.put({ key: record.key, window: null, segment: 0, address }, after, timestamp, before, record.headers);
    },
  };
}
