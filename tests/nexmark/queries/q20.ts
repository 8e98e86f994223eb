import { type Auction, type Inputs, isAuction, isBid } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord, type OutputRecord } from '../expected-output.ts';

/** Every bid on an auction of category 10 that is known when the bid arrives, with that auction. */
export function q20({ events }: Inputs): ExpectedOutput {
  const auctions = new Map<number, Auction>();
  const found: OutputRecord[] = [];
  for (const event of events) {
    if (isAuction(event) && event.value.category === 10) auctions.set(event.value.id, event.value);
    if (!isBid(event)) continue;
    const { auction, bidder, price, channel, url } = event.value;
    const item = auctions.get(auction);
    if (item === undefined) continue;
    found.push({
      key: String(auction),
      value: {
        ...{ auction, bidder, price, channel, url, bidDateTime: event.value.dateTime, bidExtra: event.value.extra },
        ...{ itemName: item.itemName, description: item.description, initialBid: item.initialBid },
        ...{ reserve: item.reserve, auctionDateTime: item.dateTime, expires: item.expires, seller: item.seller },
        ...{ category: item.category, auctionExtra: item.extra },
      },
      timestamp: event.at,
    });
  }
  return everyRecord(found);
}
