import { bidsOf, type Inputs } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord } from '../expected-output.ts';

const known = new Map([
  ['apple', '0'],
  ['google', '1'],
  ['facebook', '2'],
  ['baidu', '3'],
]);

/** Every bid whose channel has a number, with that number. */
export function q21(inputs: Inputs): ExpectedOutput {
  return everyRecord(
    bidsOf(inputs).flatMap(({ key, at, value: { auction, bidder, price, channel, url } }) => {
      const channelId = known.get(channel.toLowerCase()) ?? /[?&]channel_id=([^&]*)/.exec(url)?.[1];
      if (channelId === undefined) return [];
      return [{ key, value: { auction, bidder, price, channel, channelId }, timestamp: at }];
    }),
  );
}
