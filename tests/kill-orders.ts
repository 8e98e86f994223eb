/**
 * The inputs of the kill test and what must come of them, computed with plain loops over the inputs. It shares no code with the engine, so
 * that both must be wrong in the same way to agree by mistake.
 */

export interface Order {
  readonly customer: string;
  /** The value's bytes as text; not always JSON. */
  readonly text: string;
  readonly atMs: number;
}

export const customers = Array.from({ length: 40 }, (_, index) => `customer-${index}`);
export const regionOf = (customer: string): string => `region-${Number(customer.slice('customer-'.length)) % 7}`;
export const windowMs = 60_000;

const beginMs = Date.UTC(2026, 0, 1);

/** A number from 0 to 2^32-1 that depends on seed and position alone (an integer hash after Chris Wellons' lowbias32). */
function hash(seed: number, position: number): number {
  let value = (seed ^ Math.imul(position, 0x9e3779b9)) >>> 0;
  value = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
  return (value ^ (value >>> 15)) >>> 0;
}

/** Order `sequence` of the run: mostly good ones, now and then one that is no JSON or lacks its amount; a little out of order in time. */
export function makeOrder(seed: number, sequence: number): Order {
  const random = hash(seed, sequence);
  const customer = customers[random % customers.length] as string;
  const atMs = beginMs + sequence * 40 - (random % 2_000);
  if (random % 97 === 0) return { customer, atMs, text: `{"sequence":${sequence},` };
  if (random % 89 === 0) return { customer, atMs, text: JSON.stringify({ sequence, at: atMs }) };
  return { customer, atMs, text: JSON.stringify({ sequence, at: atMs, amount: (random >>> 8) % 100 }) };
}

export interface Expected {
  /** By customer: the result after each order. */
  readonly perCustomer: { readonly [customer: string]: readonly { readonly orders: number; readonly total: number }[] };
  /** By `region@window start`: the last result. */
  readonly byRegion: {
    readonly [key: string]: { readonly orders: number; readonly total: number; readonly greatest: number };
  };
  /** The same as the changelog holds it. */
  readonly byRegionStored: { readonly [key: string]: readonly number[] };
  readonly badOrders: readonly string[];
}

export function expectedResults(orders: readonly Order[]): Expected {
  const perCustomer: { [customer: string]: { orders: number; total: number }[] } = {};
  const byRegion: { [key: string]: { orders: number; total: number; greatest: number } } = {};
  const badOrders: string[] = [];
  for (const { customer, text, atMs } of orders) {
    const amount = /"amount":(\d+)/.exec(text)?.[1];
    if (amount === undefined) {
      badOrders.push(text);
      continue;
    }
    const value = Number(amount);
    if (value <= 10) continue;
    perCustomer[customer] ??= [];
    const results = perCustomer[customer];
    const last = results.at(-1) ?? { orders: 0, total: 0 };
    results.push({ orders: last.orders + 1, total: last.total + value });
    const key = `${regionOf(customer)}@${Math.floor(atMs / windowMs) * windowMs}`;
    byRegion[key] ??= { orders: 0, total: 0, greatest: 0 };
    const window = byRegion[key];
    window.orders++;
    window.total += value;
    window.greatest = Math.max(window.greatest, value);
  }
  const byRegionStored = Object.fromEntries(
    Object.entries(byRegion).map(([key, { orders: count, total, greatest }]) => [key, [count, total, greatest]]),
  );
  return { perCustomer, byRegion, byRegionStored, badOrders };
}
