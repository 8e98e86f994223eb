import { describe, expect, it } from 'vitest';
import { sketch } from '../testing/pipeline-sketch.ts';
import { untypedTopic } from '../testing/topology-test-driver.ts';
import { topicCatalogue } from '../topology/topic-catalogue.ts';
import type { Pipeline } from './document.ts';
import { validatePipeline } from './validate-pipeline.ts';

const catalogue = topicCatalogue([untypedTopic('t', 4), untypedTopic('u', 4)]);
const size = 10_000;
const ids = (count: number, prefix = 'n'): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`);
const filter = ['filter', { condition: 'value.delay > 15' }] as const;
const source = ['source', { topic: 't' }] as const;
const sink = ['sink', { topic: 'v' }] as const;

/** Judges it and says how long that took; the time is printed, not asserted. */
function judge(name: string, pipeline: Pipeline): ReturnType<typeof validatePipeline> {
  expect(pipeline.nodes.length).toBe(size);
  const begin = performance.now();
  const validation = validatePipeline(pipeline, catalogue);
  console.log(`${name}, ${size} nodes: judged in ${Math.round(performance.now() - begin)} ms`);
  return validation;
}

function chain(middle: (at: number) => readonly [string, object]): Pipeline {
  const inner = ids(size - 2);
  return sketch('p', { source, ...Object.fromEntries(inner.map((id, at) => [id, middle(at)])), sink }, [
    'source > n0',
    ...inner.slice(1).map((id, at) => `n${at} > ${id}`),
    `n${size - 3} > sink`,
  ]);
}

describe('ten thousand nodes', () => {
  it('in a chain are judged', () => {
    expect(
      judge(
        'chain of filters',
        chain(() => filter),
      ).diagnostics,
    ).toEqual([]);
  });

  it('in a chain of maps, each of which nests the value once more, are judged', () => {
    expect(
      judge(
        'chain of nesting maps',
        chain(() => ['map', { value: '{ inner: value }' }]),
      ).diagnostics,
    ).toEqual([]);
  });

  it('in a chain of maps, each of which sets one of fifty fields, are judged', () => {
    const pipeline = chain((at) => ['map', { value: `{ ...value, f${at % 50}: ${at} }` }]);
    expect(judge('chain of widening maps', pipeline).diagnostics).toEqual([]);
  });

  it('in a fan are judged', () => {
    const sinks = ids(size - 1);
    const pipeline = sketch(
      'p',
      { source, ...Object.fromEntries(sinks.map((id) => [id, sink])) },
      sinks.map((id) => `source > ${id}`),
    );
    expect(judge('fan', pipeline).diagnostics).toEqual([]);
  });

  it('with ten edges into every input are judged', () => {
    const inner = ids(size - 2);
    const pipeline = sketch('p', { source, ...Object.fromEntries(inner.map((id) => [id, filter])), sink }, [
      'source > n0',
      ...inner.slice(1).flatMap((id, at) => Array.from({ length: 9 }, () => `n${at} > ${id}`)),
      `n${size - 3} > sink`,
    ]);
    expect(judge('doubled inputs', pipeline).diagnostics.length).toBeGreaterThan(size);
  });

  it('in a cycle are judged', () => {
    const all = ids(size);
    const pipeline = sketch(
      'p',
      Object.fromEntries(all.map((id) => [id, filter])),
      all.map((id, at) => `${id} > n${(at + 1) % size}`),
    );
    const { diagnostics } = judge('cycle', pipeline);
    expect(diagnostics.filter((one) => one.code === 'cycle')).toHaveLength(100);
  });

  it('in a diamond ladder, where types share their parts, are judged', () => {
    const rungs = (size - 2) / 2;
    const nodes: { [id: string]: readonly [string, object] } = { source };
    const edges: string[] = [];
    for (let rung = 0; rung < rungs; rung++) {
      const above = rung === 0 ? 'source' : `join${rung - 1}`;
      nodes[`table${rung}`] = ['aggregate', { aggregations: [{ name: 'last', function: 'last', value: 'value' }] }];
      nodes[`join${rung}`] = ['join', { type: rung % 2 === 0 ? 'inner' : 'left', value: '{ left, right }' }];
      edges.push(`${above} > table${rung}`, `${above} > join${rung}.left`, `table${rung} > join${rung}.right`);
    }
    nodes.sink = sink;
    const pipeline = sketch('p', nodes, [...edges, `join${rungs - 1} > sink`]);
    expect(judge('diamond ladder', pipeline).diagnostics).toEqual([]);
  });

  it('in a chain of joins, every second one re-keyed, are judged', () => {
    const nodes: { [id: string]: readonly [string, object] } = {
      source,
      u: ['source', { topic: 'u', readAs: 'table' }],
    };
    const edges: string[] = [];
    let above = 'source';
    for (let at = 0; at < size - 3; at++) {
      const id = `n${at}`;
      if (at % 2 === 0) nodes[id] = ['map', { key: 'value.origin' }];
      else {
        nodes[id] = ['join', { value: 'left' }];
        edges.push(`u > ${id}.right`);
      }
      edges.push(at % 2 === 0 ? `${above} > ${id}` : `${above} > ${id}.left`);
      above = id;
    }
    nodes.sink = sink;
    expect(judge('chain of joins', sketch('p', nodes, [...edges, `${above} > sink`])).diagnostics).toEqual([]);
  });
});
