import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord } from '../expected-output.ts';

/** Every bid with the three directories of its address. */
export function q22(inputs: Inputs): ExpectedOutput {
  return everyRecord(
    bidsOf(inputs).map(({ key, at, value: { auction, bidder, price, channel, url } }) => {
      const [dir1, dir2, dir3] = new URL(url).pathname.slice(1).split('/');
      return { key, value: { auction, bidder, price, channel, dir1, dir2, dir3 }, timestamp: at };
    }),
  );
}
