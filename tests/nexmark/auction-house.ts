/** What the queries are computed from: the events of the auction house in the order in which a run takes them. */

export interface Person {
  readonly type: 'person';
  readonly id: number;
  readonly name: string;
  readonly city: string;
  readonly state: string;
}

export interface Auction {
  readonly type: 'auction';
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly dateTime: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

export interface Bid {
  readonly type: 'bid';
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly dateTime: number;
  readonly extra: string;
}

/** An event at its place in the order. `at` is its event time. */
export interface Arrival<Value> {
  readonly key: string;
  readonly at: number;
  readonly value: Value;
}

export type Event = Arrival<Person | Auction | Bid>;

export interface SideRow {
  readonly key: number;
  readonly value: string;
}

export interface Inputs {
  readonly events: readonly Event[];
  /** All of it comes before the first event. */
  readonly side: readonly Arrival<SideRow>[];
}

export function isBid(event: Event): event is Arrival<Bid> {
  return event.value.type === 'bid';
}

export function isAuction(event: Event): event is Arrival<Auction> {
  return event.value.type === 'auction';
}

export function isPerson(event: Event): event is Arrival<Person> {
  return event.value.type === 'person';
}

export function bidsOf({ events }: Inputs): readonly Arrival<Bid>[] {
  return events.filter(isBid);
}
