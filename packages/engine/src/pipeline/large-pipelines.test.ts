import { describe, expect, it } from 'vitest';
import { listedFieldsMax } from '../nodes/listed-fields.ts';
import { sketch } from '../testing/pipeline-sketch.ts';
import { untypedTopic } from '../testing/topology-test-driver.ts';
import { describeTopology } from '../topology/describe-topology.ts';
import { planTopology } from '../topology/plan-topology.ts';
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

/** Plans it, describes the plan, and says how long each took. */
function plan(name: string, pipeline: Pipeline): ReturnType<typeof planTopology> {
  const begin = performance.now();
  const topology = planTopology(pipeline, catalogue);
  const planned = performance.now();
  const text = describeTopology(topology);
  const times = [planned - begin, performance.now() - planned].map(Math.round);
  console.log(`${name}, ${size} nodes: judged again and planned in ${times[0]} ms, described in ${times[1]} ms`);
  const parts = topology.subTopologies.flatMap(({ sources, processors, sinks }) => [
    ...sources,
    ...processors,
    ...sinks,
  ]);
  expect([...text.matchAll(/^ {4}(?:Source|Processor|Sink): /gm)]).toHaveLength(parts.length);
  return topology;
}

function chain(middle: (at: number) => readonly [string, object]): Pipeline {
  const inner = ids(size - 2);
  return sketch('p', { source, ...Object.fromEntries(inner.map((id, at) => [id, middle(at)])), sink }, [
    'source > n0',
    ...inner.slice(1).map((id, at) => `n${at} > ${id}`),
    `n${size - 3} > sink`,
  ]);
}

/** What is found, by code. So long a row cannot run, which is the one thing to find in a chain. */
function codes({ diagnostics }: ReturnType<typeof validatePipeline>): readonly string[] {
  return diagnostics.map(({ code }) => code);
}

describe('ten thousand nodes', () => {
  it('in a chain are judged', () => {
    const pipeline = chain(() => filter);
    expect(codes(judge('chain of filters', pipeline))).toEqual(['row-length']);
  });

  it('in a chain of maps, each of which nests the value once more, are judged', () => {
    const pipeline = chain(() => ['map', { value: '{ inner: value }' }]);
    expect(codes(judge('chain of nesting maps', pipeline))).toEqual(['row-length']);
  });

  it('in a chain of maps, each of which sets one of fifty fields, are judged', () => {
    const pipeline = chain((at) => ['map', { value: `{ ...value, f${at % 50}: ${at} }` }]);
    expect(codes(judge('chain of maps that set fifty fields', pipeline))).toEqual(['row-length']);
  });

  it('in a chain of maps, each of which adds a field, are judged', () => {
    const pipeline = chain((at) => ['map', { value: at === 0 ? '{ f0: 0 }' : `{ ...value, f${at}: ${at} }` }]);
    const validation = judge('chain of widening maps', pipeline);
    expect(codes(validation)).toEqual(['row-length']);
    // What each type lists is bounded, so the work for it is.
    const listed = [...validation.outputs.values()].map(({ value }) =>
      value.kind === 'object' ? value.fields.length : 0,
    );
    expect(Math.max(...listed)).toBe(listedFieldsMax);
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
    expect(codes(judge('diamond ladder', pipeline))).toEqual(['row-length']);
  });

  it('in a chain of joins, every second one re-keyed, are judged, planned and described', () => {
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
    const pipeline = sketch('p', nodes, [...edges, `${above} > sink`]);
    expect(judge('chain of joins', pipeline).diagnostics).toEqual([]);
    const topology = plan('chain of joins', pipeline);
    expect(topology.subTopologies).toHaveLength(2);
    expect(topology.topics.filter(({ role }) => role === 'repartition')).toHaveLength((size - 4) / 2);
  });

  it('in many rows, each gathered by a key of its own, are judged, planned and described', () => {
    const nodes: { [id: string]: readonly [string, object] } = { source };
    const edges: string[] = [];
    for (let at = 0; at < (size - 1) / 3 - 1; at++) {
      nodes[`keyed${at}`] = ['map', { key: `value.k${at}` }];
      nodes[`counted${at}`] = ['aggregate', { aggregations: [{ name: 'n', function: 'count' }] }];
      nodes[`written${at}`] = ['sink', { topic: `v${at}` }];
      edges.push(`source > keyed${at}`, `keyed${at} > counted${at}`, `counted${at} > written${at}`);
    }
    const rows = (Object.keys(nodes).length - 1) / 3;
    while (Object.keys(nodes).length < size) {
      const id = `more${Object.keys(nodes).length}`;
      nodes[id] = sink;
      edges.push(`source > ${id}`);
    }
    const pipeline = sketch('p', nodes, edges);
    expect(judge('many rows', pipeline).diagnostics).toEqual([]);
    expect(plan('many rows', pipeline).subTopologies).toHaveLength(rows + 1);
  });

  it('in a fan are planned and described', () => {
    const sinks = ids(size - 1);
    const pipeline = sketch(
      'p',
      { source, ...Object.fromEntries(sinks.map((id) => [id, ['sink', { topic: id }] as const])) },
      sinks.map((id) => `source > ${id}`),
    );
    expect(plan('fan', pipeline).topics.filter(({ role }) => role === 'external')).toHaveLength(size - 1);
  });

  it('that read topics which do not exist are judged, and what was meant is looked for so often only', () => {
    const nodes: { [id: string]: readonly [string, object] } = {};
    const edges: string[] = [];
    for (let at = 0; at < size / 2; at++) {
      nodes[`s${at}`] = ['source', { topic: `t${at}` }];
      nodes[`o${at}`] = ['sink', { topic: 'v' }];
      edges.push(`s${at} > o${at}`);
    }
    let searches = 0;
    const names = (): readonly string[] => {
      searches++;
      return catalogue.names();
    };
    const { diagnostics } = validatePipeline(sketch('p', nodes, edges), { ...catalogue, names });
    expect(diagnostics).toHaveLength(size / 2);
    expect(diagnostics[0]).toMatchObject({ code: 'unknown-topic', fix: { value: 't' } });
    expect(searches).toBe(100);
  });
});
