import { emptyCounters } from '@millrace/engine';
import { expect, it } from 'vitest';
import { rateOver, tellerOf, totalOver } from './edge-flow.ts';

const node = (id: string, kind: string, config = {}) => ({ id, kind, name: id, config });
const branch = node('parted', 'branch', {
  branches: [
    { name: 'large', condition: 'true' },
    { name: 'small', condition: 'true' },
  ],
  otherwise: false,
});
const live = (inRate: number, outRate: number) => ({
  rates: { in: inRate, out: outRate },
  counters: { ...emptyCounters, in: 10 * inRate, out: 10 * outRate },
});
const nodes = new Map([
  ['parted', live(100, 100)],
  ['large-ones', live(30, 30)],
  ['late', live(100, 40)],
]);

it('tells an edge from the one output before it', () => {
  const teller = tellerOf(node('late', 'filter', { condition: 'true' }), node('large-ones', 'sink', { topic: 't' }));
  expect([rateOver(teller, nodes), totalOver(teller, nodes)]).toEqual([40, 400]);
});

it('counts what closing windows sent among it', () => {
  const closing = { rates: { in: 9, out: 5 }, counters: { ...emptyCounters, in: 90, absorbed: 90, timed: 50 } };
  const teller = tellerOf(node('late', 'filter', { condition: 'true' }), null);
  expect(totalOver(teller, new Map([['late', closing]]))).toBe(50);
});

it('tells one of several outputs from the one input behind it', () => {
  const teller = tellerOf(branch, node('large-ones', 'sink', { topic: 't' }));
  expect([rateOver(teller, nodes), totalOver(teller, nodes)]).toEqual([30, 300]);
});

it('tells nothing between several outputs and several inputs', () => {
  const teller = tellerOf(branch, node('all', 'merge', { inputs: 2 }));
  expect([teller, rateOver(teller, nodes), totalOver(teller, nodes)]).toEqual([null, undefined, undefined]);
});
