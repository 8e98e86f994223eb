import { describe, expect, it } from 'vitest';
import { missingFates } from '../../metrics/fates.ts';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { RestartingDriver } from '../../testing/restarting-driver.ts';
import { type DriverRecord, TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const topics = [untypedTopic('t', 2), untypedTopic('out')];
const at = (timestamp: number, key: string | null, value: unknown = timestamp): DriverRecord => ({
  key,
  value,
  timestamp,
});

const deduped = (config: object, key?: string) =>
  sketch(
    'p',
    {
      s: ['source', { topic: 't' }],
      ...(key === undefined ? {} : { m: ['map', { key }] as const }),
      d: ['dedupe', config],
      o: ['sink', { topic: 'out' }],
    },
    key === undefined ? ['s > d', 'd > o'] : ['s > m', 'm > d', 'd > o'],
  );

const outputs = (driver: TopologyTestDriver) =>
  driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]);

/** The times that pass, of records with one key that come in this order. */
function passing(windowMs: number, timestamps: readonly number[]): readonly number[] {
  const driver = new TopologyTestDriver(deduped({ windowMs }), topics);
  for (const timestamp of timestamps) driver.pipe('t', at(timestamp, 'k'));
  return outputs(driver).map(([, , timestamp]) => timestamp as number);
}

describe('dedupe', () => {
  it('passes on the first of the records of a key that are less than the window apart', () => {
    expect(passing(10, [5, 5, 14, 15, 16, 24, 25])).toEqual([5, 15, 25]);
    expect(passing(1, [5, 5, 6])).toEqual([5, 6]);
  });

  it('lets what is repeated without end through once in each window', () => {
    expect(passing(10, [0, 4, 8, 12, 16, 20, 24])).toEqual([0, 12, 24]);
  });

  it('compares what is out of order backwards too, and the first to come wins', () => {
    expect(passing(10, [25, 20, 16, 15, 14, 6])).toEqual([25, 15]);
  });

  it('keeps keys apart', () => {
    const driver = new TopologyTestDriver(deduped({ windowMs: 10 }), topics);
    for (const key of ['a', 'b', 'a', 'c', 'b']) driver.pipe('t', at(1, key));
    expect(outputs(driver).map(([key]) => key)).toEqual(['a', 'b', 'c']);
    const counters = driver.run.counters().get('d');
    expect(counters).toMatchObject({ in: 5, forwarded: 3, filtered: 2, dropped: 0 });
    expect(counters && missingFates(counters)).toBe(0);
  });

  it('recognises what is late by a window, and forgets what is two windows old', () => {
    // At 30 the record at 11 counts still; at 31 it does not.
    expect(passing(10, [11, 30, 20])).toEqual([11, 30]);
    expect(passing(10, [11, 31, 20])).toEqual([11, 31, 20]);
    expect(passing(10, [11, 31, 11, 11])).toEqual([11, 31, 11, 11]);
  });

  it('says the same as its definition, whatever comes', () => {
    let state = 20261121;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const timestamps = Array.from({ length: 600 }, (_, step) => Math.max(0, step - random(3) * random(30)));
    const windowMs = 7;
    const passed: number[] = [];
    let greatest = 0;
    for (const timestamp of timestamps) {
      greatest = Math.max(greatest, timestamp);
      const isRepeated = passed.some(
        (before) => Math.abs(timestamp - before) < windowMs && before > greatest - 2 * windowMs,
      );
      if (!isRepeated) passed.push(timestamp);
    }
    expect(passing(windowMs, timestamps)).toEqual(passed);
  });

  it('keeps no more than the last windows', () => {
    const driver = new TopologyTestDriver(deduped({ windowMs: 10 }), topics);
    for (let timestamp = 0; timestamp < 1000; timestamp++) driver.pipe('t', at(timestamp, `k${timestamp}`));
    expect(driver.rows('p-d-store').length).toBeLessThanOrEqual(40);
  });

  it('passes on what has no key', () => {
    const driver = new TopologyTestDriver(deduped({ windowMs: 10 }), topics);
    for (let times = 0; times < 3; times++) driver.pipe('t', at(1, null));
    expect(outputs(driver)).toHaveLength(3);
  });

  it('brings the records of a key together whose key was changed', () => {
    const driver = new TopologyTestDriver(deduped({ windowMs: 10 }, 'value.k'), topics);
    driver.pipe('t', { ...at(1, 'a', { k: 'x' }), partition: 0 });
    driver.pipe('t', { ...at(2, 'b', { k: 'x' }), partition: 1 });
    driver.pipe('t', { ...at(3, 'b', { k: null }), partition: 1 });
    expect(outputs(driver)).toEqual([
      ['x', { k: 'x' }, 1],
      [null, { k: null }, 3],
    ]);
  });
});

describe('dedupe by something else than the key', () => {
  const byOrder = deduped({ windowMs: 10, by: 'value?.order' });

  it('finds equal ones wherever they lie, and gives records back as they were', () => {
    const driver = new TopologyTestDriver(byOrder, topics);
    const headers = [{ name: 'h', value: new TextEncoder().encode('x') }];
    const text = '{ "order": [1, {"b":1,"a":2}], "id": 12345678901234567890 }';
    driver.pipe('t', { ...at(1, 'a', new TextEncoder().encode(text)), partition: 0, headers });
    driver.pipe('t', { ...at(2, 'b', { order: [1, { a: 2, b: 1 }] }), partition: 1 });
    driver.pipe('t', { ...at(3, null, { order: [2] }), partition: 1 });
    driver.pipe('t', { ...at(4, 'c', { order: [2] }), partition: 0 });
    const written = driver.written.filter(({ topic }) => topic === 'out');
    expect(written[0]?.headers).toEqual(headers);
    const value = written[0]?.value;
    expect(value instanceof Uint8Array ? new TextDecoder().decode(value) : value).toBe(text);
    expect(driver.read('out').map(({ key, timestamp }) => [key, timestamp])).toEqual([
      ['a', 1],
      [null, 3],
    ]);
    expect(driver.run.counters().get('d')).toMatchObject({ in: 4, forwarded: 2, filtered: 2, out: 2 });
  });

  it('passes on what has nothing to compare, and records without a value', () => {
    const driver = new TopologyTestDriver(byOrder, topics);
    for (let times = 0; times < 2; times++) {
      driver.pipe('t', at(1, 'a', { order: null }));
      driver.pipe('t', at(1, 'a', null));
    }
    expect(outputs(driver).sort()).toEqual([
      ['a', null, 1],
      ['a', null, 1],
      ['a', { order: null }, 1],
      ['a', { order: null }, 1],
    ]);
  });

  it('leaves records where a key-based node must first bring them together again', () => {
    const pipeline = sketch(
      'p',
      {
        s: ['source', { topic: 't' }],
        d: ['dedupe', { windowMs: 10, by: 'value' }],
        a: ['aggregate', { aggregations: [{ name: 'n', function: 'count' }] }],
        o: ['sink', { topic: 'out' }],
      },
      ['s > d', 'd > a', 'a > o'],
    );
    const driver = new TopologyTestDriver(pipeline, topics);
    for (let value = 0; value < 8; value++) driver.pipe('t', at(value, 'k', value));
    expect(driver.topology.topics.filter(({ role }) => role === 'repartition').map(({ name }) => name)).toEqual([
      'p-d-repartition',
      'p-a-repartition',
    ]);
    expect(outputs(driver).at(-1)).toEqual(['k', { n: 8 }, 7]);
  });

  it('remembers over restarts', async () => {
    for (const pipeline of [byOrder, deduped({ windowMs: 10 })]) {
      const driver = new TopologyTestDriver(pipeline, topics);
      const restarting = new RestartingDriver(pipeline, topics);
      for (const [index, timestamp] of [1, 5, 12, 30, 11, 12, 31, 9].entries()) {
        const record = at(timestamp, `k${index % 2}`, { order: index % 3 });
        driver.pipe('t', record);
        await restarting.pipe('t', record);
      }
      const written = driver.read('out');
      expect(written.length).toBeLessThan(8);
      expect(await restarting.read('out')).toEqual(written);
    }
  });
});

describe('the settings of a dedupe node', () => {
  it('need a window of a sound length', () => {
    const found = (windowMs: number) =>
      validatePipeline(deduped({ windowMs }), topicCatalogue(topics)).diagnostics.filter(({ node }) => node === 'd');
    expect(found(0)).toMatchObject([{ code: 'window-length', path: ['windowMs'], severity: 'error' }]);
    expect(found(367 * 86_400_000)).toMatchObject([{ code: 'window-length', path: ['windowMs'] }]);
    expect(found(1)).toEqual([]);
  });
});
