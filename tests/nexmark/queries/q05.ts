import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord, type OutputRecord } from '../expected-output.ts';
import { intoWindows } from '../time-windows.ts';

/** Of each window of ten seconds, one every two: the auctions with the most bids, as far as the window has closed. */
export function q05(inputs: Inputs): ExpectedOutput {
  const hottest = new Map<number, { bids: number; auctions: number[]; at: number }>();
  const changes: OutputRecord[] = [];
  const plan = { sizeMs: 10_000, advanceMs: 2000, graceMs: 4000 };
  const { late } = intoWindows(bidsOf(inputs), ({ auction }) => String(auction), plan, {
    onClose: ({ key, start, members, at }) => {
      const window = hottest.get(start) ?? { bids: 0, auctions: [], at: 0 };
      if (members.length > window.bids) {
        window.bids = members.length;
        window.auctions = [Number(key)];
      } else if (members.length === window.bids) {
        window.auctions.push(Number(key));
      }
      window.at = Math.max(window.at, at);
      hottest.set(start, window);
      changes.push({
        key: String(start),
        value: { bids: window.bids, auctions: [...window.auctions] },
        timestamp: window.at,
      });
    },
  });
  return everyRecord(changes, { 'bids-per-auction': late });
}
