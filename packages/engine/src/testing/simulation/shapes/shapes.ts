import { cachedTables } from './cached-shapes.ts';
import { aggregateByAnother, aggregateByKey, stateless, streamTableJoin } from './first-shapes.ts';
import {
  foreignKeyJoin,
  gatheredAgain,
  globalJoin,
  streamStreamJoin,
  suppressed,
  tableAggregate,
  tableTableJoin,
  versionedTableJoin,
  windowedTableJoin,
} from './join-shapes.ts';
import { deduplicated, repartitioned, rerouted } from './record-shapes.ts';
import type { Shape } from './shape.ts';
import { cogroup, hopping, session, sliding, tumbling } from './window-shapes.ts';

/** Every stateful kind, and the others around them. */
export const shapes: readonly Shape[] = [
  stateless,
  rerouted,
  repartitioned,
  deduplicated,
  aggregateByKey,
  aggregateByAnother,
  tumbling,
  hopping,
  sliding,
  session,
  cogroup,
  tableAggregate,
  streamTableJoin,
  streamStreamJoin,
  tableTableJoin,
  foreignKeyJoin,
  globalJoin,
  versionedTableJoin,
  windowedTableJoin,
  gatheredAgain,
  cachedTables,
  suppressed,
];
