import type { Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord, type OutputRecord } from '../expected-output.ts';
import { bidsWhileOpen } from '../stream-join.ts';

/** After each bid on an open auction: the average, over the auctions of its category, of the highest bids so far. */
export function q04({ events }: Inputs): ExpectedOutput {
  const highest = new Map<number, { price: number; at: number }>();
  const categories = new Map<number, { sum: number; auctions: number; at: number }>();
  const changes: OutputRecord[] = [];
  for (const { auction, bid, at } of bidsWhileOpen(events)) {
    const before = highest.get(auction.id);
    const after = { price: Math.max(before?.price ?? 0, bid.price), at: Math.max(before?.at ?? 0, at) };
    highest.set(auction.id, after);
    const category = categories.get(auction.category) ?? { sum: 0, auctions: 0, at: 0 };
    category.sum += after.price - (before?.price ?? 0);
    if (before === undefined) category.auctions++;
    category.at = Math.max(category.at, after.at);
    categories.set(auction.category, category);
    changes.push({
      key: String(auction.category),
      value: { average: category.sum / category.auctions },
      timestamp: category.at,
    });
  }
  return everyRecord(changes);
}
