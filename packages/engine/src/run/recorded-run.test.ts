import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partitionFor } from '../log/partitioner.ts';
import { encodeBatch } from '../log/record-batch-builder.ts';
import { missingFates } from '../metrics/fates.ts';
import { processors } from '../nodes/processors.ts';
import {
  graceMs,
  type OrderInput,
  orderInput,
  orderTopology,
  partitionOf,
  produced,
  retentionMs,
  windowMs,
} from '../testing/order-pipeline.ts';
import { sketch } from '../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../testing/topology-test-driver.ts';
import { planTopology } from '../topology/plan-topology.ts';
import { topicCatalogue } from '../topology/topic-catalogue.ts';
import { RecordedRun, type WrittenRecord } from './recorded-run.ts';

const count = { name: 'n', function: 'count' };
const tenMs = { window: 'tumbling', windowMs: 10, graceMs: 0, retentionMs: 1000 };
const nat = fc.nat({ max: 1000 });
const inputs = fc.array(fc.tuple(nat, nat, nat, nat).map(orderInput), { maxLength: 60, size: 'max' });

function run(
  records: readonly OrderInput[],
  at: 'once' | 'one by one',
): { readonly run: RecordedRun; readonly written: readonly WrittenRecord[] } {
  const written: WrittenRecord[] = [];
  const recorded = new RecordedRun(orderTopology, processors, (record) => written.push(record));
  for (const input of records) {
    recorded.pipe(input.topic, partitionOf(input), [produced(input)]);
    if (at === 'one by one') recorded.drain();
  }
  recorded.drain();
  return { run: recorded, written };
}

const startOf = (cityAndStart: string): number => Number(cityAndStart.split('@')[1]);
const isBeside = (cityAndStart: string, partition: number): boolean =>
  partitionFor(cityAndStart.split('@')[0] ?? '', 2) === partition;

/** The final rows, computed without the engine: one plain loop over the records in the given order. */
function recompute(records: readonly OrderInput[]) {
  const shops = new Map<string, { open: boolean; city: string | null }>();
  const totals = new Map<string, { n: number; twice: number }>();
  const cities = new Map<string, number>();
  /** By partition of the internal topic: the greatest time seen. */
  const times = new Map<number, number>();
  let failed = 0;
  let late = 0;
  const parse = (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  };
  for (const { topic, key, value, timestamp } of records) {
    const data = value === null ? null : parse(value);
    if (data === undefined || timestamp < 0) {
      failed++;
      continue;
    }
    if (topic === 'shops') {
      if (key === null) continue;
      const shop = data as { open: unknown; city: string | null } | null;
      if (shop === null) shops.delete(key);
      else if (typeof shop.open !== 'boolean') {
        // The new row is there, and nobody can say whether it passes.
        failed++;
        shops.delete(key);
      } else if (shop.open) shops.set(key, shop as { open: boolean; city: string | null });
      else shops.delete(key);
      continue;
    }
    const amount = (data as { amount?: unknown } | null)?.amount;
    if (typeof amount !== 'number') {
      failed++;
      continue;
    }
    if (!(amount > 2)) continue;
    const city = key === null ? null : (shops.get(key)?.city ?? null);
    if (key !== null) {
      const total = totals.get(key) ?? { n: 0, twice: 0 };
      totals.set(key, { n: total.n + 1, twice: total.twice + amount * 2 });
    }
    if (city === null) continue;
    const partition = partitionFor(city, 2);
    const time = Math.max(times.get(partition) ?? 0, timestamp);
    times.set(partition, time);
    const start = Math.floor(timestamp / windowMs) * windowMs;
    if (start + windowMs <= time - graceMs) late++;
    else cities.set(`${city}@${start}`, (cities.get(`${city}@${start}`) ?? 0) + 1);
    const newest = Math.max(...[...cities.keys()].filter((at) => isBeside(at, partition)).map(startOf));
    for (const at of [...cities.keys()]) {
      if (isBeside(at, partition) && startOf(at) <= newest - retentionMs) cities.delete(at);
    }
  }
  return { totals, cities, failed, late };
}

function rowsOf(recorded: RecordedRun, store: string) {
  const spec = orderTopology.stores.find((candidate) => candidate.name === store);
  if (spec === undefined) throw new Error(`There is no store ${store}.`);
  return recorded.rows(spec);
}

function check(records: readonly OrderInput[], recorded: RecordedRun): void {
  const expected = recompute(records);
  for (const [node, counters] of recorded.counters()) expect([node, missingFates(counters)]).toEqual([node, 0]);
  expect(Object.fromEntries(rowsOf(recorded, 'all-totals-store').map((row) => [row.key, row.value]))).toEqual(
    Object.fromEntries(expected.totals),
  );
  expect(
    Object.fromEntries(
      rowsOf(recorded, 'all-cities-store').map((row) => [
        `${row.key}@${row.window?.start}`,
        (row.value as { n: number }).n,
      ]),
    ),
  ).toEqual(Object.fromEntries(expected.cities));
  const counters = [...recorded.counters().values()];
  expect(counters.reduce((sum, one) => sum + one.failed, 0)).toBe(expected.failed);
  expect(counters.reduce((sum, one) => sum + one.late, 0)).toBe(expected.late);
}

describe('a recorded run', () => {
  it('accounts for every record, and gives what a plain loop gives', () => {
    fc.assert(
      fc.property(inputs, (records) => {
        check(records, run(records, 'one by one').run);
      }),
      { numRuns: 300 },
    );
  });

  it('takes what is there in the order of event time, ties by topic, then partition', () => {
    fc.assert(
      fc.property(inputs, (records) => {
        // Within a partition the order stays; what cannot be read, or has no time, does not wait for its turn.
        const queues = new Map<string, OrderInput[]>();
        for (const record of records) {
          const name = `${record.topic}/${partitionOf(record)}`;
          queues.set(name, [...(queues.get(name) ?? []), record]);
        }
        const readable = (text: string | null): boolean => {
          try {
            JSON.parse(text ?? 'null');
            return true;
          } catch {
            return false;
          }
        };
        const ordered: OrderInput[] = [];
        for (;;) {
          const heads = [...queues].flatMap(([name, [head]]) => (head === undefined ? [] : [{ name, head }]));
          const time = ({ head }: (typeof heads)[number]): number =>
            head.timestamp < 0 || !readable(head.value) ? Number.NEGATIVE_INFINITY : head.timestamp;
          heads.sort((a, b) => (time(a) === time(b) ? (a.name < b.name ? -1 : 1) : time(a) - time(b)));
          const [first] = heads;
          if (first === undefined) break;
          ordered.push(first.head);
          queues.get(first.name)?.shift();
        }
        check(ordered, run(records, 'once').run);
      }),
      { numRuns: 200 },
    );
  });

  it('takes what a record caused before the next record, also one that is older and waits in the same task', () => {
    const driver = new TopologyTestDriver(
      sketch(
        'p',
        {
          s: ['source', { topic: 't' }],
          moved: ['repartition', { key: 'key' }],
          marked: ['map', { value: '{ moved: value }' }],
          both: ['merge', { inputs: 2 }],
          o: ['sink', { topic: 'out', partitions: 1 }],
        },
        ['s > moved', 'moved > marked', 'marked > both.in-1', 's > both.in-2', 'both > o'],
      ),
      [untypedTopic('t', 1)],
    );
    driver.run.pipe('t', 0, [
      { key: 'k', value: '"first"', timestamp: 5 },
      { key: 'k', value: '"older"', timestamp: 3 },
    ]);
    driver.run.drain();
    expect(driver.read('out').map(({ value }) => value)).toEqual([
      'first',
      { moved: 'first' },
      'older',
      { moved: 'older' },
    ]);
  });

  it('gives the same bytes for the same input', () => {
    const fingerprint = (written: readonly WrittenRecord[]): string =>
      written
        .map((record) => {
          const { bytes: encoded } = encodeBatch([record]);
          return `${record.topic}-${record.partition}@${record.offset} ${Buffer.from(encoded).toString('base64')}`;
        })
        .join('\n');
    fc.assert(
      fc.property(inputs, (records) => {
        expect(fingerprint(run(records, 'once').written)).toBe(fingerprint(run(records, 'once').written));
      }),
      { numRuns: 100 },
    );
  });

  it('numbers what it writes by partition, without gaps', () => {
    const records: OrderInput[] = Array.from({ length: 50 }, (_, at) => ({
      topic: 'orders',
      key: 'abcdefgh'[at % 8] as string,
      value: '{"amount":5}',
      timestamp: at,
    }));
    const next = new Map<string, number>();
    for (const { topic, partition, offset } of run(records, 'once').written) {
      const at = `${topic}/${partition}`;
      expect(offset).toBe(next.get(at) ?? 0);
      next.set(at, offset + 1);
    }
    expect([...next.keys()].sort()).toEqual([
      'all-totals-store-changelog/0',
      'all-totals-store-changelog/1',
      'by-shop/0',
      'by-shop/1',
    ]);
  });

  it('hands over what is written in the order of writing, over all topics and partitions', () => {
    const keys = ['a', 'b', 'c', 'd', 'a', 'c'];
    const orders = keys.map(
      (key, at): OrderInput => ({ topic: 'orders', key, value: '{"amount":5}', timestamp: at * 10 }),
    );
    expect(new Set(orders.map(partitionOf)).size).toBe(2);
    const perOrder = ({ key, timestamp }: OrderInput) =>
      ['all-totals-store-changelog', 'by-shop'].map((topic) => `${topic} ${key} ${timestamp}`);
    expect(run(orders, 'once').written.map(({ topic, key, timestamp }) => `${topic} ${key} ${timestamp}`)).toEqual(
      orders.flatMap(perOrder),
    );
  });

  it('does not hand over what nobody wants, and numbers the rest as if it did', () => {
    const order: OrderInput = { topic: 'orders', key: 'a', value: '{"amount":5}', timestamp: 1 };
    const written: WrittenRecord[] = [];
    const recorded = new RecordedRun(
      orderTopology,
      processors,
      (record) => written.push(record),
      (topic) => topic === 'by-shop',
    );
    recorded.pipe('orders', partitionOf(order), [produced(order), produced(order)]);
    recorded.drain();
    expect(written).toEqual(run([order, order], 'once').written.filter(({ topic }) => topic === 'by-shop'));
    expect(written).toHaveLength(2);
  });

  it('takes as many records at a time as it is told to, with the same result', () => {
    fc.assert(
      fc.property(inputs, fc.integer({ min: 1, max: 7 }), (records, limit) => {
        const written: WrittenRecord[] = [];
        const recorded = new RecordedRun(orderTopology, processors, (record) => written.push(record));
        for (const input of records) recorded.pipe(input.topic, partitionOf(input), [produced(input)]);
        for (let more = true; more; ) more = recorded.steps(limit);
        expect(written).toEqual(run(records, 'once').written);
      }),
      { numRuns: 50 },
    );
  });

  it('closes every window when time is moved to its end', () => {
    const order = (timestamp: number): OrderInput => ({ topic: 'orders', key: 'a', value: '{"amount":5}', timestamp });
    const shop: OrderInput = { topic: 'shops', key: 'a', value: '{"open":true,"city":"X"}', timestamp: 0 };
    const { run: recorded } = run([shop, order(100)], 'once');
    recorded.close();
    recorded.pipe('orders', partitionOf(order(100)), [{ key: 'a', value: '{"amount":5}', timestamp: 100 }]);
    recorded.drain();
    expect(recorded.counters().get('cities')).toMatchObject({ in: 2, forwarded: 1, late: 1 });
  });

  it('closes what feeds others first, so that what comes late of it is not late', () => {
    const topology = planTopology(
      sketch(
        'p',
        {
          in: ['source', { topic: 'in' }],
          counts: ['aggregate', { ...tenMs, by: 'value.city', emit: 'close', aggregations: [count] }],
          changes: ['to-stream', {}],
          sizes: ['aggregate', { ...tenMs, by: 'string(value.n)', emit: 'close', aggregations: [count] }],
          out: ['sink', { topic: 'out' }],
        },
        ['in > counts', 'counts > changes', 'changes > sizes', 'sizes > out'],
      ),
      topicCatalogue([untypedTopic('in')]),
    );
    const written: WrittenRecord[] = [];
    const recorded = new RecordedRun(topology, processors, (record) => written.push(record));
    const cities = ['X', 'Y', 'Y'].map((city, at) => ({ key: null, value: JSON.stringify({ city }), timestamp: at }));
    recorded.pipe('in', 0, cities);
    recorded.drain();
    expect(written.filter(({ topic }) => topic === 'out')).toEqual([]);
    recorded.close();
    expect(
      written
        .filter(({ topic }) => topic === 'out')
        .map(({ key, value, timestamp }) => [key, new TextDecoder().decode(value as Uint8Array), timestamp])
        .sort(),
    ).toEqual([
      ['{"end":10,"key":"1","start":0}', '{"n":1}', 0],
      ['{"end":10,"key":"2","start":0}', '{"n":1}', 2],
    ]);
    expect(recorded.counters().get('sizes')).toMatchObject({ in: 2, absorbed: 2, late: 0, timed: 2 });
  });

  it('flushes caches when it commits, through all that follows', () => {
    const pipeline = sketch(
      'p',
      {
        in: ['source', { topic: 'in' }],
        counts: ['aggregate', { by: 'value.city', aggregations: [count] }],
        sizes: ['aggregate', { by: "'all'", aggregations: [{ name: 'n', function: 'sum', value: 'value.n' }] }],
        out: ['sink', { topic: 'out' }],
      },
      ['in > counts', 'counts > sizes', 'sizes > out'],
    );
    const topology = planTopology(
      { ...pipeline, settings: { ...pipeline.settings, cacheBytes: 1_000_000 } },
      topicCatalogue([untypedTopic('in')]),
    );
    const values: string[] = [];
    const recorded = new RecordedRun(topology, processors, ({ topic, value }) => {
      if (topic === 'out') values.push(new TextDecoder().decode(value as Uint8Array));
    });
    const cities = ['X', 'Y', 'Y'].map((city, at) => ({ key: null, value: JSON.stringify({ city }), timestamp: at }));
    recorded.pipe('in', 0, cities);
    for (let more = true; more; ) more = recorded.step();
    expect(values).toEqual([]);
    recorded.commit();
    expect(values).toEqual(['{"n":3}']);
    recorded.commit();
    expect(values).toHaveLength(1);
  });
});
