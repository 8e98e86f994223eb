import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord, type OutputRecord } from '../expected-output.ts';
import { intoWindows } from '../time-windows.ts';

/** Of each ten seconds the highest bid, or all of them where several are equal. */
export function q07(inputs: Inputs): ExpectedOutput {
  const highest: OutputRecord[] = [];
  const { late } = intoWindows(
    bidsOf(inputs),
    () => 'all',
    { sizeMs: 10_000, advanceMs: 10_000, graceMs: 4000 },
    {
      onClose: ({ members, at }) => {
        const most = members.reduce((price, bid) => Math.max(price, bid.price), 0);
        for (const { auction, bidder, price, dateTime, extra } of members) {
          if (price !== most) continue;
          highest.push({ key: String(auction), value: { auction, bidder, price, dateTime, extra }, timestamp: at });
        }
      },
    },
  );
  return everyRecord(highest, { highest: late });
}
