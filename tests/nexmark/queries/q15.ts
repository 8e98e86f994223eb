import { type Bid, bidsOf, type Inputs } from '../auction-house.ts';
import type { ExpectedOutput } from '../expected-output.ts';

/** From 1, the lowest, to 3. */
export function rankOf(price: number): 1 | 2 | 3 {
  if (price < 10_000) return 1;
  return price < 1_000_000 ? 2 : 3;
}

export function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

function distinct(bids: readonly Bid[], of: (bid: Bid) => number): number {
  return new Set(bids.map(of)).size;
}

/** The statistics of q15 and q16 over some bids. */
export function statisticsOf(bids: readonly Bid[]) {
  const [rank1, rank2, rank3] = ([1, 2, 3] as const).map((rank) =>
    bids.filter(({ price }) => rankOf(price) === rank),
  ) as [Bid[], Bid[], Bid[]];
  const bidder = (bid: Bid): number => bid.bidder;
  const auction = (bid: Bid): number => bid.auction;
  return {
    totalBids: bids.length,
    rank1Bids: rank1.length,
    rank2Bids: rank2.length,
    rank3Bids: rank3.length,
    totalBidders: distinct(bids, bidder),
    rank1Bidders: distinct(rank1, bidder),
    rank2Bidders: distinct(rank2, bidder),
    rank3Bidders: distinct(rank3, bidder),
    totalAuctions: distinct(bids, auction),
    rank1Auctions: distinct(rank1, auction),
    rank2Auctions: distinct(rank2, auction),
    rank3Auctions: distinct(rank3, auction),
  };
}

/** The statistics of each day. */
export function q15(inputs: Inputs): ExpectedOutput {
  const days = new Map<string, { bids: Bid[]; at: number }>();
  for (const { at, value } of bidsOf(inputs)) {
    const day = days.get(dayOf(value.dateTime)) ?? { bids: [], at };
    day.bids.push(value);
    day.at = Math.max(day.at, at);
    days.set(dayOf(value.dateTime), day);
  }
  let count = 0;
  const records = [...days].map(([key, { bids, at }]) => {
    const value = statisticsOf(bids);
    // Each bid changes the row once, and once more for everything that it is the first of.
    count += value.totalBids + value.totalBidders + value.rank1Bidders + value.rank2Bidders + value.rank3Bidders;
    count += value.totalAuctions + value.rank1Auctions + value.rank2Auctions + value.rank3Auctions;
    return { key, value, timestamp: at };
  });
  return { records, told: 'the last of each key', count };
}
