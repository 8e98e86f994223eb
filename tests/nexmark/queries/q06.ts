import type { Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord, type OutputRecord } from '../expected-output.ts';
import { PartitionTimes, partitionOf, partitions } from '../partitions.ts';
import { bidsWhileOpen } from '../stream-join.ts';

interface Sale {
  readonly auction: number;
  readonly seller: number;
  readonly expires: number;
  readonly price: number;
}

const waitMs = 34_000;

/** The average of the last ten sales of a seller, told again whenever an auction is over, and when a late bid changes a sale. */
export function q06({ events }: Inputs): ExpectedOutput {
  const winners = new Map<number, { sale: Sale; at: number }>();
  const waiting = Array.from({ length: partitions }, () => new Map<string, { due: number; sale: Sale; at: number }>());
  const times = new PartitionTimes();
  const sellers = new Map<number, { sales: Sale[]; at: number }>();
  const changes: OutputRecord[] = [];

  const sold = (sale: Sale, at: number): void => {
    const seller = sellers.get(sale.seller) ?? { sales: [], at: 0 };
    seller.sales = [...seller.sales.filter(({ auction }) => auction !== sale.auction), sale];
    seller.at = Math.max(seller.at, at);
    sellers.set(sale.seller, seller);
    const lastTen = [...seller.sales].sort((a, b) => a.expires - b.expires).slice(-10);
    const total = lastTen.reduce((sum, { price }) => sum + price, 0);
    changes.push({
      key: String(sale.seller),
      value: { sales: seller.sales.length, average: total / lastTen.length },
      timestamp: seller.at,
    });
  };

  for (const { auction, bid, at } of bidsWhileOpen(events)) {
    const before = winners.get(auction.id);
    const isBetter = before === undefined || bid.price > before.sale.price;
    const { id, seller, expires } = auction;
    const winner = {
      sale: isBetter ? { auction: id, seller, expires, price: bid.price } : before.sale,
      at: Math.max(before?.at ?? 0, at),
    };
    winners.set(id, winner);
    const key = String(id);
    const partition = partitionOf(key);
    const held = waiting[partition] as Map<string, { due: number; sale: Sale; at: number }>;
    const time = times.advance(partition, winner.at);
    held.set(key, { ...winner, due: held.get(key)?.due ?? winner.at + waitMs });
    const over = [...held].filter(([, { due }]) => due <= time);
    over.sort(([keyA, a], [keyB, b]) => a.due - b.due || (keyA < keyB ? -1 : 1));
    for (const [name, { sale, at: soldAt }] of over) {
      held.delete(name);
      sold(sale, soldAt);
    }
  }
  return everyRecord(changes);
}
