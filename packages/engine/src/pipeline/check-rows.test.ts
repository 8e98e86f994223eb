import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { processors } from '../nodes/processors.ts';
import { RecordedRun } from '../run/recorded-run.ts';
import { type SketchedNode, sketch } from '../testing/pipeline-sketch.ts';
import { untypedTopic } from '../testing/topology-test-driver.ts';
import { planTopology } from '../topology/plan-topology.ts';
import { topicCatalogue } from '../topology/topic-catalogue.ts';
import type { ProcessorSpec, SubTopology, Topology } from '../topology/topology.ts';
import { checkRows, rowNodesMax } from './check-rows.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Pipeline } from './document.ts';
import { validatePipeline } from './validate-pipeline.ts';

const catalogue = topicCatalogue([untypedTopic('t'), untypedTopic('u')]);
const source: SketchedNode = ['source', { topic: 't' }];
const sink: SketchedNode = ['sink', { topic: 'v' }];
const filter: SketchedNode = ['filter', { condition: 'true' }];
const reKey: SketchedNode = ['map', { key: 'value.k' }];
const count: SketchedNode = ['aggregate', { aggregations: [{ name: 'n', function: 'count' }] }];
const join: SketchedNode = ['join', { value: 'left' }];

/** A source, the nodes in a row behind it, and a sink. */
function row(nodes: readonly SketchedNode[]): Pipeline {
  const names = nodes.map((_, index) => `n${index}`);
  const ids = ['source', ...names, 'sink'];
  return sketch(
    'p',
    { source, ...Object.fromEntries(names.map((name, index) => [name, nodes[index] as SketchedNode])), sink },
    ids.slice(1).map((id, index) => `${ids[index]} > ${id}`),
  );
}

function filters(length: number): SketchedNode[] {
  return Array.from({ length }, () => filter);
}

function tooLong(pipeline: Pipeline): readonly Diagnostic[] {
  return validatePipeline(pipeline, catalogue).diagnostics.filter(({ code }) => code === 'row-length');
}

describe('a row of nodes without a topic in between', () => {
  it('may be as long as the limit', () => {
    expect(tooLong(row(filters(rowNodesMax - 2)))).toEqual([]);
  });

  it('is refused at the node with which it becomes longer, and nowhere else', () => {
    expect(tooLong(row(filters(rowNodesMax + 50)))).toEqual([
      {
        code: 'row-length',
        severity: 'error',
        node: `n${rowNodesMax - 1}`,
        path: [],
        message: expect.stringContaining(
          `n${rowNodesMax - 1} is number ${rowNodesMax + 1} in the row of nodes that begins with source`,
        ),
      },
    ]);
  });

  it('begins anew where records move through a topic', () => {
    const half = filters(rowNodesMax - 10);
    expect(tooLong(row([...half, count, ...half]))).toHaveLength(1);
    expect(tooLong(row([...half, reKey, ...half]))).toHaveLength(1);
    expect(tooLong(row([...half, reKey, filter, count, ...half]))).toEqual([]);
    const byKey: SketchedNode = ['aggregate', { by: 'value.k', aggregations: [{ name: 'n', function: 'count' }] }];
    expect(tooLong(row([...half, byKey, ...half]))).toEqual([]);
  });

  it('counts by its longest way through a join', () => {
    const table = Object.fromEntries(filters(rowNodesMax - 3).map((node, index) => [`t${index}`, node]));
    const ids = ['u', ...Object.keys(table), 'join.right'];
    const pipeline = sketch(
      'p',
      { source, u: ['source', { topic: 'u', readAs: 'table' }], ...table, join, more: filter, sink },
      ['source > join.left', ...ids.slice(1).map((id, index) => `${ids[index]} > ${id}`), 'join > more', 'more > sink'],
    );
    expect(tooLong(pipeline).map(({ node }) => node)).toEqual(['sink']);
  });

  it('is reported a hundred times at the most where it forks', () => {
    const sinks = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`s${index}`, sink]));
    const pipeline = row(filters(rowNodesMax - 1));
    const forked = sketch('q', sinks, []);
    const edges = Object.keys(sinks).map((id) => ({ from: `n${rowNodesMax - 2}.out`, to: `${id}.in` }));
    const whole = { ...pipeline, nodes: [...pipeline.nodes, ...forked.nodes], edges: [...pipeline.edges, ...edges] };
    expect(tooLong(whole)).toHaveLength(100);
  });
});

describe('the limit', () => {
  it('leaves the default stack three times what a row needs at the worst', () => {
    const topology = planTopology(
      sketch('p', { source, n: ['map', { value: '{ ...value, late: true }' }], a: sink, b: sink }, [
        'source > n',
        'n > a',
        'n > b',
      ]),
      catalogue,
    );
    const written: string[] = [];
    const run = new RecordedRun(lengthened(topology, 3 * rowNodesMax), processors, ({ topic }) => written.push(topic));
    run.pipe('t', 0, [{ key: 'k', value: '{}', timestamp: 0 }]);
    run.drain();
    expect(written).toHaveLength(3 * rowNodesMax + 1);
  });
});

/** The topology with its one processor that many times in a row, each also forwarding to the sink a. */
function lengthened(topology: Topology, length: number): Topology {
  const [part] = topology.subTopologies as [SubTopology];
  const [model] = part.processors as [ProcessorSpec];
  const processors = Array.from({ length }, (_, index): ProcessorSpec => {
    const next = index === length - 1 ? { to: 'b', port: 'in' } : { to: `n${index + 1}`, port: 'in' };
    return { ...model, id: `n${index}`, node: `n${index}`, targets: { out: [next, { to: 'a', port: 'in' }] } };
  });
  const sources = part.sources.map((one) => ({ ...one, targets: [{ to: 'n0', port: 'in' }] }));
  return { ...topology, subTopologies: [{ ...part, sources, processors }] };
}

describe('the rows that are counted', () => {
  it('are those that are planned', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5), fc.nat(9), fc.nat(9)), { maxLength: 30 }), (choices) => {
        const pipeline = grown(choices);
        const { order, keys } = validatePipeline(pipeline, catalogue);
        const longest = longestRow(planTopology(pipeline, catalogue));
        const diagnostics: Diagnostic[] = [];
        const report = (found: Diagnostic): void => void diagnostics.push(found);
        checkRows(order, keys, report, longest);
        expect(diagnostics).toEqual([]);
        checkRows(order, keys, report, longest - 1);
        expect(diagnostics.length).toBeGreaterThan(0);
      }),
    );
  });
});

/** A sound pipeline; each choice adds a node behind earlier ones. */
function grown(choices: readonly (readonly [kind: number, stream: number, table: number])[]): Pipeline {
  const nodes: { [id: string]: SketchedNode } = { source, u: ['source', { topic: 'u', readAs: 'table' }] };
  const edges: string[] = [];
  const streams = ['source'];
  const tables = ['u'];
  for (const [index, [kind, stream, table]] of choices.entries()) {
    const id = `n${index}`;
    const above = streams[stream % streams.length] as string;
    const row = tables[table % tables.length] as string;
    switch (kind) {
      case 0:
        nodes[id] = filter;
        edges.push(`${above} > ${id}`);
        streams.push(id);
        break;
      case 1:
        nodes[id] = reKey;
        edges.push(`${above} > ${id}`);
        streams.push(id);
        break;
      case 2:
        nodes[id] = join;
        edges.push(`${above} > ${id}.left`, `${row} > ${id}.right`);
        streams.push(id);
        break;
      case 3:
        nodes[id] = count;
        edges.push(`${above} > ${id}`);
        tables.push(id);
        break;
      case 4:
        nodes[id] = ['aggregate', { by: 'value.k', aggregations: [{ name: 'n', function: 'count' }] }];
        edges.push(`${above} > ${id}`);
        tables.push(id);
        break;
      default:
        nodes[id] = filter;
        edges.push(`${row} > ${id}`);
        tables.push(id);
    }
  }
  return sketch('p', { ...nodes, sink }, [...edges, 'source > sink']);
}

/** Of the parts that do nodes' own work, as many as a record passes at the most inside a sub-topology. */
function longestRow({ subTopologies }: Topology): number {
  let longest = 0;
  for (const { sources, processors, sinks } of subTopologies) {
    const before = new Map<string, number>();
    const parts = [
      ...sources.map((one) => ({ ...one, targets: { out: one.targets } })),
      ...processors,
      ...sinks.map((one) => ({ ...one, targets: {} })),
    ];
    for (const { id, role, targets } of parts) {
      const length = (before.get(id) ?? 0) + (role === 'main' ? 1 : 0);
      longest = Math.max(longest, length);
      for (const { to } of Object.values(targets).flat()) before.set(to, Math.max(before.get(to) ?? 0, length));
    }
  }
  return longest;
}
