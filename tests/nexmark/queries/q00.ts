import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord } from '../expected-output.ts';

/** Every bid as it is. */
export function q00(inputs: Inputs): ExpectedOutput {
  return everyRecord(bidsOf(inputs).map(({ key, at, value }) => ({ key, value, timestamp: at })));
}
