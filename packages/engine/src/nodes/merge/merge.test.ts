import { describe, expect, it } from 'vitest';
import { validatePipeline } from '../../pipeline/validate-pipeline.ts';
import { type SketchedNode, sketch } from '../../testing/pipeline-sketch.ts';
import { TopologyTestDriver, untypedTopic } from '../../testing/topology-test-driver.ts';
import { planTopology } from '../../topology/plan-topology.ts';
import { topicCatalogue } from '../../topology/topic-catalogue.ts';

const count: SketchedNode = ['aggregate', { aggregations: [{ name: 'n', function: 'count' }] }];
const sink: SketchedNode = ['sink', { topic: 'out', partitions: 1 }];
const a: SketchedNode = ['source', { topic: 'a' }];
const b: SketchedNode = ['source', { topic: 'b' }];
const merged = ['a > m.in-1', 'b > m.in-2'];

function judge(
  nodes: { readonly [id: string]: SketchedNode },
  edges: readonly string[],
  partitions: readonly [number, number] = [4, 4],
) {
  const catalogue = topicCatalogue([untypedTopic('a', partitions[0]), untypedTopic('b', partitions[1], 'int32')]);
  return { ...validatePipeline(sketch('p', nodes, edges), catalogue), catalogue };
}

describe('merge', () => {
  it('passes on all records of all inputs, by event time as far as they are there', () => {
    const driver = new TopologyTestDriver(sketch('p', { a, b, m: ['merge'], o: sink }, [...merged, 'm > o']), [
      untypedTopic('a'),
      untypedTopic('b', 3),
    ]);
    const produced = (value: number) => ({ key: 'k', value: String(value), timestamp: value });
    driver.run.pipe('a', 0, [produced(1), produced(4)]);
    driver.run.pipe('b', 2, [produced(2), produced(3)]);
    driver.run.drain();
    const values = driver.read('out').map(({ value }) => value);
    // Each task goes by event time; two partitions of different tasks have no order between them but that of the run.
    expect(values).toEqual([1, 2, 3, 4]);
    expect(driver.run.counters().get('m')).toMatchObject({ in: 4, forwarded: 4, out: 4 });
  });

  it('takes topics of unequal counts of partitions, as long as nobody needs equal keys together', () => {
    const { diagnostics } = judge({ a, b, m: ['merge'], o: sink }, [...merged, 'm > o'], [4, 3]);
    expect(diagnostics).toEqual([]);
  });

  it('says where equal keys would not meet behind it', () => {
    const nodes = { a, b, m: ['merge'], f: ['filter', { condition: 'true' }], c: count, o: sink } as const;
    const edges = [...merged, 'm > f', 'f > c', 'c > o'];
    expect(judge(nodes, edges, [4, 3]).diagnostics).toMatchObject([
      {
        code: 'unequal-partitions',
        node: 'c',
        message: expect.stringContaining('a has 4 partitions and b has 3, so equal keys do not meet in c'),
      },
    ]);
    expect(judge(nodes, edges).diagnostics).toEqual([]);
  });

  it('of a re-keyed stream and another moves both, where equal keys must meet', () => {
    const nodes = { a, b, k: ['re-key', { key: 'value.k' }], m: ['merge'], c: count, o: sink } as const;
    const edges = ['a > k', 'k > m.in-1', 'b > m.in-2', 'm > c', 'c > o'];
    const { diagnostics, catalogue } = judge(nodes, edges, [4, 3]);
    expect(diagnostics).toEqual([]);
    const { topics } = planTopology(sketch('p', nodes, edges), catalogue);
    expect(topics.filter(({ role }) => role === 'repartition')).toMatchObject([
      { name: 'p-c-repartition', partitions: 4 },
    ]);
  });

  it('gives an internal topic the count of what it is merged with, where equal keys must meet', () => {
    const nodes = { a, b, r: ['repartition'], m: ['merge'], c: count, o: sink } as const;
    const edges = ['a > r', 'r > m.in-1', 'b > m.in-2', 'm > c', 'c > o'];
    const { diagnostics, catalogue } = judge(nodes, edges, [4, 3]);
    expect(diagnostics).toEqual([]);
    const { topics } = planTopology(sketch('p', nodes, edges), catalogue);
    expect(topics.find(({ role }) => role === 'repartition')).toMatchObject({ partitions: 3 });
  });

  it('gives what any of its inputs may give', () => {
    const nodes = {
      a,
      b,
      x: ['map', { value: '{ id: 1, name: "x" }' }],
      y: ['map', { value: '{ id: "1" }' }],
      m: ['merge'],
      o: sink,
    } as const;
    const { outputs } = judge(nodes, ['a > x', 'b > y', 'x > m.in-1', 'y > m.in-2', 'm > o']);
    expect(outputs.get('m.out')?.value).toMatchObject({
      kind: 'object',
      fields: [
        { name: 'id', type: { kind: 'union' }, optional: false },
        { name: 'name', type: { kind: 'string' }, optional: true },
      ],
    });
  });

  it('refuses keys of different formats', () => {
    const numbers: SketchedNode = ['source', { topic: 'b', keyFormat: 'int32' }];
    expect(judge({ a, b: numbers, m: ['merge'], o: sink }, [...merged, 'm > o']).diagnostics).toMatchObject([
      {
        code: 'key-format',
        node: 'm',
        message: expect.stringContaining('a has keys of the format string and b of the format int32'),
      },
    ]);
  });

  it('wants something wired to each of its inputs, and takes as many as it is told', () => {
    const three = judge({ a, b, m: ['merge', { inputs: 3 }], o: sink }, [...merged, 'm > o']).diagnostics;
    expect(three).toMatchObject([{ code: 'missing-input', message: 'Nothing is wired to its input in-3.' }]);
    const one = judge({ a, m: ['merge', { inputs: 1 }], o: sink }, ['a > m.in-1', 'm > o']).diagnostics;
    expect(one).toContainEqual(expect.objectContaining({ code: 'config', path: ['inputs'] }));
  });
});
