import type { ProcessorContext } from '../../runtime/processor.ts';
import type { StreamRecord } from '../../runtime/stream-record.ts';
import type { TableRows } from '../../state/table-rows.ts';
import type { StoreView } from '../../topology/topology.ts';
import type { Add, Foundation } from './aggregator.ts';
import { gatherInSessions } from './gather-in-sessions.ts';
import { gatherInSlidingWindows } from './gather-in-sliding-windows.ts';
import { gatherInTimeWindows } from './gather-in-time-windows.ts';
import { gatherOverall } from './gather-overall.ts';
import type { WindowConfig } from './window-config.ts';

/** How records come into results: each record into those that it belongs to, by whatever adds it. */
export interface Gathering {
  gather(record: StreamRecord, add: Add): void;
  readonly rows: TableRows;
}

/** What planning settles about results and their windows; part of the processor's config. */
export interface PlannedGathering extends WindowConfig {
  readonly emit: 'update' | 'close';
  /** Names of the stores: of results, and of what will close where that needs an order of its own. */
  readonly store: string;
  readonly closing: string | null;
  readonly view: StoreView;
  /** Whether what is sent on says what was there before. */
  readonly sendOld: boolean;
  /** How long results are kept behind the newest window. */
  readonly keptMs: number;
  /** The span of a segment, of windows that have no segment each. */
  readonly bucketMs: number;
}

export function gathering(context: ProcessorContext, planned: PlannedGathering, foundation: Foundation): Gathering {
  switch (planned.window) {
    case 'none':
      return gatherOverall(context, planned, foundation);
    case 'tumbling':
    case 'hopping':
      return gatherInTimeWindows(context, planned, foundation);
    case 'sliding':
      return gatherInSlidingWindows(context, planned, foundation);
    case 'session':
      return gatherInSessions(context, planned, foundation);
  }
}
