import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord } from '../expected-output.ts';

/** Every bid with what the side table says about its auction's last four digits; bids of which it says nothing are left out. */
export function q13(inputs: Inputs): ExpectedOutput {
  const side = new Map(inputs.side.map(({ value }) => [value.key, value.value]));
  return everyRecord(
    bidsOf(inputs).flatMap(({ at, value: { auction, bidder, price, dateTime } }) => {
      const value = side.get(auction % 10_000);
      if (value === undefined) return [];
      return [{ key: String(auction % 10_000), value: { auction, bidder, price, dateTime, value }, timestamp: at }];
    }),
  );
}
