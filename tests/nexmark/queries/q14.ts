import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord } from '../expected-output.ts';

function timeOfDay(at: number): string {
  const hour = new Date(at).getUTCHours();
  if (hour >= 8 && hour <= 18) return 'dayTime';
  return hour <= 6 || hour >= 20 ? 'nightTime' : 'otherTime';
}

/** High bids with the time of the day and the letters c in their text. */
export function q14(inputs: Inputs): ExpectedOutput {
  return everyRecord(
    bidsOf(inputs).flatMap(({ key, at, value: { auction, bidder, price: dollars, dateTime, extra } }) => {
      const price = 0.908 * dollars;
      if (price <= 1_000_000 || price >= 50_000_000) return [];
      const cCounts = [...extra].filter((letter) => letter === 'c').length;
      const value = { auction, bidder, price, bidTimeType: timeOfDay(dateTime), dateTime, extra, cCounts };
      return [{ key, value, timestamp: at }];
    }),
  );
}
