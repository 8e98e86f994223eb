import { type Bid, bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord } from '../expected-output.ts';

/** After each bid: the latest of its bidder for its auction, by the time of the bid. */
export function q18(inputs: Inputs): ExpectedOutput {
  const latest = new Map<string, { bid: Bid; at: number }>();
  return everyRecord(
    bidsOf(inputs).map(({ at, value }) => {
      const key = `${value.bidder} ${value.auction}`;
      const before = latest.get(key);
      const bid = before !== undefined && before.bid.dateTime > value.dateTime ? before.bid : value;
      const after = { bid, at: Math.max(before?.at ?? 0, at) };
      latest.set(key, after);
      return { key, value: bid, timestamp: after.at };
    }),
  );
}
