import { describe, expect, it } from 'vitest';
import type { PipelineSettings } from '../pipeline/pipeline-settings.ts';
import { sketch } from '../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../testing/topology-test-driver.ts';

type Input = readonly [key: string | null, value: unknown, timestamp: number];

function cached(
  nodes: Parameters<typeof sketch>[1],
  edges: readonly string[],
  settings: Partial<PipelineSettings> = {},
) {
  const pipeline = sketch('p', nodes, edges, { cacheBytes: 1_000_000, ...settings });
  return new TopologyTestDriver(pipeline, [untypedTopic('t'), untypedTopic('out')]);
}

const aggregated = (config: object, settings: Partial<PipelineSettings> = {}) =>
  cached(
    {
      s: ['source', { topic: 't' }],
      a: ['aggregate', { aggregations: [{ name: 'n', function: 'count' }], ...config }],
      o: ['sink', { topic: 'out' }],
    },
    ['s > a', 'a > o'],
    settings,
  );

/** One commit: all records, then what waits goes on. */
function commit(driver: TopologyTestDriver, ...inputs: readonly Input[]): void {
  const encoder = new TextEncoder();
  const records = inputs.map(([key, value, timestamp]) => ({
    key,
    value: value === null ? null : JSON.stringify(value),
    timestamp,
    headers: [{ name: 'of', value: encoder.encode(String(timestamp)) }],
  }));
  for (const record of records) driver.run.pipe('t', 0, [record]);
  // The run takes the lowest timestamp first, so the records of a partition keep their order.
  driver.run.drain();
}

const outputs = (driver: TopologyTestDriver) =>
  driver.written
    .splice(0)
    .filter(({ topic }) => topic === 'out')
    .map(({ key, value, timestamp, headers }) => [
      key,
      value === null ? null : JSON.parse(typeof value === 'string' ? value : new TextDecoder().decode(value)),
      timestamp,
      headers?.map((header) => new TextDecoder().decode(header.value ?? undefined)).join(),
    ]);
const changes = (driver: TopologyTestDriver, store: string) =>
  driver.written.filter(({ topic }) => topic === `${store}-changelog`).length;

describe('a cache of rows', () => {
  it('sends the last change of each row with a commit, in the order of the last changes, and writes no more', () => {
    const driver = aggregated({});
    commit(driver, ['a', 1, 1], ['b', 1, 2], ['a', 1, 5], ['a', 1, 3]);
    expect(changes(driver, 'p-a-store')).toBe(2);
    expect(outputs(driver)).toEqual([
      ['b', { n: 1 }, 2, '2'],
      ['a', { n: 3 }, 5, '3'],
    ]);
    commit(driver, ['a', 1, 9]);
    expect(outputs(driver)).toEqual([['a', { n: 4 }, 9, '9']]);
    expect(driver.run.counters().get('a')).toMatchObject({ in: 5, absorbed: 5, timed: 3, out: 0 });
  });

  it('does not speak of a row that came and went', () => {
    const driver = aggregated({ compute: 'custom', initial: '0', add: 'value == 0 ? null : aggregate + value' });
    commit(driver, ['a', 1, 1], ['a', 0, 2], ['b', 1, 3]);
    expect(changes(driver, 'p-a-store')).toBe(1);
    expect(outputs(driver).map(([key, value]) => [key, value])).toEqual([['b', 1]]);
    commit(driver, ['b', 0, 4], ['a', 0, 5]);
    expect(outputs(driver).map(([key, value]) => [key, value])).toEqual([['b', null]]);
  });

  it('lets all go when they weigh more than the pipeline allows', () => {
    const driver = aggregated({}, { cacheBytes: 400 });
    commit(driver, ['a', 1, 1], ['b', 1, 2], ['c', 1, 3], ['c', 1, 4]);
    expect(outputs(driver).map(([key, value]) => [key, value])).toEqual([
      ['a', { n: 1 }],
      ['b', { n: 1 }],
      ['c', { n: 1 }],
      ['c', { n: 2 }],
    ]);
  });

  it('takes windows apart', () => {
    const driver = aggregated({ window: 'tumbling', windowMs: 10 });
    commit(driver, ['a', 1, 1], ['a', 1, 2], ['a', 1, 11]);
    expect(outputs(driver).map(([key, value]) => [key, value])).toEqual([
      ['{"end":10,"key":"a","start":0}', { n: 2 }],
      ['{"end":20,"key":"a","start":10}', { n: 1 }],
    ]);
  });

  it('does not speak of sessions that grew on', () => {
    const driver = aggregated({ window: 'session', windowMs: 10 });
    commit(driver, ['a', 1, 1], ['a', 1, 5], ['a', 1, 9]);
    expect(outputs(driver).map(([key, value]) => [key, value])).toEqual([['{"end":9,"key":"a","start":1}', { n: 3 }]]);
    commit(driver, ['a', 1, 12], ['a', 1, 15]);
    expect(outputs(driver).map(([key, value]) => [key, value])).toEqual([
      ['{"end":9,"key":"a","start":1}', null],
      ['{"end":15,"key":"a","start":1}', { n: 5 }],
    ]);
  });

  it('sends the last of each sliding window', () => {
    const driver = aggregated({ window: 'sliding', windowMs: 10 });
    commit(driver, ['a', 1, 20], ['a', 1, 25]);
    expect(outputs(driver).map(([key, value]) => [key, value])).toEqual([
      ['{"end":20,"key":"a","start":10}', { n: 1 }],
      ['{"end":31,"key":"a","start":21}', { n: 1 }],
      ['{"end":25,"key":"a","start":15}', { n: 2 }],
    ]);
    commit(driver, ['a', 1, 25], ['a', 1, 25]);
    expect(outputs(driver).map(([, value]) => value)).toEqual([{ n: 3 }, { n: 4 }]);
  });

  it('does not hold back windows that are sent when they close', () => {
    const driver = aggregated({ window: 'tumbling', windowMs: 10, emit: 'close' });
    driver.run.pipe('t', 0, [{ key: 'a', value: '1', timestamp: 1 }]);
    driver.run.pipe('t', 0, [{ key: 'a', value: '1', timestamp: 11 }]);
    while (driver.run.step()) {
      // Without a commit.
    }
    expect(outputs(driver)).toHaveLength(1);
  });

  it('tells those behind it what a row was when they last heard of it', () => {
    const driver = cached(
      {
        s: ['source', { topic: 't', readAs: 'table' }],
        a: ['aggregate', { by: 'value.g', aggregations: [{ name: 'n', function: 'count' }] }],
        o: ['sink', { topic: 'out' }],
      },
      ['s > a', 'a > o'],
    );
    commit(driver, ['1', { g: 'x' }, 1], ['1', { g: 'y' }, 2], ['1', { g: 'z' }, 3]);
    expect(outputs(driver).map(([key, value]) => [key, value])).toEqual([['z', { n: 1 }]]);
    commit(driver, ['1', { g: 'x' }, 4], ['1', { g: 'y' }, 5]);
    expect(outputs(driver).map(([key, value]) => [key, value])).toEqual([
      ['z', { n: 0 }],
      ['y', { n: 1 }],
    ]);
  });
});
