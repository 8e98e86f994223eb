import type { Arrival, Auction, Bid, Event } from './auction-house.ts';
import { isAuction, isBid } from './auction-house.ts';
import { partitionOf, partitions } from './partitions.ts';

/** An auction with a bid that came while it was open. */
export interface OpenBid {
  readonly auction: Auction;
  readonly bid: Bid;
  /** The later of the two event times. */
  readonly at: number;
}

const afterMs = 34_000;
const graceMs = 10_000;
const keptMs = afterMs + graceMs;

/** One side of one partition: what has come, and how far its time has got. */
class Side<Value> {
  time = Number.NEGATIVE_INFINITY;
  readonly #byKey = new Map<number, Arrival<Value>[]>();

  put(key: number, record: Arrival<Value>): void {
    this.time = Math.max(this.time, record.at);
    if (record.at <= this.time - keptMs) return;
    const records = this.#byKey.get(key) ?? [];
    // In order of event time; of equal ones the earlier arrival first.
    let place = records.length;
    while (place > 0 && (records[place - 1] as Arrival<Value>).at > record.at) place--;
    records.splice(place, 0, record);
    this.#byKey.set(key, records);
  }

  between(key: number, from: number, to: number): readonly Arrival<Value>[] {
    const records = this.#byKey.get(key) ?? [];
    return records.filter(({ at }) => at >= from && at <= to && at > this.time - keptMs);
  }
}

/** Every auction with every bid on it from its beginning to 34 seconds later, and of these the ones up to its end. */
export function bidsWhileOpen(events: readonly Event[]): readonly OpenBid[] {
  const sides = Array.from({ length: partitions }, () => ({ auctions: new Side<Auction>(), bids: new Side<Bid>() }));
  const found: OpenBid[] = [];
  const pair = (auction: Auction, bid: Bid, at: number): void => {
    if (bid.dateTime <= auction.expires) found.push({ auction, bid, at });
  };
  for (const event of events) {
    if (isAuction(event)) {
      const { id } = event.value;
      const { auctions, bids } = sides[partitionOf(String(id))] as (typeof sides)[number];
      for (const bid of bids.between(id, event.at, event.at + afterMs))
        pair(event.value, bid.value, Math.max(bid.at, event.at));
      auctions.put(id, event);
    } else if (isBid(event)) {
      const { auction: id } = event.value;
      const { auctions, bids } = sides[partitionOf(String(id))] as (typeof sides)[number];
      for (const auction of auctions.between(id, event.at - afterMs, event.at)) {
        pair(auction.value, event.value, Math.max(auction.at, event.at));
      }
      bids.put(id, event);
    }
  }
  return found;
}
