import type { Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord, type OutputRecord } from '../expected-output.ts';
import { bidsWhileOpen, type OpenBid } from '../stream-join.ts';

/** After each bid on an open auction: the highest so far, of equal ones the earlier. */
export function q09({ events }: Inputs): ExpectedOutput {
  const best = new Map<number, { winner: OpenBid; at: number }>();
  const changes: OutputRecord[] = [];
  for (const found of bidsWhileOpen(events)) {
    const { auction, bid, at } = found;
    const before = best.get(auction.id);
    const isBetter =
      before === undefined ||
      bid.price > before.winner.bid.price ||
      (bid.price === before.winner.bid.price && bid.dateTime < before.winner.bid.dateTime);
    const after = { winner: isBetter ? found : before.winner, at: Math.max(before?.at ?? 0, at) };
    best.set(auction.id, after);
    const { bidder, price, dateTime, extra } = after.winner.bid;
    changes.push({
      key: String(auction.id),
      value: { ...auction, auction: auction.id, bidder, price, bidDateTime: dateTime, bidExtra: extra },
      timestamp: after.at,
    });
  }
  return everyRecord(changes);
}
