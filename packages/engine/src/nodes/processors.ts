import type { ProcessorRegistry } from '../runtime/processor.ts';
import { aggregateProcessor, aggregateRowsProcessor, groupRowsProcessor } from './aggregate/aggregate-processor.ts';
import { branchProcessor } from './branch/branch.ts';
import { cogroupProcessor } from './cogroup/cogroup-processor.ts';
import { dedupeIdentityProcessor, dedupeProcessor } from './dedupe/dedupe-processor.ts';
import { filterProcessor, filterTableProcessor } from './filter/filter.ts';
import { flatMapProcessor } from './flat-map/flat-map.ts';
import {
  foreignKeyAnswerProcessor,
  foreignKeyJoinProcessor,
  foreignKeySubscribeProcessor,
} from './join/foreign-key-processors.ts';
import { globalJoinProcessor } from './join/global.ts';
import { streamStreamJoinProcessor } from './join/stream-stream-processor.ts';
import { streamTableJoinProcessor } from './join/stream-table.ts';
import { tableTableJoinProcessor } from './join/table-table.ts';
import { mapProcessor, mapTableProcessor } from './map/map.ts';
import { mergeProcessor } from './merge/merge.ts';
import { reKeyProcessor } from './re-key.ts';
import { passProcessor } from './repartition/repartition.ts';
import { sinkRecordProcessor } from './sink/sink-record-processor.ts';
import { tableProcessor } from './source/table-processor.ts';
import { versionedTableProcessor } from './source/versioned-table-processor.ts';
import { suppressProcessor } from './suppress/suppress-processor.ts';
import { toStreamProcessor } from './to-stream/to-stream.ts';

/** The code behind each name that a topology may use. */
export const processors: ProcessorRegistry = {
  aggregate: aggregateProcessor,
  'aggregate-rows': aggregateRowsProcessor,
  'group-rows': groupRowsProcessor,
  filter: filterProcessor,
  'filter-table': filterTableProcessor,
  'foreign-key-answer': foreignKeyAnswerProcessor,
  'foreign-key-join': foreignKeyJoinProcessor,
  'foreign-key-subscribe': foreignKeySubscribeProcessor,
  branch: branchProcessor,
  cogroup: cogroupProcessor,
  dedupe: dedupeProcessor,
  'dedupe-identity': dedupeIdentityProcessor,
  'flat-map': flatMapProcessor,
  merge: mergeProcessor,
  pass: passProcessor,
  map: mapProcessor,
  'map-table': mapTableProcessor,
  're-key': reKeyProcessor,
  'global-join': globalJoinProcessor,
  'stream-stream-join': streamStreamJoinProcessor,
  'stream-table-join': streamTableJoinProcessor,
  'table-table-join': tableTableJoinProcessor,
  suppress: suppressProcessor,
  'sink-record': sinkRecordProcessor,
  table: tableProcessor,
  'versioned-table': versionedTableProcessor,
  'to-stream': toStreamProcessor,
};
