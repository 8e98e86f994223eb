import { describe, expect, it } from 'vitest';
import { partitionFor } from '../../log/partitioner.ts';
import { missingFates } from '../../metrics/fates.ts';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { RestartingDriver } from '../../testing/restarting-driver.ts';
import { type DriverRecord, TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const topics = [untypedTopic('t', 2), untypedTopic('u', 2), untypedTopic('out')];
const at = (timestamp: number, key: string | null, value: unknown): DriverRecord => ({ key, value, timestamp });

const plain = (config: object = {}, settings: object = {}) =>
  sketch(
    'p',
    { s: ['source', { topic: 't' }], t: ['to-table', config], o: ['sink', { topic: 'out' }] },
    ['s > t', 't > o'],
    settings,
  );

const outputs = (driver: TopologyTestDriver) =>
  driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);

describe('a stream made a table', () => {
  it('keeps the latest value of each key, and passes every change on', () => {
    const driver = new TopologyTestDriver(plain(), topics);
    driver.pipe('t', at(5, 'a', '1'));
    driver.pipe('t', at(6, 'b', '1'));
    driver.pipe('t', at(6, 'a', null));
    driver.pipe('t', at(7, null, 'x'));
    driver.pipe('t', at(1, 'b', '2'));
    driver.pipe('t', at(1, 'b', '2'));
    expect(outputs(driver)).toEqual([
      ['a', '1', 5],
      ['b', '1', 6],
      ['a', null, 6],
      ['b', '2', 1],
      ['b', '2', 1],
    ]);
    expect(driver.rows('p-t-store').map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      ['b', '2', 1],
    ]);
    const counters = driver.run.counters().get('t');
    expect(counters).toMatchObject({ in: 6, forwarded: 5, nullKey: 1, dropped: 1 });
    expect(counters && missingFates(counters)).toBe(0);
  });

  it('brings the records of a key together whose key was changed', () => {
    const pipeline = sketch(
      'p',
      {
        s: ['source', { topic: 't' }],
        m: ['map', { key: 'value.k', value: 'value.v' }],
        t: ['to-table'],
        o: ['sink', { topic: 'out' }],
      },
      ['s > m', 'm > t', 't > o'],
    );
    const driver = new TopologyTestDriver(pipeline, topics);
    driver.pipe('t', { ...at(1, 'a', { k: 'x', v: 1 }), partition: 0 });
    driver.pipe('t', { ...at(2, 'b', { k: 'x', v: 2 }), partition: 1 });
    driver.pipe('t', { ...at(3, 'b', { k: null, v: 3 }), partition: 1 });
    expect(outputs(driver)).toEqual([
      ['x', 1, 1],
      ['x', 2, 2],
    ]);
    expect(driver.rows('p-t-store')).toMatchObject([{ key: 'x', value: 2, taskId: `1_${partitionFor('x', 2)}` }]);
    expect(driver.run.counters().get('t')).toMatchObject({ in: 3, forwarded: 2, nullKey: 1 });
  });

  it('keeps no rows that nobody needs, where it may', () => {
    const stores = (pipeline: ReturnType<typeof sketch>) =>
      new TopologyTestDriver(pipeline, topics).topology.stores.map(({ name }) => name);
    expect(stores(plain({ rows: 'when-needed' }))).toEqual([]);
    expect(stores(plain({ rows: 'kept' }))).toEqual(['p-t-store']);
    const looksUp = sketch(
      'p',
      {
        s: ['source', { topic: 't' }],
        l: ['source', { topic: 'u' }],
        t: ['to-table', { rows: 'when-needed' }],
        j: ['join', { value: 'right' }],
        o: ['sink', { topic: 'out' }],
      },
      ['s > t', 'l > j.left', 't > j.right', 'j > o'],
    );
    expect(stores(looksUp)).toEqual(['p-t-store']);
    const driver = new TopologyTestDriver(looksUp, topics);
    driver.pipe('t', at(1, 'a', 'row'));
    driver.pipe('u', at(2, 'a', 0));
    expect(outputs(driver)).toEqual([['a', 'row', 2]]);
  });

  it('passes on only the last change of a row at a commit, with caching', () => {
    const driver = new TopologyTestDriver(plain({}, { cacheBytes: 1_000_000 }), topics);
    for (const [timestamp, value] of [
      [1, 'first'],
      [2, 'last'],
    ] as const) {
      driver.run.pipe('t', 0, [{ key: 'a', value: JSON.stringify(value), timestamp }]);
    }
    driver.run.drain();
    expect(outputs(driver)).toEqual([['a', 'last', 2]]);
    expect(driver.rows('p-t-store')).toMatchObject([{ key: 'a', value: 'last' }]);
  });

  it('has its rows again after a restart', async () => {
    const pipeline = sketch(
      'p',
      {
        s: ['source', { topic: 't' }],
        t: ['to-table'],
        // Sends a deletion only of what has passed before, so it must know the rows before.
        f: ['filter', { condition: 'value > 2' }],
        o: ['sink', { topic: 'out' }],
      },
      ['s > t', 't > f', 'f > o'],
    );
    const driver = new RestartingDriver(pipeline, topics);
    for (const [index, value] of [1, 3, 2, 1, null, 4].entries()) await driver.pipe('t', at(index, 'a', value));
    expect((await driver.read('out')).map(({ value, timestamp }) => [value, timestamp])).toEqual([
      [3, 1],
      [null, 2],
      [4, 5],
    ]);
  });

  it('is refused for records of windows, whose keys alone are not their rows', () => {
    const pipeline = sketch(
      'p',
      {
        s: ['source', { topic: 't' }],
        a: ['aggregate', { window: 'tumbling', windowMs: 2, aggregations: [{ name: 'n', function: 'count' }] }],
        r: ['to-stream'],
        t: ['to-table'],
        o: ['sink', { topic: 'out' }],
      },
      ['s > a', 'a > r', 'r > t', 't > o'],
    );
    const found = validatePipeline(pipeline, topicCatalogue(topics)).diagnostics;
    expect(found.filter(({ node }) => node === 't')).toMatchObject([{ code: 'windowed-stream', severity: 'error' }]);
  });
});
