import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../pipeline/diagnostic.ts';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { type CatalogueTopic, topicCatalogue } from '../../topology/topic-catalogue.ts';

const orders: CatalogueTopic = {
  ...untypedTopic('orders', 2),
  value: {
    kind: 'object',
    open: false,
    fields: [
      {
        name: 'lines',
        optional: false,
        type: {
          kind: 'array',
          element: {
            kind: 'object',
            open: false,
            fields: [{ name: 'product', type: { kind: 'string' }, optional: false }],
          },
        },
      },
      { name: 'note', type: { kind: 'string' }, optional: false },
    ],
  },
};

function pipeline(config: object) {
  const nodes = {
    s: ['source', { topic: 'orders' }],
    f: ['flat-map', config],
    o: ['sink', { topic: 'out', partitions: 1 }],
  } as const;
  return sketch('p', nodes, ['s > f', 'f > o']);
}

function run(config: object, ...values: readonly unknown[]) {
  const driver = new TopologyTestDriver(pipeline(config), [untypedTopic('orders')]);
  values.forEach((value, at) => {
    driver.pipe('orders', { key: 'k', value, timestamp: at });
  });
  return { driver, out: driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp]) };
}

function findings(config: object): readonly Diagnostic[] {
  return validatePipeline(pipeline(config), topicCatalogue([orders])).diagnostics;
}

describe('flat-map', () => {
  it('makes a record of each element, in order, with the key and the time of the record that came in', () => {
    const { driver, out } = run({ items: 'value.list' }, { list: [{ a: 1 }, null, 'x'] }, { list: [[]] });
    expect(out).toEqual([
      ['k', { a: 1 }, 0],
      ['k', null, 0],
      ['k', 'x', 0],
      ['k', [], 1],
    ]);
    expect(driver.run.counters().get('f')).toMatchObject({ in: 2, forwarded: 2, out: 4 });
  });

  it('keeps headers', () => {
    const driver = new TopologyTestDriver(pipeline({ items: 'value' }), [untypedTopic('orders')]);
    const headers = [{ name: 'trace', value: new Uint8Array([7]) }];
    driver.pipe('orders', { key: 'k', value: [1, 2], timestamp: 0, headers });
    expect(driver.written.filter(({ topic }) => topic === 'out').map((record) => record.headers)).toEqual([
      headers,
      headers,
    ]);
  });

  it('makes nothing of an empty list and of null, and counts the record as filtered', () => {
    const { driver, out } = run({ items: 'value' }, [], null);
    expect(out).toEqual([]);
    expect(driver.run.counters().get('f')).toMatchObject({ in: 2, filtered: 2, failed: 0 });
  });

  it('asks for a key of each element', () => {
    const { out } = run({ items: 'value', key: 'value.product' }, [{ product: 'a' }, { product: 'b' }]);
    expect(out.map(([key]) => key)).toEqual(['a', 'b']);
  });

  it('fails as a whole where it is no list, or where one key cannot be had', () => {
    const { driver, out } = run({ items: 'value', key: 'value.product' }, { no: 'list' }, [{ product: 'a' }, 5]);
    expect(out).toEqual([]);
    expect(driver.run.counters().get('f')).toMatchObject({ in: 2, failed: 2 });
    expect(driver.run.failures().map(({ path }) => path)).toEqual([['items'], ['key']]);
  });

  it('lets equal keys meet behind it', () => {
    const nodes = {
      s: ['source', { topic: 'orders' }],
      f: ['flat-map', { items: 'value', key: 'value' }],
      a: ['aggregate', { aggregations: [{ name: 'n', function: 'count' }] }],
      o: ['sink', { topic: 'out' }],
    } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > f', 'f > a', 'a > o']), [untypedTopic('orders', 4)]);
    for (const key of ['x', 'y', 'z']) driver.pipe('orders', { key, value: ['a', 'b'], timestamp: 0 });
    const last = new Map(driver.read('out').map(({ key, value }) => [key, value]));
    expect(last).toEqual(
      new Map([
        ['a', { n: 3 }],
        ['b', { n: 3 }],
      ]),
    );
  });

  it('knows what its elements are', () => {
    const { outputs } = validatePipeline(
      pipeline({ items: 'value.lines', key: 'value.product' }),
      topicCatalogue([orders]),
    );
    expect(outputs.get('f.out')).toMatchObject({
      key: { kind: 'string' },
      value: { kind: 'object', fields: [{ name: 'product' }] },
    });
    expect(findings({ items: 'value.lines', key: 'value.prodct' })).toMatchObject([
      { code: 'unknown-field', path: ['key'], fix: { value: 'product' } },
    ]);
  });

  it('says what is no list, and what is missing', () => {
    expect(findings({ items: 'value.note' })).toMatchObject([
      { code: 'not-a-list', severity: 'error', path: ['items'] },
    ]);
    expect(findings({ items: 'value.note == "" ? value.lines : value.note' })).toMatchObject([
      { code: 'not-a-list', severity: 'warning' },
    ]);
    expect(findings({ items: '' })).toMatchObject([{ code: 'missing-expression', path: ['items'] }]);
  });
});
