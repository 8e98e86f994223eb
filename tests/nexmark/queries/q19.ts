import { type Bid, bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord } from '../expected-output.ts';

/** After each bid: the ten highest of its auction, of equal ones the earlier arrival first. */
export function q19(inputs: Inputs): ExpectedOutput {
  const top = new Map<number, { bids: Pick<Bid, 'auction' | 'bidder' | 'price' | 'dateTime'>[]; at: number }>();
  return everyRecord(
    bidsOf(inputs).map(({ at, value: { auction, bidder, price, dateTime } }) => {
      const before = top.get(auction) ?? { bids: [], at: 0 };
      const place = before.bids.findIndex((other) => other.price < price);
      const bids = before.bids.toSpliced(place < 0 ? before.bids.length : place, 0, {
        auction,
        bidder,
        price,
        dateTime,
      });
      const after = { bids: bids.slice(0, 10), at: Math.max(before.at, at) };
      top.set(auction, after);
      return { key: String(auction), value: after.bids, timestamp: after.at };
    }),
  );
}
