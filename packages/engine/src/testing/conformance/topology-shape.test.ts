import { describe, expect, it } from 'vitest';
import type { DescribedTopology } from './described-topology.ts';
import { parseDescription } from './parse-description.ts';
import { isSameShape, shapeLines, topologyShape } from './topology-shape.ts';

/** `a > b` lines for each sub-topology; `<topic` reads, `>topic` writes, `{store}` uses. */
function topology(...parts: readonly (readonly string[])[]): DescribedTopology {
  return {
    subTopologies: parts.map((lines) => {
      const chains = lines.map((line) => line.split(' > '));
      const names = [...new Set(chains.flat())];
      return {
        nodes: names.map((name) => ({
          name,
          reads: name.startsWith('<') ? [name.slice(1)] : [],
          writes: name.startsWith('>') ? [name.slice(1)] : [],
          stores: /\{(.*)\}/.exec(name)?.[1]?.split(' ') ?? [],
          after: chains.flatMap((chain) => chain.flatMap((step, at) => (step === name ? (chain[at + 1] ?? []) : []))),
        })),
      };
    }),
  };
}

const same = (left: DescribedTopology, right: DescribedTopology): boolean =>
  isSameShape(topologyShape(left), topologyShape(right));

describe('isSameShape', () => {
  const one = topology(['<in > count{s} > >out']);

  it('looks past names of stores and processors, and past helpers', () => {
    expect(same(one, topology(['<in > f > sum{store} > to-stream > >out']))).toBe(true);
  });

  it('sees another external topic', () => {
    expect(same(one, topology(['<in > count{s} > >elsewhere']))).toBe(false);
  });

  it('sees a store that is missing or too much', () => {
    expect(same(one, topology(['<in > count > >out']))).toBe(false);
    expect(same(one, topology(['<in > count{s t} > >out']))).toBe(false);
  });

  it('renames internal topics, but sees which part reads what which other wrote', () => {
    const two = topology(['<in > >r1', '<in > >r2'], ['<r1 > a{s} > >x'], ['<r2 > b{t} > >y']);
    const renamed = topology(['<in > >p', '<in > >q'], ['<q > b{t} > >y'], ['<p > a{s} > >x']);
    const joined = topology(['<in > >r1', '<in > >r2'], ['<r1 > a{s} > >x', '<r2 > b{t} > >y']);
    expect(same(two, renamed)).toBe(true);
    expect(same(two, joined)).toBe(false);
  });

  it('takes a look into a store for a way, as it takes an edge', () => {
    const lookup = topology(['<left > join{rows} > >out', '<right > table{rows}']);
    const wired = topology(['<left > join{rows} > >out', '<right > table{rows} > join{rows}']);
    expect(same(lookup, wired)).toBe(true);
  });

  it('sees that what was stored does not reach a sink', () => {
    expect(same(one, topology(['<in > >out', '<in > count{s}']))).toBe(false);
  });
});

describe('parseDescription', () => {
  it('reads the text of Kafka Streams', () => {
    const lines = [
      'Topologies:',
      '   Sub-topology: 0',
      '    Source: SOURCE (topics: [in])',
      '      --> AGGREGATE',
      '    Processor: AGGREGATE (stores: [STORE])',
      '      --> SINK',
      '      <-- SOURCE',
      '    Sink: SINK (topic: out)',
      '      <-- AGGREGATE',
      '',
    ];
    expect(shapeLines(topologyShape(parseDescription(lines)))).toEqual([
      'sub-topology 0: source in → store 1, sink out',
      'sub-topology 0: store 1 → sink out',
      'sub-topology 0: sink out',
    ]);
  });
});
