import { describe, expect, it } from 'vitest';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const orders = { by: '', add: '{ ...aggregate, orders: aggregate.orders + 1 }' };
const returns = { by: '', add: '{ ...aggregate, returns: aggregate.returns + value.n }' };

function pipeline(config: object, edges = ['s > c.in-1', 'r > c.in-2', 'c > o']) {
  const nodes = {
    s: ['source', { topic: 'sold' }],
    r: ['source', { topic: 'returned' }],
    c: ['cogroup', { inputs: [orders, returns], initial: '{ orders: 0, returns: 0 }', ...config }],
    o: ['sink', { topic: 'out' }],
  } as const;
  return sketch('p', nodes, edges);
}

const topics = (partitions = 1) => [
  untypedTopic('sold', partitions),
  untypedTopic('returned'),
  untypedTopic('out', partitions),
];
const cogroup = (config: object = {}) => new TopologyTestDriver(pipeline(config), topics());
const problems = (config: object, partitions = 1) =>
  validatePipeline(pipeline(config), topicCatalogue(topics(partitions)))
    .diagnostics.filter(({ node }) => node !== 'o')
    .map(({ code, path }) => [code, path.join('.')]);

describe('a cogroup', () => {
  it('adds the records of each input in its own way to one result', () => {
    const driver = cogroup();
    driver.pipe('sold', { key: 'a', value: 1, timestamp: 5 });
    driver.pipe('returned', { key: 'a', value: { n: 3 }, timestamp: 2 });
    driver.pipe('returned', { key: 'b', value: { n: 1 }, timestamp: 7 });
    expect(driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      ['a', { orders: 1, returns: 0 }, 5],
      ['a', { orders: 1, returns: 3 }, 5],
      ['b', { orders: 0, returns: 1 }, 7],
    ]);
    expect(driver.topology.stores.map(({ name }) => name)).toEqual(['p-c-store']);
  });

  it('drops records without a key or a value, whichever input they come from', () => {
    const driver = cogroup();
    driver.pipe('sold', { key: null, value: 1, timestamp: 1 });
    driver.pipe('returned', { key: 'a', value: null, timestamp: 1 });
    expect(driver.read('out')).toEqual([]);
    expect(driver.run.counters().get('c')).toMatchObject({ in: 2, nullKey: 1, filtered: 1, dropped: 2 });
  });

  it('moves the records of an input that is gathered by another key through a topic of its own', () => {
    const driver = cogroup({ inputs: [orders, { ...returns, by: 'value.of' }] });
    driver.pipe('sold', { key: 'a', value: 1, timestamp: 1 });
    driver.pipe('returned', { key: '17', value: { n: 2, of: 'a' }, timestamp: 2 });
    driver.pipe('returned', { key: '18', value: { n: 2, of: null }, timestamp: 3 });
    expect(driver.read('out').at(-1)?.value).toEqual({ orders: 1, returns: 2 });
    expect(driver.topology.topics.map(({ name }) => name)).toContain('p-c-in-2-repartition');
    expect(driver.run.counters().get('c')).toMatchObject({ in: 3, forwarded: 2, nullKey: 1 });
  });

  it('names the input and its expression where a record fails', () => {
    const driver = cogroup({ inputs: [{ ...orders, by: 'value.of' }, returns] });
    driver.pipe('returned', { key: 'a', value: {}, timestamp: 1 });
    driver.pipe('sold', { key: 'a', value: 5, timestamp: 1 });
    expect(driver.run.failures()).toMatchObject([
      { node: 'c', port: 'in-2', path: ['inputs', 1, 'add'] },
      { node: 'c', port: 'in-1', path: ['inputs', 0, 'by'] },
    ]);
  });

  it('gathers in windows with one event time for all inputs', () => {
    const driver = cogroup({ window: 'tumbling', windowMs: 10 });
    driver.pipe('sold', { key: 'a', value: 1, timestamp: 5 });
    driver.pipe('returned', { key: 'a', value: { n: 1 }, timestamp: 9 });
    driver.pipe('returned', { key: 'a', value: { n: 1 }, timestamp: 30 });
    driver.pipe('sold', { key: 'a', value: 1, timestamp: 6 });
    expect(driver.read('out', 'json').map(({ key, value }) => [key, value])).toEqual([
      [
        { key: 'a', start: 0, end: 10 },
        { orders: 1, returns: 0 },
      ],
      [
        { key: 'a', start: 0, end: 10 },
        { orders: 1, returns: 1 },
      ],
      [
        { key: 'a', start: 30, end: 40 },
        { orders: 0, returns: 1 },
      ],
    ]);
    expect(driver.run.counters().get('c')).toMatchObject({ late: 1 });
  });

  it('merges the sessions of all inputs', () => {
    const driver = cogroup({
      window: 'session',
      windowMs: 10,
      graceMs: 100,
      merge: '{ orders: left.orders + right.orders, returns: left.returns + right.returns }',
    });
    driver.pipe('sold', { key: 'a', value: 1, timestamp: 10 });
    driver.pipe('returned', { key: 'a', value: { n: 1 }, timestamp: 30 });
    driver.pipe('sold', { key: 'a', value: 1, timestamp: 20 });
    expect(driver.read('out', 'json').at(-1)).toMatchObject({
      key: { key: 'a', start: 10, end: 30 },
      value: { orders: 2, returns: 1 },
    });
  });

  it('is refused where something is missing or does not fit', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ initial: '' }).map(([, path]) => path)).toContain('initial');
    expect(problems({ inputs: [orders, { by: '', add: '' }] })).toEqual([['missing-expression', 'inputs.1.add']]);
    expect(
      problems({
        initial: '0',
        inputs: [
          { by: '', add: 'aggregate + 1' },
          { by: '', add: "'x'" },
        ],
      }),
    ).toEqual([['aggregate-type', 'inputs.1.add']]);
    expect(problems({ byFormat: 'json', inputs: [orders, { ...returns, by: 'value.of' }] })).toEqual([
      ['key-format', 'byFormat'],
    ]);
    expect(problems({ window: 'session' })).toEqual([['missing-expression', 'merge']]);
  });

  it('needs topics of equal counts of partitions, unless it moves their records', () => {
    expect(problems({}, 2)).not.toEqual([]);
    expect(problems({ inputs: [orders, { ...returns, by: 'key' }] }, 2)).toEqual([]);
  });
});
