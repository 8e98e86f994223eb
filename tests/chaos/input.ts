import { SeededRandom } from './random.ts';

/** A record to be written to one of the campaign's input topics. */
export interface InputRecord {
  readonly key: string;
  readonly value: { readonly [field: string]: string | number };
  readonly timestamp: number;
}

/** What a campaign's pipeline reads. */
export interface CampaignInput {
  readonly customers: readonly InputRecord[];
  readonly orders: readonly InputRecord[];
  readonly payments: readonly InputRecord[];
}

export const customerCount = 64;
export const regionCount = 9;
/** How far an order and its payment may lie apart; pipeline.ts says the same to the join. */
export const paymentWithinMs = 5_000;
export const windowMs = 10_000;

const usualBeginMs = Date.UTC(2026, 0, 5, 9);
const sources = ['web', 'shop', 'phone'];

/**
 * The inputs of a round. An order is named by its source and its number there, and times are a little out of order. Half of the
 * orders are paid; of these payments some come too late to find their order.
 */
export function makeInput(seed: number, orderCount: number, beginMs = usualBeginMs): CampaignInput {
  const random = new SeededRandom(seed);
  const customers = Array.from({ length: customerCount }, (_, index) => ({
    key: `customer-${index}`,
    value: { region: `region-${index % regionCount}` },
    timestamp: beginMs - 3_600_000,
  }));
  const sequences = new Map<string, number>();
  const orders: InputRecord[] = [];
  const payments: InputRecord[] = [];
  for (let index = 0; index < orderCount; index++) {
    const source = random.pick(sources);
    const sequence = sequences.get(source) ?? 0;
    sequences.set(source, sequence + 1);
    const customer = `customer-${random.below(customerCount)}`;
    const timestamp = beginMs + index * 20 + random.below(1_500);
    const id = `${source}-${sequence}`;
    orders.push({ key: customer, value: { id, source, sequence, customer, amount: 1 + random.below(500) }, timestamp });
    if (random.below(2) === 1) {
      const afterMs =
        random.below(10) === 0 ? paymentWithinMs + 1 + random.below(1_000) : random.below(paymentWithinMs);
      payments.push({ key: customer, value: { id: `paid-${id}`, order: id }, timestamp: timestamp + afterMs });
    }
  }
  return { customers, orders, payments };
}
