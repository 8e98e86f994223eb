import type { Pipeline } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import {
  addNode,
  configAt,
  configureNode,
  connect,
  flowOrder,
  freeNodeId,
  moveNodes,
  reaches,
  remove,
  renameNode,
  setErrorPolicy,
  setSetting,
} from './commands.ts';

const pipeline: Pipeline = {
  formatVersion: 1,
  id: 'flight-delays',
  name: 'Flight delays',
  description: '',
  nodes: [
    { id: 'late', kind: 'filter', name: 'delayed-only', config: { condition: 'value.delay > 15' } },
    { id: 'flights', kind: 'source', name: 'flights', config: {} },
    { id: 'out', kind: 'sink', name: 'out', config: {} },
  ],
  edges: [
    { from: 'flights.out', to: 'late.in' },
    { from: 'late.out', to: 'out.in' },
  ],
  settings: {
    guarantee: 'exactly-once',
    commitIntervalMs: 100,
    errorPolicy: 'dead-letter',
    cacheBytes: 0,
    maxIdleMs: 0,
    emitIntervalMs: 0,
  },
  layout: {
    nodes: [
      { id: 'late', x: 0, y: 128 },
      { id: 'flights', x: 0, y: 0 },
      { id: 'out', x: 0, y: 256 },
    ],
    notes: [],
  },
};

describe('settings', () => {
  it('changes one and leaves the others, and gives the same document where nothing changes', () => {
    const after = setSetting('cacheBytes', 1024)(pipeline);
    expect(after.settings).toEqual({ ...pipeline.settings, cacheBytes: 1024 });
    expect(after.nodes).toBe(pipeline.nodes);
    expect(setSetting('cacheBytes', 1024)(after)).toBe(after);
  });
});

describe('adding', () => {
  it('finds a free id made of the word', () => {
    expect(freeNodeId(pipeline, 'filter')).toBe('filter');
    expect(freeNodeId(pipeline, 'late')).toBe('late-2');
    expect(freeNodeId(pipeline, 'Größe & Zeit')).toBe('gr-e-zeit');
    expect(freeNodeId(pipeline, '…')).toBe('node');
    expect(freeNodeId(pipeline, 'x'.repeat(90)).length).toBeLessThanOrEqual(63);
  });

  it('puts the node on the 8 px grid', () => {
    const after = addNode({ id: 'map', kind: 'map', name: 'map', config: {} }, { x: 101, y: 59.9 })(pipeline);
    expect(after.nodes.at(-1)?.id).toBe('map');
    expect(after.layout.nodes.at(-1)).toEqual({ id: 'map', x: 104, y: 56 });
  });
});

describe('moving', () => {
  it('touches the layout only, so that nothing has to be checked again', () => {
    const after = moveNodes(new Map([['late', { x: 37, y: 130 }]]))(pipeline);
    expect(after.layout.nodes[0]).toEqual({ id: 'late', x: 40, y: 128 });
    expect(after.nodes).toBe(pipeline.nodes);
    expect(after.edges).toBe(pipeline.edges);
    expect(after.layout.nodes[1]).toBe(pipeline.layout.nodes[1]);
  });

  it('is no change when the node stays on its grid point', () => {
    expect(moveNodes(new Map([['late', { x: 2, y: 127 }]]))(pipeline)).toBe(pipeline);
  });
});

describe('renaming and configuring', () => {
  it('changes the name and keeps the id', () => {
    const after = renameNode('late', '  only late ones ')(pipeline);
    expect(after.nodes[0]).toMatchObject({ id: 'late', name: 'only late ones' });
    expect(renameNode('late', '   ')(pipeline)).toBe(pipeline);
  });

  it('sets, makes and takes away places in the config', () => {
    const set = configureNode('late', ['condition'], 'true')(pipeline);
    expect(set.nodes[0]?.config).toEqual({ condition: 'true' });
    expect(set.nodes[1]).toBe(pipeline.nodes[1]);
    const made = configureNode(
      'flights',
      ['list', 1, 'name'],
      'b',
    )(configureNode('flights', ['list', 0, 'name'], 'a')(pipeline));
    expect(made.nodes[1]?.config).toEqual({ list: [{ name: 'a' }, { name: 'b' }] });
    const taken = configureNode('flights', ['list', 0], undefined)(made);
    expect(taken.nodes[1]?.config).toEqual({ list: [{ name: 'b' }] });
    expect(configureNode('late', ['condition'], undefined)(pipeline).nodes[0]?.config).toEqual({});
  });

  it('keeps a field called __proto__ a field like any other', () => {
    const after = configureNode('late', ['__proto__'], 'x')(pipeline);
    expect(Object.keys(after.nodes[0]?.config ?? {})).toEqual(['condition', '__proto__']);
    expect(configAt(after.nodes[0]?.config, ['toString'])).toBeUndefined();
  });

  it('leaves the error policy to the pipeline when none is chosen', () => {
    const chosen = setErrorPolicy('late', 'skip')(pipeline);
    expect(chosen.nodes[0]?.errorPolicy).toBe('skip');
    expect(setErrorPolicy('late', undefined)(chosen).nodes[0]).toEqual(pipeline.nodes[0]);
  });
});

describe('wiring', () => {
  it('wires an edge once', () => {
    const edge = { from: 'flights.out', to: 'out.in' };
    const after = connect(edge)(pipeline);
    expect(after.edges).toHaveLength(3);
    expect(connect(edge)(after)).toBe(after);
  });

  it('knows what is reached', () => {
    expect(reaches(pipeline, 'flights', 'out')).toBe(true);
    expect(reaches(pipeline, 'out', 'flights')).toBe(false);
  });

  it('orders nodes along the flow, also around a cycle', () => {
    expect(flowOrder(pipeline)).toEqual(['flights', 'late', 'out']);
    const cycle = connect({ from: 'out.out', to: 'flights.in' })(pipeline);
    expect([...flowOrder(cycle)].sort()).toEqual(['flights', 'late', 'out']);
    const chain = Array.from({ length: 10_000 }, (_, n) => `n${n}`);
    const long = {
      nodes: chain.map((id) => ({ id, kind: 'map', name: id, config: {} })).toReversed(),
      edges: chain.slice(1).map((id, n) => ({ from: `n${n}.out`, to: `${id}.in` })),
    };
    expect(flowOrder(long)).toEqual(chain);
  });
});

describe('deleting', () => {
  it('takes the edges and the place of a node with it', () => {
    const after = remove(new Set(['late']), new Set())(pipeline);
    expect(after.nodes.map((node) => node.id)).toEqual(['flights', 'out']);
    expect(after.edges).toEqual([]);
    expect(after.layout.nodes.map((place) => place.id)).toEqual(['flights', 'out']);
  });

  it('takes an edge by itself', () => {
    const after = remove(new Set(), new Set(['late.out>out.in']))(pipeline);
    expect(after.edges).toEqual([{ from: 'flights.out', to: 'late.in' }]);
    expect(after.nodes).toEqual(pipeline.nodes);
  });

  it('is no change when nothing is named', () => {
    expect(remove(new Set(['ghost']), new Set())(pipeline)).toBe(pipeline);
  });
});
