import { type Bid, bidsOf, type Inputs } from '../auction-house.ts';
import type { ExpectedOutput } from '../expected-output.ts';
import { dayOf, statisticsOf } from './q15.ts';

/** The statistics of each channel and day, with the latest minute. */
export function q16(inputs: Inputs): ExpectedOutput {
  const groups = new Map<string, { channel: string; day: string; minute: string; bids: Bid[]; at: number }>();
  for (const { at, value } of bidsOf(inputs)) {
    const { channel } = value;
    const day = dayOf(value.dateTime);
    const minute = new Date(value.dateTime).toISOString().slice(11, 16);
    const group = groups.get(`${channel} ${day}`) ?? { channel, day, minute, bids: [], at };
    group.bids.push(value);
    group.at = Math.max(group.at, at);
    if (minute > group.minute) group.minute = minute;
    groups.set(`${channel} ${day}`, group);
  }
  let count = 0;
  const records = [...groups].map(([key, { channel, day, minute, bids, at }]) => {
    // The first bid makes the second of the two rows that a result needs; each later one changes both.
    count += 2 * bids.length - 1;
    return { key, value: { channel, day, minute, ...statisticsOf(bids) }, timestamp: at };
  });
  return { records, told: 'the last of each key', count };
}
