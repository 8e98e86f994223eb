import { expect, it } from 'vitest';
import { repartitionedBy } from './repartition.ts';

const pipeline = (by: string, key: string) => ({
  nodes: [
    { id: 's', kind: 'source', name: 's', config: { topic: 't' } },
    { id: 'm', kind: 'map', name: 'm', config: { value: '', key } },
    { id: 'f', kind: 'filter', name: 'f', config: { condition: 'true' } },
    { id: 'a', kind: 'aggregate', name: 'a', config: { by } },
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
