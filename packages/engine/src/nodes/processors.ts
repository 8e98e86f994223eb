import type { ProcessorRegistry } from '../runtime/processor.ts';
import { aggregateProcessor, aggregateTumblingProcessor } from './aggregate/aggregate-processor.ts';
import { filterProcessor, filterTableProcessor } from './filter/filter.ts';
import { streamTableJoinProcessor } from './join/join.ts';
import { mapProcessor, mapTableProcessor } from './map/map.ts';
import { reKeyProcessor } from './re-key.ts';
import { tableProcessor } from './source/source.ts';

/** The code behind each name that a topology may use. */
export const processors: ProcessorRegistry = {
  aggregate: aggregateProcessor,
  'aggregate-tumbling': aggregateTumblingProcessor,
  filter: filterProcessor,
  'filter-table': filterTableProcessor,
  map: mapProcessor,
  'map-table': mapTableProcessor,
  're-key': reKeyProcessor,
  'stream-table-join': streamTableJoinProcessor,
  table: tableProcessor,
};
