import { describe, expect, it } from 'vitest';
import { partitionFor } from '../../log/partitioner.ts';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { type SketchedNode, sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { planTopology } from '../../topology/plan-topology.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const source: SketchedNode = ['source', { topic: 't' }];
const table: SketchedNode = ['source', { topic: 'u', readAs: 'table' }];
const sink: SketchedNode = ['sink', { topic: 'out', partitions: 1 }];
const join: SketchedNode = ['join', { value: 'left' }];
const catalogue = topicCatalogue([untypedTopic('t', 2), untypedTopic('u', 3)]);

function internal(nodes: { readonly [id: string]: SketchedNode }, edges: readonly string[]) {
  const topology = planTopology(sketch('p', nodes, edges), catalogue);
  return topology.topics.filter(({ role }) => role === 'repartition').map(({ name, partitions }) => [name, partitions]);
}

describe('repartition', () => {
  it('moves records to the partition of their key, with value, time and headers', () => {
    const nodes = { s: source, r: ['repartition', { key: 'value.k', partitions: 5 }], o: sink } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > r', 'r > o']), [untypedTopic('t', 2)]);
    const headers = [{ name: 'h', value: new Uint8Array([1]) }];
    for (const k of ['a', 'b', 'c']) driver.pipe('t', { key: 'x', value: { k }, timestamp: 9, headers });
    expect(driver.topology.subTopologies.map(({ partitions }) => partitions)).toEqual([2, 5]);
    const written = driver.written.filter(({ topic }) => topic === 'out');
    expect(written.map(({ key, timestamp }) => [key, timestamp])).toEqual([
      ['a', 9],
      ['b', 9],
      ['c', 9],
    ]);
    for (const record of written) expect(record.headers).toEqual(headers);
    expect(driver.run.counters().get('r')).toMatchObject({ in: 3, forwarded: 3, out: 3 });
    expect(partitionFor('a', 5)).not.toBe(partitionFor('b', 5));
  });

  it('ends records without a key, and counts them', () => {
    const nodes = { s: source, r: ['repartition'], o: sink } as const;
    const driver = new TopologyTestDriver(sketch('p', nodes, ['s > r', 'r > o']), [untypedTopic('t', 2)]);
    driver.pipe('t', { key: null, value: 1, timestamp: 0 });
    driver.pipe('t', { key: 'a', value: null, timestamp: 0 });
    expect(driver.read('out')).toMatchObject([{ key: 'a', value: null }]);
    expect(driver.run.counters().get('r')).toMatchObject({ in: 2, forwarded: 1, nullKey: 1 });
  });

  it('takes the count of what is before it, of what it must agree with, or the one that is given', () => {
    const alone = (config: object) => internal({ s: source, r: ['repartition', config], o: sink }, ['s > r', 'r > o']);
    expect(alone({})).toEqual([['p-r-repartition', 2]]);
    expect(alone({ partitions: 7 })).toEqual([['p-r-repartition', 7]]);
    const joined = { s: source, r: ['repartition'], u: table, j: join, o: sink } as const;
    expect(internal(joined, ['s > r', 'r > j.left', 'u > j.right', 'j > o'])).toEqual([['p-r-repartition', 3]]);
  });

  it('moves records once for all that need them together', () => {
    const count: SketchedNode = ['aggregate', { aggregations: [{ name: 'n', function: 'count' }] }];
    const nodes: { readonly [id: string]: SketchedNode } = {
      s: source,
      k: ['re-key', { key: 'value.k' }],
      r: ['repartition'],
      a: count,
      b: count,
      o: sink,
      q: sink,
    };
    const edges = ['s > k', 'k > r', 'r > a', 'r > b', 'a > o', 'b > q'];
    expect(internal(nodes, edges)).toEqual([['p-r-repartition', 2]]);
  });

  it('refuses a count that stands against that of what it is joined with', () => {
    const found = (partitions: number, other: SketchedNode, edges: readonly string[]) =>
      validatePipeline(
        sketch('p', { s: source, r: ['repartition', { partitions }], u: other, j: join, o: sink }, edges),
        catalogue,
      ).diagnostics.filter(({ severity }) => severity === 'error');
    const edges = ['s > r', 'r > j.left', 'u > j.right', 'j > o'];
    expect(found(3, table, edges)).toEqual([]);
    expect(found(5, table, edges)).toMatchObject([
      {
        code: 'unequal-partitions',
        node: 'j',
        message: expect.stringContaining('r has 5 partitions and u has 3, so equal keys do not meet in j'),
      },
    ]);
  });

  it('wants a new key for records of windows', () => {
    const hours: SketchedNode = [
      'aggregate',
      { window: 'tumbling', windowMs: 10, aggregations: [{ name: 'n', function: 'count' }] },
    ];
    const judge = (key: string) =>
      validatePipeline(
        sketch(
          'p',
          { s: source, h: hours, x: ['to-stream'], r: ['repartition', { key, keyFormat: 'json' }], o: sink },
          ['s > h', 'h > x', 'x > r', 'r > o'],
        ),
        catalogue,
      ).diagnostics;
    expect(judge('')).toMatchObject([{ code: 'windowed', node: 'r', path: ['key'] }]);
    expect(judge('{ key, start: window.start }')).toEqual([]);
  });
});
