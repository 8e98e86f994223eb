import { type CampaignInput, type InputRecord, paymentWithinMs, windowMs } from './input.ts';
import type { Observations, Seen, SeenValue, StoredTotal } from './observations.ts';
import { SeededRandom } from './random.ts';

const partitions = 8;

/** A topic in the making; offsets leave gaps, as the markers of transactions do. */
class Topic {
  readonly records: Seen[] = [];
  readonly #ends = new Map<number, number>();
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  append(partition: number, key: string, timestamp: number, value: SeenValue): Seen {
    const offset = (this.#ends.get(partition) ?? 0) + (this.#random.below(10) === 0 ? 1 : 0);
    this.#ends.set(partition, offset + 1);
    const seen = { partition, offset, key, timestamp, value };
    this.records.push(seen);
    return seen;
  }
}

/** What a round would show in which nothing went wrong. The orders of different partitions mix as the seed says. */
export function perfectRun(seed: number, { customers, orders, payments }: CampaignInput): Observations {
  const random = new SeededRandom(seed);
  const inputs = { customers: new Topic(1), orders: new Topic(2), payments: new Topic(3) };
  const regions = new Map<string, string>();
  for (const record of customers) {
    append(inputs.customers, record);
    regions.set(record.key, String(record.value.region));
  }
  const queues = new Map<number, Seen[]>();
  for (const record of orders) {
    const seen = append(inputs.orders, record);
    queues.set(seen.partition, [...(queues.get(seen.partition) ?? []), seen]);
  }
  for (const record of payments) append(inputs.payments, record);

  const passed = new Topic(4);
  const totals = new Topic(5);
  const paid = new Topic(6);
  const changelog: StoredTotal[] = [];
  const store = new Map<string, StoredTotal>();
  const byOrder = new Map(payments.map((payment) => [String(payment.value.order), payment]));
  for (;;) {
    const waiting = [...queues.values()].filter((queue) => queue.length > 0);
    if (waiting.length === 0) break;
    const order = random.pick(waiting).shift() as Seen;
    const value = order.value as SeenValue;
    const region = regions.get(order.key) ?? '';
    passed.append(order.partition, order.key, order.timestamp, { ...value, region });

    const startMs = order.timestamp - (order.timestamp % windowMs);
    const address = JSON.stringify({ end: startMs + windowMs, key: region, start: startMs });
    const before = store.get(address)?.value;
    const total = {
      count: Number(before?.count ?? 0) + 1,
      sum: Number(before?.sum ?? 0) + Number(value.amount),
      last: String(value.id),
    };
    totals.append(partitionOf(region), address, order.timestamp, total);
    changelog.push({ region, startMs, value: total });
    store.set(address, { region, startMs, value: total });

    const payment = byOrder.get(String(value.id));
    if (payment !== undefined && Math.abs(payment.timestamp - order.timestamp) <= paymentWithinMs)
      paid.append(partitionOf(String(value.id)), String(value.id), Math.max(payment.timestamp, order.timestamp), {
        order: String(value.id),
        payment: String(payment.value.id),
        amount: Number(value.amount),
      });
  }
  return {
    customers: inputs.customers.records,
    orders: inputs.orders.records,
    payments: inputs.payments.records,
    passed: passed.records,
    totals: totals.records,
    paid: paid.records,
    live: totals.records.slice(Math.floor(totals.records.length / 4), Math.floor((totals.records.length * 3) / 4)),
    changelog,
    store: [...store.values()],
    faults: [{ kind: 'worker killed', inFlightRecords: 17, recoveredMs: 4_000 }],
  };
}

function append(topic: Topic, { key, timestamp, value }: InputRecord): Seen {
  return topic.append(partitionOf(key), key, timestamp, value);
}

function partitionOf(key: string): number {
  let hash = 7;
  for (const character of key) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return hash % partitions;
}
