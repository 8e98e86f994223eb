import { type Pipeline, type PipelineEdge, topicCatalogue } from '@millrace/engine';
import { expect, it } from 'vitest';
import { repartitionedBy as repartitionedByKnown } from './repartition.ts';

const repartitionedBy = (drawn: Pick<Pipeline, 'nodes' | 'edges'>, edge: PipelineEdge) =>
  repartitionedByKnown(drawn, edge, { catalogue: topicCatalogue([]), inputType: () => undefined });

const pipeline = (by: string, key: string) => ({
  nodes: [
    { id: 's', kind: 'source', name: 's', config: { topic: 't' } },
    { id: 'm', kind: 'map', name: 'm', config: { value: '', key } },
    { id: 'f', kind: 'filter', name: 'f', config: { condition: 'true' } },
    { id: 'a', kind: 'aggregate', name: 'a', config: { by, aggregations: [{ name: 'n', function: 'count' }] } },
  ],
  edges: [
    { from: 's.out', to: 'm.in' },
    { from: 'm.out', to: 'f.in' },
    { from: 'f.out', to: 'a.in' },
  ],
});
const edge = { from: 'f.out', to: 'a.in' };

it('names the key that an aggregate gathers by', () => {
  expect(repartitionedBy(pipeline('value.airport.state', ''), edge)).toBe('state');
  expect(repartitionedBy(pipeline('lower(value.city)', ''), edge)).toBe('lower(value.city)');
  expect(repartitionedBy(pipeline('concat(value.origin, value.destination)', ''), edge)).toBe('a new key');
});

it('finds the map that changed the key on the way', () => {
  expect(repartitionedBy(pipeline('', 'value.destination'), edge)).toBe('destination');
});

it('is null where keys stay, and on edges into nodes that need no equal keys', () => {
  expect(repartitionedBy(pipeline('', ''), edge)).toBeNull();
  expect(repartitionedBy(pipeline('value.a', 'value.b'), { from: 'm.out', to: 'f.in' })).toBeNull();
});

const chain = (kind: string, config: Record<string, string | number>, before: Record<string, string>) => ({
  nodes: [
    { id: 's', kind: 'source', name: 's', config: { topic: 't' } },
    { id: 'm', kind: 're-key', name: 'm', config: before },
    { id: 'x', kind, name: 'x', config },
  ],
  edges: [
    { from: 's.out', to: 'm.in' },
    { from: 'm.out', to: 'x.in' },
  ],
});

it.each([
  ['repartition', { key: 'value.city', partitions: 2 }, { key: 'value.a' }, 'city'],
  ['repartition', { partitions: 2 }, { key: 'value.a' }, 'a'],
  ['dedupe', { by: 'value.order' }, { key: 'value.a' }, 'order'],
  ['dedupe', {}, { key: 'value.a' }, 'a'],
  ['to-table', {}, { key: 'value.a' }, 'a'],
  ['filter', { condition: 'true' }, { key: 'value.a' }, null],
])('goes by what the engine says of %s %j behind a new key %j', (kind, config, before, by) => {
  expect(repartitionedBy(chain(kind, config, before), { from: 'm.out', to: 'x.in' })).toBe(by);
});

it('says their key where records are moved though they have the key that they came with', () => {
  const drawn = { ...chain('repartition', {}, {}), edges: [{ from: 's.out', to: 'x.in' }] };
  expect(repartitionedBy(drawn, { from: 's.out', to: 'x.in' })).toBe('their key');
});

it('finds new keys through merges and branches, and names what a repartition moves by', () => {
  const merged = {
    nodes: [
      { id: 's', kind: 'source', name: 's', config: { topic: 't' } },
      { id: 'k', kind: 're-key', name: 'k', config: { key: 'value.user' } },
      { id: 'm', kind: 'merge', name: 'm', config: { inputs: 2 } },
      { id: 'b', kind: 'branch', name: 'b', config: { branches: [{ name: 'x', condition: 'true' }] } },
      { id: 't', kind: 'to-table', name: 't', config: {} },
      { id: 'r', kind: 'repartition', name: 'r', config: {} },
    ],
    edges: [
      { from: 's.out', to: 'm.in-1' },
      { from: 's.out', to: 'k.in' },
      { from: 'k.out', to: 'm.in-2' },
      { from: 'm.out', to: 'b.in' },
      { from: 'b.x', to: 't.in' },
      { from: 's.out', to: 'r.in' },
    ],
  };
  expect(repartitionedBy(merged, { from: 'b.x', to: 't.in' })).toBe('user');
  expect(repartitionedBy(merged, { from: 'm.out', to: 'b.in' })).toBeNull();
  expect(repartitionedBy(merged, { from: 's.out', to: 'r.in' })).toBe('their key');
});

it('says their key behind a node that moved records by something else and gave them their own again', () => {
  const drawn = chain('aggregate', {}, {});
  const before = { id: 'm', kind: 'dedupe', name: 'm', config: { by: 'value.order' } };
  const nodes = drawn.nodes.map((node) => (node.id === 'm' ? before : node));
  expect(repartitionedBy({ ...drawn, nodes }, { from: 'm.out', to: 'x.in' })).toBe('their key');
});
