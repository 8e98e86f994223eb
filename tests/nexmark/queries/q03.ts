import { type Arrival, type Auction, type Inputs, isAuction, isPerson, type Person } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord, type OutputRecord } from '../expected-output.ts';

const states = new Set(['OR', 'ID', 'CA']);

/** Pairs of an auction of category 10 and its seller in three states; each is found when the later of the two arrives. */
export function q03({ events }: Inputs): ExpectedOutput {
  const people = new Map<number, Arrival<Person>>();
  const bySeller = new Map<number, Arrival<Auction>[]>();
  const found: OutputRecord[] = [];
  const pair = (auction: Auction, { id, name, city, state }: Person, timestamp: number): void => {
    if (auction.seller === id)
      found.push({ key: String(auction.id), value: { name, city, state, id: auction.id }, timestamp });
  };
  for (const event of events) {
    if (isPerson(event) && states.has(event.value.state)) {
      people.set(event.value.id, event);
      // A change on the right gives its own time, even where the left is newer.
      for (const auction of bySeller.get(event.value.id) ?? []) pair(auction.value, event.value, event.at);
    } else if (isAuction(event) && event.value.category === 10) {
      const { seller } = event.value;
      bySeller.set(seller, [...(bySeller.get(seller) ?? []), event]);
      const person = people.get(seller);
      if (person !== undefined) pair(event.value, person.value, Math.max(event.at, person.at));
    }
  }
  return everyRecord(found);
}
