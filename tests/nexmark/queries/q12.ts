import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord, type OutputRecord } from '../expected-output.ts';
import { intoWindows } from '../time-windows.ts';

/** How many bids each person makes in each ten seconds. Time is that of processing, so nothing is ever late. */
export function q12(inputs: Inputs): ExpectedOutput {
  const counts: OutputRecord[] = [];
  const plan = { sizeMs: 10_000, advanceMs: 10_000, graceMs: 0 };
  intoWindows(bidsOf(inputs), ({ bidder }) => String(bidder), plan, {
    onClose: ({ key, start, end, members, at }) => {
      counts.push({ key, window: { start, end }, value: { bids: members.length }, timestamp: at });
    },
  });
  return everyRecord(counts, { 'bids-per-person': 0 });
}
