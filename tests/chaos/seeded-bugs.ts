import type { Observations, Seen, SeenValue, StoredTotal } from './observations.ts';
import type { SeededRandom } from './random.ts';

/** A defect as it would show in what is observed of a round. */
export interface SeededBug {
  readonly name: string;
  /** The part of the check that has to notice. */
  readonly caughtBy: 'passed' | 'totals' | 'paid' | 'stored' | 'changelog' | 'live' | 'fault';
  readonly spoil: (round: Observations, random: SeededRandom) => Observations;
}

/** Defects of every part that exactly-once rests on. A checker that misses one of them proves nothing. */
export const seededBugs: readonly SeededBug[] = [
  {
    name: 'the tail of the results is lost',
    caughtBy: 'totals',
    spoil: (round, random) => ({ ...round, totals: withoutTail(round.totals, random) }),
  },
  {
    name: 'the tail of the records that pass is lost',
    caughtBy: 'passed',
    spoil: (round, random) => ({ ...round, passed: withoutTail(round.passed, random) }),
  },
  {
    name: 'one order is lost in between, results go on as if it had been counted',
    caughtBy: 'totals',
    spoil: (round, random) => ({ ...round, totals: without(round.totals, random) }),
  },
  {
    name: 'one order is skipped everywhere: its position was committed before it was processed',
    caughtBy: 'totals',
    spoil: (round, random) => skipped(round, String(random.pick(round.orders).value?.id)),
  },
  {
    name: 'a stretch is replayed and counted twice',
    caughtBy: 'totals',
    spoil: (round, random) => ({ ...round, totals: countedTwice(round.totals, random) }),
  },
  {
    name: 'a stretch of results is written twice, from a store that was rolled back',
    caughtBy: 'totals',
    spoil: (round, random) => ({ ...round, totals: writtenTwice(round.totals, random) }),
  },
  {
    name: 'a record passes twice',
    caughtBy: 'passed',
    spoil: (round, random) => ({ ...round, passed: writtenTwice(round.passed, random) }),
  },
  {
    name: 'two orders of one customer change places',
    caughtBy: 'passed',
    spoil: (round, random) => ({ ...round, passed: swapped(round.passed, random, ({ key }) => key) }),
  },
  {
    name: 'two results of one window change places',
    caughtBy: 'totals',
    spoil: (round, random) => ({ ...round, totals: swapped(round.totals, random, ({ key }) => key) }),
  },
  {
    name: 'no fence: a zombie goes on counting from what it knew',
    caughtBy: 'totals',
    spoil: (round, random) => ({ ...round, totals: zombie(round.totals, random) }),
  },
  {
    name: 'a window starts again from nothing after a restart',
    caughtBy: 'totals',
    spoil: (round, random) => ({ ...round, totals: restarted(round.totals, random) }),
  },
  {
    name: 'a sum is wrong while counts are right',
    caughtBy: 'totals',
    spoil: (round, random) => ({ ...round, totals: changed(round.totals, random, 'sum', 1) }),
  },
  {
    name: 'an order is counted in the window next to its own',
    caughtBy: 'totals',
    spoil: (round, random) => ({
      ...round,
      totals: replaced(round.totals, random, (seen) => {
        const key = JSON.parse(seen.key) as { start: number; end: number };
        return { ...seen, key: JSON.stringify({ ...key, start: key.start + 10_000, end: key.end + 10_000 }) };
      }),
    }),
  },
  {
    name: 'a result that comes from no input',
    caughtBy: 'passed',
    spoil: (round, random) => ({
      ...round,
      passed: replaced(round.passed, random, (seen) => ({ ...seen, value: { ...seen.value, id: 'nobody-1' } })),
    }),
  },
  {
    name: 'a pair of the join is lost',
    caughtBy: 'paid',
    spoil: (round, random) => ({ ...round, paid: without(round.paid, random) }),
  },
  {
    name: 'a pair of the join comes twice',
    caughtBy: 'paid',
    spoil: (round, random) => ({ ...round, paid: writtenTwice(round.paid, random) }),
  },
  {
    name: 'the join pairs what lies too far apart',
    caughtBy: 'paid',
    spoil: (round) => ({ ...round, paid: withFarPair(round) }),
  },
  {
    name: 'the store lacks the last commit: it was flushed before',
    caughtBy: 'stored',
    spoil: (round, random) => ({ ...round, store: staleRow(round.store, random) }),
  },
  {
    name: 'the store is ahead: an aborted transaction was not rolled back',
    caughtBy: 'stored',
    spoil: (round, random) => ({ ...round, store: aheadRow(round.store, random) }),
  },
  {
    name: 'the store lost a row',
    caughtBy: 'stored',
    spoil: (round, random) => ({ ...round, store: without(round.store, random) }),
  },
  {
    name: 'a row lies in the stores of two tasks',
    caughtBy: 'stored',
    spoil: (round, random) => ({ ...round, store: [...round.store, random.pick(round.store)] }),
  },
  {
    name: 'the changelog lost its tail',
    caughtBy: 'stored',
    spoil: (round, random) => ({ ...round, changelog: withoutTail(round.changelog, random) }),
  },
  {
    name: 'the changelog holds a step of an aborted transaction',
    caughtBy: 'changelog',
    spoil: (round, random) => ({ ...round, changelog: abortedStep(round.changelog, random) }),
  },
  {
    name: 'a reader of committed records saw an aborted one',
    caughtBy: 'live',
    spoil: (round, random) => ({
      ...round,
      live: replaced(round.live, random, (seen) => ({ ...seen, value: { ...seen.value, last: 'aborted-1' } })),
    }),
  },
  {
    name: 'a reader of committed records saw some again',
    caughtBy: 'live',
    spoil: (round, random) => {
      const at = random.below(round.live.length);
      return { ...round, live: [...round.live.slice(0, at + 1), ...round.live.slice(at)] };
    },
  },
  {
    name: 'a reader of committed records passed one over',
    caughtBy: 'live',
    spoil: (round) => ({ ...round, live: round.live.filter((seen) => seen !== secondOfPartition(round.live)) }),
  },
  {
    name: 'lag never returns to nothing',
    caughtBy: 'fault',
    spoil: (round) => ({ ...round, faults: round.faults.map((fault) => ({ ...fault, recoveredMs: null })) }),
  },
  {
    name: 'the fault struck when all was done',
    caughtBy: 'fault',
    spoil: (round) => ({ ...round, faults: round.faults.map((fault) => ({ ...fault, inFlightRecords: 0 })) }),
  },
];

function withoutTail<T>(records: readonly T[], random: SeededRandom): T[] {
  return records.slice(0, records.length - 1 - random.below(Math.min(20, records.length)));
}

function without<T>(records: readonly T[], random: SeededRandom): T[] {
  return records.toSpliced(random.below(records.length), 1);
}

function replaced<T>(records: readonly T[], random: SeededRandom, change: (record: T) => T): T[] {
  const at = random.below(records.length);
  return records.with(at, change(records[at] as T));
}

function changed(records: readonly Seen[], random: SeededRandom, field: string, by: number): Seen[] {
  return replaced(records, random, (seen) => ({
    ...seen,
    value: { ...seen.value, [field]: Number(seen.value?.[field]) + by },
  }));
}

/** Everything right but for this order: as though it had never been there. */
function skipped(round: Observations, id: string): Observations {
  const amount = Number(round.orders.find(({ value }) => value?.id === id)?.value?.amount);
  const key = round.totals.find(({ value }) => value?.last === id)?.key;
  let after = false;
  const totals = round.totals.flatMap((seen) => {
    if (seen.key !== key) return [seen];
    if (seen.value?.last === id) {
      after = true;
      return [];
    }
    if (!after) return [seen];
    const value: SeenValue = {
      ...seen.value,
      count: Number(seen.value?.count) - 1,
      sum: Number(seen.value?.sum) - amount,
    };
    return [{ ...seen, value }];
  });
  return {
    ...round,
    passed: round.passed.filter(({ value }) => value?.id !== id),
    paid: round.paid.filter(({ value }) => value?.order !== id),
    totals,
    live: [],
  };
}

/** Appends copies of a stretch of a partition, with new offsets. */
function writtenTwice(records: readonly Seen[], random: SeededRandom): Seen[] {
  return [...records, ...copiesOfStretch(records, random)];
}

/** The same, and each copy counts on: a replay that started from a store which had these orders already. */
function countedTwice(records: readonly Seen[], random: SeededRandom): Seen[] {
  const all = [...records];
  for (const copy of copiesOfStretch(records, random)) {
    const last = all.findLast(({ key }) => key === copy.key);
    const value: SeenValue = { ...copy.value, count: Number(last?.value?.count) + 1 };
    all.push({ ...copy, value });
  }
  return all;
}

function copiesOfStretch(records: readonly Seen[], random: SeededRandom): Seen[] {
  const { partition } = random.pick(records);
  const own = records.filter((seen) => seen.partition === partition);
  const end = Math.max(...own.map(({ offset }) => offset));
  const from = random.below(own.length);
  return own.slice(from, from + 1 + random.below(10)).map((seen, index) => ({ ...seen, offset: end + 1 + index }));
}

/** Two records that are alike in `groupOf` take each other's place in the log. */
function swapped(records: readonly Seen[], random: SeededRandom, groupOf: (seen: Seen) => string): Seen[] {
  const one = random.pick(records.filter((seen) => laterOf(records, seen, groupOf) !== undefined));
  const other = laterOf(records, one, groupOf) as Seen;
  return records.map((seen) => {
    if (seen === one) return { ...other, partition: one.partition, offset: one.offset };
    if (seen === other) return { ...one, partition: other.partition, offset: other.offset };
    return seen;
  });
}

function laterOf(records: readonly Seen[], { key, partition, offset }: Seen, groupOf: (seen: Seen) => string) {
  return records.find(
    (seen) => seen.partition === partition && seen.offset > offset && groupOf(seen) === groupOf({ ...seen, key }),
  );
}

/** From some result of a window on, one more writer: its next result counts from the same state as the one that is there. */
function zombie(records: readonly Seen[], random: SeededRandom): Seen[] {
  const one = random.pick(records.filter((seen) => laterOf(records, seen, ({ key }) => key) !== undefined));
  const next = laterOf(records, one, ({ key }) => key) as Seen;
  return records.map((seen) =>
    seen === next
      ? { ...seen, value: { ...seen.value, count: Number(one.value?.count), sum: Number(one.value?.sum) } }
      : seen,
  );
}

function restarted(records: readonly Seen[], random: SeededRandom): Seen[] {
  const from = random.pick(records.filter(({ value }) => Number(value?.count) > 1));
  const lost = Number(from.value?.count) - 1;
  return records.map((seen) =>
    seen.key === from.key && seen.offset >= from.offset
      ? { ...seen, value: { ...seen.value, count: Number(seen.value?.count) - lost } }
      : seen,
  );
}

function withFarPair({ paid, orders, payments }: Observations): Seen[] {
  const met = new Set(paid.map(({ value }) => value?.payment));
  const payment = payments.find(({ value }) => !met.has(value?.id ?? ''));
  const order = orders.find(({ value }) => value?.id === payment?.value?.order);
  if (payment === undefined || order === undefined) throw new Error('Every payment of this round has met its order.');
  const value = {
    order: String(order.value?.id),
    payment: String(payment.value?.id),
    amount: Number(order.value?.amount),
  };
  const offset = 1 + Math.max(...paid.map((seen) => seen.offset));
  return [...paid, { partition: 0, offset, key: value.order, timestamp: payment.timestamp, value }];
}

function staleRow(store: readonly StoredTotal[], random: SeededRandom): StoredTotal[] {
  return replaced(store, random, (row) => ({ ...row, value: { ...row.value, count: Number(row.value?.count) - 1 } }));
}

function aheadRow(store: readonly StoredTotal[], random: SeededRandom): StoredTotal[] {
  return replaced(store, random, (row) => ({
    ...row,
    value: { count: Number(row.value?.count) + 1, sum: Number(row.value?.sum) + 5, last: 'aborted-1' },
  }));
}

/** A wrong step that a right one of the same window follows, so that the end looks right. */
function abortedStep(changelog: readonly StoredTotal[], random: SeededRandom): StoredTotal[] {
  const step = random.pick(changelog.filter(({ value }) => Number(value?.count) > 1));
  const at = changelog.indexOf(step);
  return changelog.toSpliced(at, 0, { ...step, value: { ...step.value, last: 'aborted-1' } });
}

function secondOfPartition(live: readonly Seen[]): Seen | undefined {
  const { partition } = live[0] as Seen;
  return live.filter((seen) => seen.partition === partition)[1];
}
