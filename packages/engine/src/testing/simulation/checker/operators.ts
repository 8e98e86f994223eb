import type { OperatorMaker } from './operator.ts';
import { aggregateOperator, cogroupOperator } from './operators/aggregate-operator.ts';
import { dedupeOperator } from './operators/dedupe-operator.ts';
import { filterOperator, mapOperator } from './operators/filter-operator.ts';
import { joinOperator } from './operators/join-operator.ts';
import {
  branchOperator,
  flatMapOperator,
  mergeOperator,
  reKeyOperator,
  repartitionOperator,
  toStreamOperator,
  toTableOperator,
} from './operators/record-operators.ts';
import { sourceOperator } from './operators/source-operator.ts';
import { suppressOperator } from './operators/suppress-operator.ts';

/** What the checker makes of each node kind; sinks are the checker's own. */
export const operators: { readonly [kind: string]: OperatorMaker } = {
  source: sourceOperator,
  filter: filterOperator,
  map: mapOperator,
  'flat-map': flatMapOperator,
  branch: branchOperator,
  merge: mergeOperator,
  're-key': reKeyOperator,
  repartition: repartitionOperator,
  dedupe: dedupeOperator,
  aggregate: aggregateOperator,
  cogroup: cogroupOperator,
  join: joinOperator,
  suppress: suppressOperator,
  'to-table': toTableOperator,
  'to-stream': toStreamOperator,
};
