import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord } from '../expected-output.ts';

/** Every price in euros. */
export function q01(inputs: Inputs): ExpectedOutput {
  return everyRecord(
    bidsOf(inputs).map(({ key, at, value: { auction, bidder, price, dateTime, extra } }) => ({
      key,
      value: { auction, bidder, price: 0.908 * price, dateTime, extra },
      timestamp: at,
    })),
  );
}
