import { encodeKey } from '../../log/key-format.ts';
import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { StreamRecord } from '../../runtime/stream-record.ts';
import { historyBucketMs, historySuffix, VersionedTable } from '../../state/versioned-table.ts';
import type { PlannedFlow, Planner } from '../../topology/planner.ts';

interface PlannedVersionedTable {
  /** Name of the store of the latest rows. */
  readonly store: string;
  /** Name of the store of what they were. */
  readonly history: string;
  readonly historyMs: number;
}

/** Plans the table of a topic's records that remembers what its rows were; gives the table's flow. */
export function planVersionedTable(
  planner: Planner,
  records: PlannedFlow,
  settings: { readonly topic: string; readonly historyMs: number },
): PlannedFlow {
  const { topic, historyMs } = settings;
  const bucketMs = historyBucketMs(historyMs);
  const store = planner.store({
    role: 'store',
    kind: 'key-value',
    keyFormat: records.keyFormat,
    view: { as: 'value' },
    signature: ['table', topic, 'versioned'],
  });
  const history = planner.store({
    role: 'history',
    kind: 'window',
    keyFormat: records.keyFormat,
    suffix: historySuffix,
    windowSizeMs: bucketMs,
    // What ended just before the history begins may still tell when its row was deleted.
    retentionMs: historyMs + bucketMs,
    view: { as: 'value' },
    signature: ['table-history', topic],
  });
  const config: PlannedVersionedTable = { store, history, historyMs };
  const table = planner.processor({
    processor: 'versioned-table',
    config,
    stores: [store, history],
    inputs: { in: records },
  });
  return { ...table, shape: 'table', rows: table.from, sendsOld: true, versionedMs: historyMs };
}

/**
 * Keeps the latest value of each key and what it was, so far back as the history goes. Every change is passed on, those of the past too,
 * which are not the latest; what is older than the history is dropped.
 */
export function versionedTableProcessor(context: ProcessorContext): Processor {
  const { store, history, historyMs } = context.spec.config as PlannedVersionedTable;
  const observed = context.number('observed', Number.NEGATIVE_INFINITY);
  const table = new VersionedTable(context.store(store), context.store(history), historyMs, observed);
  const format = context.spec.keyFormat;
  return {
    rows: table,
    inputs: {
      in: (record) => {
        if (record.key === null) {
          context.drop('nullKey');
          return;
        }
        const key = encodeKey(format, record.key);
        const old = table.get(key)?.value ?? null;
        const result = table.put(key, record.value, record.timestamp);
        if (result.isIgnored) {
          context.drop('late');
          return;
        }
        const { value, timestamp, headers, window } = record;
        context.forward(new StreamRecord(record.key, value, timestamp, headers, window, old, result.validTo === null));
      },
    },
  };
}
