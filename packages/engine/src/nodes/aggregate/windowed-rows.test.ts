import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';

const dayMs = 86_400_000;
const topics = [untypedTopic('t'), untypedTopic('out')];
const count = { aggregations: [{ name: 'n', function: 'count' }] };

/** With the unit of the timestamps. */
const windows: readonly (readonly [object, unitMs: number])[] = [
  [{ window: 'tumbling', windowMs: 10 }, 1],
  [{ window: 'hopping', windowMs: 10, advanceMs: 4 }, 1],
  [{ window: 'tumbling', windowMs: dayMs, timeZone: 'Europe/Berlin' }, dayMs],
  [{ window: 'sliding', windowMs: 10 }, 1],
  [{ window: 'session', windowMs: 4 }, 1],
];

const events = fc.array(fc.record({ key: fc.constantFrom('a', 'ab'), timestamp: fc.nat(60) }), {
  minLength: 1,
  maxLength: 25,
});

/** No record is late, and no window goes. */
const roomy = (window: object, unitMs: number) => ({
  ...window,
  graceMs: 50 * unitMs,
  retentionMs: 200 * unitMs,
  ...count,
});

describe('the rows of an aggregate', () => {
  it.each(windows)('%j: are found by key and window', (window, unitMs) => {
    const nodes = {
      s: ['source', { topic: 't' }],
      a: ['aggregate', roomy(window, unitMs)],
      b: ['aggregate', roomy(window, unitMs)],
      j: ['join', { type: 'inner', value: '{ left: left.n, right: right.n }' }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const edges = ['s > a', 's > b', 'a > j.left', 'b > j.right', 'j > o'];
    fc.assert(
      fc.property(events, (all) => {
        const driver = new TopologyTestDriver(sketch('p', nodes, edges), topics);
        for (const { key, timestamp } of all) driver.pipe('t', { key, value: 1, timestamp: timestamp * unitMs });
        const joined = new Map<string, unknown>();
        for (const { key, value } of driver.read('out', 'json')) {
          const id = JSON.stringify(key);
          if (value === null) joined.delete(id);
          else joined.set(id, value);
        }
        const expected = driver
          .rows('p-a-store')
          .map(({ key, window: bounds, value }) => [
            JSON.stringify({ end: bounds?.end, key, start: bounds?.start }),
            { left: (value as { n: number }).n, right: (value as { n: number }).n },
          ]);
        expect(Object.fromEntries(joined)).toEqual(Object.fromEntries(expected));
      }),
      { numRuns: 30 },
    );
  });

  it.each(windows)('%j: say with each change what they were before', (window, unitMs) => {
    const nodes = {
      s: ['source', { topic: 't' }],
      a: ['aggregate', roomy(window, unitMs)],
      b: [
        'aggregate',
        {
          by: 'key',
          aggregations: [
            { name: 'windows', function: 'count' },
            { name: 'records', function: 'sum', value: 'value.n' },
          ],
        },
      ],
      o: ['sink', { topic: 'out' }],
    } as const;
    fc.assert(
      fc.property(events, fc.constantFrom(0, 300, 1_000_000), (all, cacheBytes) => {
        const pipeline = sketch('p', nodes, ['s > a', 'a > b', 'b > o'], { cacheBytes });
        const driver = new TopologyTestDriver(pipeline, topics);
        const half = all.length >> 1;
        for (const [index, { key, timestamp }] of all.entries()) {
          driver.run.pipe('t', 0, [{ key, value: '1', timestamp: timestamp * unitMs }]);
          if (index === half) driver.run.drain();
        }
        driver.run.drain();
        for (const key of ['a', 'ab']) {
          const rows = driver.rows('p-a-store').filter((row) => row.key === key);
          const records = rows.reduce((sum, { value }) => sum + (value as { n: number }).n, 0);
          const total = driver.rows('p-b-store').find((row) => row.key === key);
          expect(total?.value ?? { windows: 0, records: 0 }).toEqual({ windows: rows.length, records });
        }
      }),
      { numRuns: 30 },
    );
  });
});
