import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord } from '../expected-output.ts';

/** Every bid with its day and minute, which are its key. */
export function q10(inputs: Inputs): ExpectedOutput {
  return everyRecord(
    bidsOf(inputs).map(({ at, value: { auction, bidder, price, dateTime, extra } }) => {
      const iso = new Date(dateTime).toISOString();
      const dt = iso.slice(0, 10);
      const hm = iso.slice(11, 16);
      return { key: `${dt} ${hm}`, value: { auction, bidder, price, dateTime, extra, dt, hm }, timestamp: at };
    }),
  );
}
