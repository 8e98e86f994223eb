import { type Bid, bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord, type OutputRecord } from '../expected-output.ts';
import { intoWindows, type OpenWindow } from '../time-windows.ts';
import { rankOf } from './q15.ts';

const dayMs = 86_400_000;

/** After each bid: the statistics of its auction's day. */
export function q17(inputs: Inputs): ExpectedOutput {
  const days = new Map<
    OpenWindow<Bid>,
    { ranks: { 1: number; 2: number; 3: number }; min: number; max: number; sum: number }
  >();
  const changes: OutputRecord[] = [];
  const plan = { sizeMs: dayMs, advanceMs: dayMs, graceMs: 600_000 };
  const { late } = intoWindows(bidsOf(inputs), ({ auction }) => String(auction), plan, {
    onUpdate: (window) => {
      const { key, start, end, members, at } = window;
      const { price } = members.at(-1) as Bid;
      const day = days.get(window) ?? { ranks: { 1: 0, 2: 0, 3: 0 }, min: price, max: price, sum: 0 };
      days.set(window, day);
      day.ranks[rankOf(price)]++;
      day.min = Math.min(day.min, price);
      day.max = Math.max(day.max, price);
      day.sum += price;
      const value = {
        totalBids: members.length,
        rank1Bids: day.ranks[1],
        rank2Bids: day.ranks[2],
        rank3Bids: day.ranks[3],
        minPrice: day.min,
        maxPrice: day.max,
        avgPrice: day.sum / members.length,
        sumPrice: day.sum,
      };
      changes.push({ key, window: { start, end }, value, timestamp: at });
    },
  });
  return everyRecord(changes, { 'per-auction-and-day': late });
}
