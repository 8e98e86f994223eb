import type { Observations, Seen, SeenValue, StoredTotal } from './observations.ts';

/** After the last fault, all must be done within this. */
export const recoveryLimitMs = 60_000;
/** The round's own words for these stand in input.ts; a checker that read them there could not tell a wrong one. */
const windowMs = 10_000;
const paymentWithinMs = 5_000;
/** More of one sort says nothing new. */
const shownOfEachSort = 5;

interface Order {
  readonly id: string;
  readonly customer: string;
  readonly region: string;
  readonly amount: number;
  readonly timestamp: number;
  readonly startMs: number;
  /** Its place among the orders of its customer. */
  readonly turn: number;
}

/**
 * Judges a round; an empty list is an acquittal. It knows the question that the pipeline answers, and nothing of how: every order is
 * taken from the input topic, and has to be found again exactly once wherever it must show.
 */
export function check(observations: Observations): string[] {
  const verdict = new Verdict();
  const orders = readOrders(observations, verdict);
  checkPassed(observations.passed, orders, verdict);
  const totals = checkTotals(observations.totals, orders, verdict);
  checkPaid(observations, orders, verdict);
  checkStored('The changelog, replayed,', replayed(observations.changelog), totals, verdict);
  checkStored('The store', uniqueRows(observations.store, verdict), totals, verdict);
  checkChangelogSteps(observations.changelog, totals, verdict);
  checkLive(observations.live, observations.totals, verdict);
  checkFaults(observations, verdict);
  return verdict.problems();
}

class Verdict {
  readonly #bySort = new Map<string, string[]>();

  against(sort: string, what: string): void {
    const all = this.#bySort.get(sort);
    if (all === undefined) this.#bySort.set(sort, [what]);
    else all.push(what);
  }

  problems(): string[] {
    return [...this.#bySort].flatMap(([sort, all]) => [
      ...all.slice(0, shownOfEachSort).map((what) => `${sort}: ${what}`),
      ...(all.length > shownOfEachSort ? [`${sort}: and ${all.length - shownOfEachSort} more`] : []),
    ]);
  }
}

function readOrders({ customers, orders }: Observations, verdict: Verdict): Map<string, Order> {
  if (orders.length === 0) verdict.against('input', 'there are no orders, so nothing can be judged');
  const regions = new Map(customers.map(({ key, value }) => [key, text(value, 'region')]));
  const turns = new Map<string, number>();
  const byId = new Map<string, Order>();
  for (const { key, value, timestamp } of inOrder(orders)) {
    const id = text(value, 'id');
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    if (byId.has(id)) verdict.against('input', `order ${id} was written twice`);
    const region = regions.get(key);
    if (region === undefined) verdict.against('input', `order ${id} is of the unknown ${key}`);
    byId.set(id, {
      id,
      customer: key,
      region: region ?? '',
      amount: number(value, 'amount'),
      timestamp,
      startMs: Math.floor(timestamp / windowMs) * windowMs,
      turn,
    });
  }
  return byId;
}

function checkPassed(passed: readonly Seen[], orders: ReadonlyMap<string, Order>, verdict: Verdict): void {
  const met = new Set<string>();
  const turns = new Map<string, number>();
  for (const seen of inOrder(passed)) {
    const id = text(seen.value, 'id');
    const order = orders.get(id);
    if (order === undefined) {
      verdict.against('passed', `${place(seen)} holds ${id}, which nobody ordered`);
      continue;
    }
    if (met.has(id)) verdict.against('passed', `order ${id} came out again at ${place(seen)}`);
    met.add(id);
    if (seen.key !== order.customer || text(seen.value, 'region') !== order.region)
      verdict.against('passed', `order ${id} came out for ${seen.key} in ${text(seen.value, 'region')}`);
    if (number(seen.value, 'amount') !== order.amount || seen.timestamp !== order.timestamp)
      verdict.against('passed', `order ${id} came out changed`);
    checkTurn('passed', seen, order, order.customer, turns, verdict);
  }
  for (const id of orders.keys()) if (!met.has(id)) verdict.against('passed', `order ${id} never came out`);
}

interface Total {
  count: number;
  sum: number;
  readonly steps: SeenValue[];
}

/** Every result must be the one before it with exactly one order more, and every order must be that one once. Gives the folds. */
function checkTotals(
  totals: readonly Seen[],
  orders: ReadonlyMap<string, Order>,
  verdict: Verdict,
): ReadonlyMap<string, Total> {
  const folds = new Map<string, Total>();
  const met = new Set<string>();
  const turns = new Map<string, number>();
  for (const seen of inOrder(totals)) {
    const { region, startMs } = windowedKey(seen.key);
    const id = text(seen.value, 'last');
    const order = orders.get(id);
    if (order === undefined) {
      verdict.against('totals', `${place(seen)} counts ${id}, which nobody ordered`);
      continue;
    }
    if (met.has(id)) verdict.against('totals', `order ${id} is counted again at ${place(seen)}`);
    met.add(id);
    if (order.region !== region || order.startMs !== startMs)
      verdict.against('totals', `order ${id} is counted for ${region} from ${startMs}`);
    checkTurn('totals', seen, order, order.customer, turns, verdict);
    const address = addressOf(region, startMs);
    const fold = folds.get(address) ?? { count: 0, sum: 0, steps: [] };
    fold.count++;
    fold.sum += order.amount;
    fold.steps.push({ count: fold.count, sum: fold.sum, last: id });
    folds.set(address, fold);
    if (number(seen.value, 'count') !== fold.count || number(seen.value, 'sum') !== fold.sum)
      verdict.against(
        'totals',
        `at ${place(seen)}, with ${id}, ${address} should be ${fold.count} orders of ${fold.sum}, and is ${JSON.stringify(seen.value)}`,
      );
  }
  for (const id of orders.keys()) if (!met.has(id)) verdict.against('totals', `order ${id} was never counted`);
  return folds;
}

function checkTurn(
  sort: string,
  seen: Seen,
  order: Order,
  customer: string,
  turns: Map<string, number>,
  verdict: Verdict,
): void {
  const before = turns.get(customer) ?? -1;
  if (order.turn < before) verdict.against(sort, `order ${order.id} of ${customer} comes too late, at ${place(seen)}`);
  turns.set(customer, Math.max(before, order.turn));
}

function checkPaid({ payments, paid }: Observations, orders: ReadonlyMap<string, Order>, verdict: Verdict): void {
  const missing = new Set<string>();
  for (const { value, timestamp } of payments) {
    const order = orders.get(text(value, 'order'));
    if (order !== undefined && Math.abs(timestamp - order.timestamp) <= paymentWithinMs)
      missing.add(pairOf(order.id, text(value, 'id')));
  }
  const met = new Set<string>();
  for (const seen of inOrder(paid)) {
    const id = text(seen.value, 'order');
    const pair = pairOf(id, text(seen.value, 'payment'));
    if (met.has(pair)) verdict.against('paid', `${pair} came out again at ${place(seen)}`);
    else if (!missing.delete(pair)) verdict.against('paid', `${pair} at ${place(seen)} should not have met`);
    met.add(pair);
    if (number(seen.value, 'amount') !== orders.get(id)?.amount) verdict.against('paid', `${pair} has another amount`);
  }
  for (const pair of missing) verdict.against('paid', `${pair} never met`);
}

/** What is left of the changelog when each entry has replaced the ones before it. */
function replayed(changelog: readonly StoredTotal[]): ReadonlyMap<string, SeenValue> {
  const rows = new Map<string, SeenValue>();
  for (const { region, startMs, value } of changelog) {
    if (value === null) rows.delete(addressOf(region, startMs));
    else rows.set(addressOf(region, startMs), value);
  }
  return rows;
}

function uniqueRows(store: readonly StoredTotal[], verdict: Verdict): ReadonlyMap<string, SeenValue> {
  const rows = new Map<string, SeenValue>();
  for (const { region, startMs, value } of store) {
    const address = addressOf(region, startMs);
    if (rows.has(address)) verdict.against('stored', `The store has ${address} twice`);
    if (value !== null) rows.set(address, value);
  }
  return rows;
}

function checkStored(
  who: string,
  rows: ReadonlyMap<string, SeenValue>,
  folds: ReadonlyMap<string, Total>,
  verdict: Verdict,
): void {
  for (const [address, fold] of folds) {
    const last = fold.steps.at(-1);
    const row = rows.get(address);
    if (row === undefined) verdict.against('stored', `${who} has no ${address}`);
    else if (row.count !== fold.count || row.sum !== fold.sum || row.last !== last?.last)
      verdict.against(
        'stored',
        `${who} has ${JSON.stringify(row)} at ${address} and not ${fold.count} orders of ${fold.sum}`,
      );
  }
  for (const address of rows.keys())
    if (!folds.has(address)) verdict.against('stored', `${who} has ${address}, which nothing was counted in`);
}

/** Compaction may have left steps out, but none may be wrong, repeated or out of turn. */
function checkChangelogSteps(
  changelog: readonly StoredTotal[],
  folds: ReadonlyMap<string, Total>,
  verdict: Verdict,
): void {
  const counts = new Map<string, number>();
  for (const { region, startMs, value } of changelog) {
    if (value === null) continue;
    const address = addressOf(region, startMs);
    const count = number(value, 'count');
    const step = folds.get(address)?.steps[count - 1];
    if (step === undefined || step.sum !== value.sum || step.last !== value.last)
      verdict.against('changelog', `${JSON.stringify(value)} was never the result of ${address}`);
    if (count <= (counts.get(address) ?? 0)) verdict.against('changelog', `${address} goes back to ${count} orders`);
    counts.set(address, count);
  }
}

/** A reader of committed records sees each record once, in order, none left out, and nothing that is not there at the end. */
function checkLive(live: readonly Seen[], totals: readonly Seen[], verdict: Verdict): void {
  const finals = new Map(totals.map((seen) => [place(seen), seen]));
  const reached = new Map<number, { from: number; to: number }>();
  const met = new Set<string>();
  for (const seen of live) {
    const range = reached.get(seen.partition);
    if (range !== undefined && seen.offset <= range.to)
      verdict.against('live', `${place(seen)} came after ${range.to}`);
    reached.set(seen.partition, { from: range?.from ?? seen.offset, to: Math.max(range?.to ?? 0, seen.offset) });
    met.add(place(seen));
    const last = finals.get(place(seen));
    if (last === undefined) verdict.against('live', `${place(seen)} was read and is not there: it was never committed`);
    else if (last.key !== seen.key || JSON.stringify(last.value) !== JSON.stringify(seen.value))
      verdict.against('live', `${place(seen)} was read with another content`);
  }
  for (const seen of totals) {
    const range = reached.get(seen.partition);
    if (range !== undefined && seen.offset >= range.from && seen.offset <= range.to && !met.has(place(seen)))
      verdict.against('live', `${place(seen)} was passed over`);
  }
}

function checkFaults({ faults }: Observations, verdict: Verdict): void {
  if (faults.length === 0) verdict.against('fault', 'there was none, so nothing was proven');
  for (const { kind, inFlightRecords, recoveredMs } of faults) {
    if (inFlightRecords <= 0) verdict.against('fault', `${kind} struck while nothing was in flight`);
    if (recoveredMs === null || recoveredMs > recoveryLimitMs)
      verdict.against('fault', `after ${kind} the work was not done within ${recoveryLimitMs / 1000} s`);
  }
}

function inOrder(records: readonly Seen[]): Seen[] {
  return records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
}

function place({ partition, offset }: Seen): string {
  return `${partition}@${offset}`;
}

function pairOf(order: string, payment: string): string {
  return `order ${order} with ${payment}`;
}

function addressOf(region: string, startMs: number): string {
  return `${region} from ${startMs}`;
}

function windowedKey(key: string): { region: string; startMs: number } {
  const parsed: { key?: unknown; start?: unknown } = JSON.parse(key);
  return { region: String(parsed.key), startMs: Number(parsed.start) };
}

function text(value: SeenValue | null, field: string): string {
  return String(value?.[field]);
}

function number(value: SeenValue | null, field: string): number {
  return Number(value?.[field]);
}
