import type { Processor, ProcessorContext } from '../../runtime/processor.ts';
import { addedBy, customFoundation } from '../aggregate/aggregator.ts';
import { gathering, type PlannedGathering } from '../aggregate/gathering.ts';
import { type CogroupConfig, portOf } from './cogroup.ts';

/** Results that several streams share, each of which adds its records in its own way. */
export function cogroupProcessor(context: ProcessorContext): Processor {
  const planned = context.spec.config as CogroupConfig & PlannedGathering;
  const { gather, rows } = gathering(context, planned, customFoundation(planned));
  return {
    rows,
    inputs: Object.fromEntries(
      planned.inputs.map((input, index) => {
        const add = addedBy(input.add, ['inputs', index, 'add'], planned.initial);
        return [portOf(index), (record) => gather(record, add)];
      }),
    ),
  };
}
