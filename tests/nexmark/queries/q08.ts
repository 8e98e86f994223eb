import { type Auction, type Inputs, isAuction, isPerson, type Person } from '../auction-house.ts';
import { type ExpectedOutput, everyRecord } from '../expected-output.ts';
import { partitionOf } from '../partitions.ts';
import { intoWindows, type OpenWindow } from '../time-windows.ts';

const plan = { sizeMs: 10_000, advanceMs: 10_000, graceMs: 4000 };

/** People who signed up and sold something within the same ten seconds, once the window has closed for both. */
export function q08({ events }: Inputs): ExpectedOutput {
  const newPeople = new Map<string, OpenWindow<Person>>();
  const sellers = new Map<string, OpenWindow<Auction>>();
  const name = ({ key, start }: { key: string; start: number }): string => `${start} ${key}`;
  const people = intoWindows(events.filter(isPerson), ({ id }) => String(id), plan, {
    onUpdate: (window) => newPeople.set(name(window), window),
  });
  const auctions = intoWindows(events.filter(isAuction), ({ seller }) => String(seller), plan, {
    onUpdate: (window) => sellers.set(name(window), window),
  });
  const found = [...newPeople].flatMap(([at, person]) => {
    const seller = sellers.get(at);
    const partition = partitionOf(person.key);
    const closedUpTo = Math.min(people.times.of(partition), auctions.times.of(partition)) - plan.graceMs;
    const [first] = person.members;
    if (seller === undefined || first === undefined || person.end > closedUpTo) return [];
    return [
      {
        key: person.key,
        window: { start: person.start, end: person.end },
        value: { id: first.id, name: first.name, auctions: seller.members.length },
        timestamp: Math.max(person.at, seller.at),
      },
    ];
  });
  return everyRecord(found, { 'new-people': people.late, sellers: auctions.late });
}
