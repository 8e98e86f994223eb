import { describe, expect, it } from 'vitest';
import { type NexmarkAuction, type NexmarkBid, type NexmarkValue, nexmarkEvent } from './nexmark-events.ts';

const options = { startTime: 1_000_000, intervalMs: 10, partitions: 1 };
const events = Array.from({ length: 50_000 }, (_, index) => nexmarkEvent(7, 0, index, options));
const auctions = events.map(({ value }) => value).filter((value): value is NexmarkAuction => value.type === 'auction');
const bids = events.map(({ value }) => value).filter((value): value is NexmarkBid => value.type === 'bid');

describe('nexmarkEvent', () => {
  it('makes one person, three auctions and 46 bids of every fifty events', () => {
    const count = (type: NexmarkValue['type']) => events.filter(({ value }) => value.type === type).length;
    expect([count('person'), count('auction'), count('bid')]).toEqual([1000, 3000, 46_000]);
  });

  it('makes the same event again, wherever it starts, and another for another seed', () => {
    expect(nexmarkEvent(7, 0, 4321, options)).toEqual(events[4321]);
    expect(nexmarkEvent(8, 0, 4321, options)).not.toEqual(events[4321]);
  });

  it('deals the same events to any number of partitions', () => {
    const dealt = Array.from({ length: 1000 }, (_, number) =>
      nexmarkEvent(7, number % 4, Math.floor(number / 4), { ...options, partitions: 4 }),
    );
    expect(dealt).toEqual(events.slice(0, 1000));
  });

  it('makes events beyond 2^32', () => {
    const far = nexmarkEvent(7, 0, 2 ** 40 + 10, options);
    expect(far.value).not.toEqual(nexmarkEvent(7, 0, 10, options).value);
    expect(far.value).not.toMatchObject({
      extra: (nexmarkEvent(7, 0, 2 ** 41 + 10, options).value as NexmarkBid).extra,
    });
  });

  it('moves all times of an event, and nothing else, with the start', () => {
    const index = 51;
    const { value, timestamp } = nexmarkEvent(7, 0, index, options);
    const late = nexmarkEvent(7, 0, index, { ...options, startTime: options.startTime - 5000 });
    const auction = value as NexmarkAuction;
    expect(late.timestamp).toBe(timestamp - 5000);
    expect(late.value).toEqual({ ...auction, dateTime: timestamp - 5000, expires: auction.expires - 5000 });
  });

  it('gives consecutive ids to people and auctions, and uses no id long before its time', () => {
    expect(auctions.map(({ id }) => id)).toEqual(auctions.map((_, index) => 1000 + index));
    let newest = 999;
    const leads: number[] = [];
    for (const { value } of events) {
      if (value.type === 'auction') newest = value.id;
      if (value.type === 'bid') leads.push(value.auction - newest);
    }
    expect(Math.max(...leads)).toBe(10);
    expect(Math.min(...leads)).toBe(-100);
  });

  it('lets half of the bids go to the hot auction, and three of four come from the hot bidder', () => {
    const hotAuction = bids.filter(({ auction }) => (auction - 1000) % 100 === 0).length;
    const hotBidder = bids.filter(({ bidder }) => (bidder - 1000) % 100 === 1).length;
    const hotSeller = auctions.filter(({ seller }) => (seller - 1000) % 100 === 0).length;
    expect(hotAuction / bids.length).toBeCloseTo(0.5, 1);
    expect(hotBidder / bids.length).toBeCloseTo(0.75, 1);
    expect(hotSeller / auctions.length).toBeCloseTo(0.75, 1);
  });

  it('spreads prices evenly over six decades', () => {
    const decades = [0, 0, 0, 0, 0, 0];
    for (const { price } of bids) {
      const decade = String(Math.min(price, 99_999_999)).length - 3;
      decades[decade] = (decades[decade] ?? 0) + 1;
    }
    for (const count of decades) expect(count / bids.length).toBeCloseTo(1 / 6, 1);
    expect(bids.every(({ price }) => Number.isInteger(price) && price >= 100)).toBe(true);
  });

  it('gives a channel one address', () => {
    const addresses = new Map<string, Set<string>>();
    for (const { channel, url } of bids) addresses.set(channel, (addresses.get(channel) ?? new Set()).add(url));
    expect([...addresses.values()].every((urls) => urls.size === 1)).toBe(true);
    expect(addresses.size).toBeGreaterThan(5000);
    expect(addresses.has('Apple')).toBe(true);
  });

  it('ends every auction after it began', () => {
    expect(auctions.every(({ dateTime, expires }) => expires > dateTime)).toBe(true);
  });
});
