/**
 * The online auction house of the Nexmark benchmark: people sign up, offer auctions and bid. Of 50 events one is a person, three are
 * auctions and 46 are bids, in this order. Most auctions belong to a hot seller, most bids go to a hot auction and come from a hot bidder,
 * and who is hot changes all the time.
 *
 * An event is made from its number alone, without a look at any other, so a generator can start anywhere. An id may be used a little
 * before its own person or auction appears, as if these two had been swapped on the way.
 */
export type NexmarkValue = NexmarkPerson | NexmarkAuction | NexmarkBid;

export interface NexmarkPerson {
  readonly type: 'person';
  readonly id: number;
  readonly name: string;
  readonly emailAddress: string;
  readonly creditCard: string;
  readonly city: string;
  readonly state: string;
  readonly dateTime: number;
  readonly extra: string;
}

export interface NexmarkAuction {
  readonly type: 'auction';
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly dateTime: number;
  readonly expires: number;
  /** The id of a person. */
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

export interface NexmarkBid {
  readonly type: 'bid';
  /** The id of an auction. */
  readonly auction: number;
  /** The id of a person. */
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: number;
  readonly extra: string;
}

export interface NexmarkOptions {
  /** Event time of the first event of all, in ms since 1970. */
  readonly startTime: number;
  /** Event time between two events, whatever their partitions. */
  readonly intervalMs: number;
  /** Events are dealt to the partitions in turn. */
  readonly partitions: number;
}

export interface NexmarkEvent {
  /** The id of the person or auction; of a bid, the id of its auction. */
  readonly key: string;
  readonly timestamp: number;
  readonly value: NexmarkValue;
}

const peopleInRound = 1;
const auctionsInRound = 3;
const eventsInRound = 50;

const firstPersonId = 1000;
const firstAuctionId = 1000;
const firstCategory = 10;
const categories = 5;
const activePeople = 1000;
const auctionsInFlight = 100;
/** How far ahead of the newest person or auction an id may be. */
const idLead = 10;
/** One of so many people or auctions in a row is the hot one. */
const hotEvery = 100;

const personBytes = 200;
const auctionBytes = 500;
const bidBytes = 100;

const states = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'];
const cities = [
  'Phoenix',
  'Los Angeles',
  'San Francisco',
  'Boise',
  'Portland',
  'Bend',
  'Redmond',
  'Seattle',
  'Kent',
  'Cheyenne',
];
const firstNames = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter'];
const lastNames = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris'];
const hotChannels = ['Google', 'Facebook', 'Baidu', 'Apple'];
const otherChannels = 10_000;
/** Powers of ten between 1 and 10, so that a price needs no logarithm, whose last digit differs from one machine to the next. */
const tenthsOfDecade = [1, 1.2589, 1.5849, 1.9953, 2.5119, 3.1623, 3.9811, 5.0119, 6.3096, 7.9433, 10];

/**
 * Event `index` of a partition. The same arguments give the same event, on every machine.
 *
 * `dateTime` of the value is the timestamp. Who wants an event that is late as a whole gives an earlier `startTime` for it: ids, texts and
 * prices stay as they are, and all its times move.
 */
export function nexmarkEvent(seed: number, partition: number, index: number, options: NexmarkOptions): NexmarkEvent {
  const number = index * options.partitions + partition;
  const timestamp = options.startTime + number * options.intervalMs;
  const draws = new Draws(seed, number);
  const place = number % eventsInRound;
  if (place < peopleInRound) {
    const person = personOf(number, timestamp, draws);
    return { key: String(person.id), timestamp, value: person };
  }
  if (place < peopleInRound + auctionsInRound) {
    const auction = auctionOf(number, timestamp, options.intervalMs, draws);
    return { key: String(auction.id), timestamp, value: auction };
  }
  const bid = bidOf(seed, number, timestamp, draws);
  return { key: String(bid.auction), timestamp, value: bid };
}

function personOf(number: number, dateTime: number, draws: Draws): NexmarkPerson {
  const id = firstPersonId + newestPerson(number);
  const name = `${draws.oneOf(firstNames)} ${draws.oneOf(lastNames)}`;
  const emailAddress = `${draws.letters(7)}@${draws.letters(5)}.com`;
  const creditCard = Array.from({ length: 4 }, () => String(draws.below(10_000)).padStart(4, '0')).join(' ');
  const city = draws.oneOf(cities);
  const state = draws.oneOf(states);
  const bytes = 8 + name.length + emailAddress.length + creditCard.length + city.length + state.length;
  const extra = filling(personBytes - bytes, draws);
  return { type: 'person', id, name, emailAddress, creditCard, city, state, dateTime, extra };
}

function auctionOf(number: number, dateTime: number, intervalMs: number, draws: Draws): NexmarkAuction {
  const id = firstAuctionId + newestAuction(number);
  const newest = newestPerson(number);
  const seller = firstPersonId + (draws.below(4) > 0 ? newest - (newest % hotEvery) : anyPerson(newest, draws));
  const category = firstCategory + draws.below(categories);
  const initialBid = draws.price();
  const reserve = initialBid + draws.price();
  // On average an auction is open until as many others have begun as are in flight at once.
  const averageOpenMs = Math.floor((auctionsInFlight * eventsInRound) / auctionsInRound) * intervalMs;
  const expires = dateTime + 1 + draws.below(Math.max(1, Math.floor(averageOpenMs * 2)));
  const itemName = draws.letters(3 + draws.below(17));
  const description = draws.letters(3 + draws.below(97));
  const extra = filling(auctionBytes - 48 - itemName.length - description.length, draws);
  return {
    type: 'auction',
    id,
    itemName,
    description,
    initialBid,
    reserve,
    dateTime,
    expires,
    seller,
    category,
    extra,
  };
}

function bidOf(seed: number, number: number, dateTime: number, draws: Draws): NexmarkBid {
  const newest = newestAuction(number);
  const auction = firstAuctionId + (draws.below(2) > 0 ? newest - (newest % hotEvery) : anyAuction(newest, draws));
  const newestBidder = newestPerson(number);
  // The person after the hot seller, so that the two are not one.
  const hotBidder = newestBidder - (newestBidder % hotEvery) + 1;
  const bidder = firstPersonId + (draws.below(4) > 0 ? hotBidder : anyPerson(newestBidder, draws));
  const price = draws.price();
  const { channel, url } = channelOf(seed, draws);
  const extra = filling(bidBytes - 32, draws);
  return { type: 'bid', auction, bidder, price, channel, url, dateTime, extra };
}

/** A channel always has the same address. */
function channelOf(seed: number, draws: Draws): { readonly channel: string; readonly url: string } {
  if (draws.below(2) > 0) {
    const hot = draws.below(hotChannels.length);
    return { channel: hotChannels[hot] ?? '', url: address(new Draws(seed, -1 - hot)) };
  }
  const channel = draws.below(otherChannels);
  const own = new Draws(seed, -1 - hotChannels.length - channel);
  const url = address(own);
  return {
    channel: `channel-${channel}`,
    url: own.below(10) > 0 ? `${url}&channel_id=${own.below(0x8000_0000)}` : url,
  };
}

function address(draws: Draws): string {
  return `https://www.nexmark.com/${draws.letters(5)}/${draws.letters(5)}/${draws.letters(5)}/item.htm?query=1`;
}

/** The newest person when event `number` is made, counted from 0. */
function newestPerson(number: number): number {
  const rounds = Math.floor(number / eventsInRound);
  return rounds * peopleInRound + Math.min(number % eventsInRound, peopleInRound - 1);
}

/** The newest auction when event `number` is made, counted from 0. */
function newestAuction(number: number): number {
  const rounds = Math.floor(number / eventsInRound);
  const inRound = Math.min((number % eventsInRound) - peopleInRound, auctionsInRound - 1);
  return rounds * auctionsInRound + inRound;
}

function anyPerson(newest: number, draws: Draws): number {
  const active = Math.min(newest + 1, activePeople);
  return newest + 1 - active + draws.below(active + idLead);
}

function anyAuction(newest: number, draws: Draws): number {
  const oldest = Math.max(0, newest - auctionsInFlight);
  return oldest + draws.below(newest - oldest + 1 + idLead);
}

/** Letters that bring an event to about its size: a fifth more or less. */
function filling(averageLength: number, draws: Draws): string {
  if (averageLength <= 0) return '';
  const spread = Math.round(averageLength * 0.2);
  return draws.letters(averageLength - spread + draws.below(2 * spread + 1));
}

/** A row of draws that depends on nothing but the seed and a number. */
class Draws {
  #state: number;

  constructor(seed: number, number: number) {
    const low = mixed(Math.imul(seed | 0, 0x9e37_79b1) ^ (number | 0));
    this.#state = mixed(low ^ Math.imul(Math.floor(number / 0x1_0000_0000) | 0, 0x85eb_ca6b));
  }

  /** A whole number from 0 to 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    return mixed(this.#state) >>> 0;
  }

  /** A whole number from 0 to `limit` - 1, each as likely as the others. */
  below(limit: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * limit);
  }

  oneOf(texts: readonly string[]): string {
    return texts[this.below(texts.length)] ?? '';
  }

  /** From 100 to 100,000,000; a price is as likely to be in one decade as in any other. */
  price(): number {
    const tenth = this.below(60);
    const at = tenth % 10;
    const from = tenthsOfDecade[at] ?? 1;
    const to = tenthsOfDecade[at + 1] ?? 10;
    const factor = from + ((to - from) * this.below(1024)) / 1024;
    return Math.round(factor * decades(Math.floor(tenth / 10)) * 100);
  }

  letters(length: number): string {
    let text = '';
    let rest = 0;
    for (let at = 0; at < length; at += 2) {
      // One draw is enough for three pairs.
      if (at % 6 === 0) rest = this.next();
      text += pairs[rest % pairs.length];
      rest = Math.floor(rest / pairs.length);
    }
    return text.length === length ? text : text.slice(0, length);
  }
}

const alphabet = [...'abcdefghijklmnopqrstuvwxyz'];
const pairs = alphabet.flatMap((first) => alphabet.map((second) => first + second));

function decades(exponent: number): number {
  let power = 1;
  for (let step = 0; step < exponent; step++) power *= 10;
  return power;
}

/** Spreads the bits of a 32-bit number over all of them (the finisher of MurmurHash3). */
function mixed(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}
