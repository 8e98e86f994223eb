import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KillBench, type Victim } from './kill-bench.ts';
import { expectedResults, makeOrder } from './kill-orders.ts';

/** Set KILL_SEED to repeat the inputs and the victims of a run; the moments of the kills are real time and differ. */
const seed = Number(process.env.KILL_SEED ?? Math.floor(Math.random() * 2 ** 31));
const rounds = Number(process.env.KILL_ROUNDS ?? 21);
const victims: readonly Victim[] = ['worker', 'server', 'both'];

describe(`SIGKILL at random moments (KILL_SEED=${seed})`, () => {
  const bench = new KillBench(seed);
  beforeAll(() => bench.start(), 60_000);
  afterAll(() => bench.remove(), 60_000);

  it(`loses nothing and counts nothing twice over ${rounds} kills of worker, server and both`, {
    timeout: 600_000,
  }, async () => {
    bench.feed((sequence) => makeOrder(seed, sequence));
    for (let round = 0; round < rounds; round++) {
      await bench.killDuringWork(victims[round % victims.length] as Victim);
    }
    const orders = await bench.stopFeeding();
    await bench.untilCaughtUp();
    console.log(`${rounds} kills with work in flight at each, ${orders.length} orders (KILL_SEED=${seed})`);

    const expected = expectedResults(orders);
    // Every intermediate result of a customer is the fold of that customer's orders so far: none missing, none twice, in order.
    expect(await bench.outputsByKey('per-customer')).toEqual(expected.perCustomer);
    // Of a region's window the order of arrival is free, so each count must come once, and the last results must be right.
    const byRegion = await bench.outputsByKey('by-region');
    expect(Object.keys(byRegion).sort()).toEqual(Object.keys(expected.byRegion).sort());
    for (const [key, results] of Object.entries(byRegion)) {
      const counts = results.map((result) => (result as { orders: number }).orders);
      expect(counts, key).toEqual(counts.map((_, index) => index + 1));
      expect(results.at(-1), key).toEqual(expected.byRegion[key]);
    }
    // The stores, read through the server, and their changelogs, folded here, say the same.
    expect(await bench.storeRows('kill-per-customer-store')).toEqual(lastOf(expected.perCustomer));
    expect(await bench.storeRows('kill-by-region-store')).toEqual(expected.byRegion);
    expect(await bench.foldedChangelog('kill-by-region-store-changelog')).toEqual(expected.byRegionStored);
    // Bad records are in the dead letters, each once, with their bytes.
    expect((await bench.deadLetters()).toSorted()).toEqual(expected.badOrders.toSorted());
    expect(await bench.unbalancedNodes()).toEqual([]);
  });
});

function lastOf(results: { readonly [key: string]: readonly unknown[] }): { readonly [key: string]: unknown } {
  return Object.fromEntries(Object.entries(results).map(([key, all]) => [key, all.at(-1)]));
}
