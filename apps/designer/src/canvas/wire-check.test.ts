import type { InputPort } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { refusalOf, verdictsFrom } from './wire-check.ts';

const node = (id: string, kind: string) => ({ id, kind, name: id, config: {} });
const inputs: Record<string, readonly InputPort[]> = {
  flights: [],
  airports: [],
  late: [{ name: 'in', title: 'in', shape: 'any' }],
  joined: [
    { name: 'left', title: 'left', shape: 'stream' },
    { name: 'right', title: 'right', shape: 'table' },
  ],
};
const context = {
  pipeline: {
    nodes: [node('flights', 'source'), node('airports', 'source'), node('late', 'filter'), node('joined', 'join')],
    edges: [{ from: 'flights.out', to: 'late.in' }],
  },
  outputs: new Map([
    ['flights.out', { shape: 'stream' as const }],
    ['airports.out', { shape: 'table' as const }],
    ['late.out', { shape: 'stream' as const }],
  ]),
  inputsOf: (id: string) => inputs[id] ?? [],
};

describe('refusalOf', () => {
  it('lets a stream into a stream input and a table into a table input', () => {
    expect(refusalOf('late.out', 'joined.left', context)).toBeNull();
    expect(refusalOf('airports.out', 'joined.right', context)).toBeNull();
  });

  it('says what the input takes', () => {
    expect(refusalOf('flights.out', 'joined.right', context)).toBe('This input takes a table. flights is a stream.');
    expect(refusalOf('airports.out', 'joined.left', context)).toBe('This input takes a stream. airports is a table.');
  });

  it('refuses a second edge, the same edge, the own node and a cycle', () => {
    expect(refusalOf('airports.out', 'late.in', context)).toContain('has an edge already');
    expect(refusalOf('flights.out', 'late.in', context)).toContain('wired already');
    expect(refusalOf('late.out', 'late.in', context)).toContain('feed itself');
    const around = { ...context, pipeline: { ...context.pipeline, edges: [{ from: 'joined.out', to: 'late.in' }] } };
    expect(refusalOf('late.out', 'joined.left', around)).toContain('cycle');
  });

  it('does not refuse for a type that is not known yet', () => {
    expect(refusalOf('joined.out', 'late.in', { ...context, pipeline: { ...context.pipeline, edges: [] } })).toBeNull();
  });
});

it('judges every port of the other side, in both directions', () => {
  const outputsOf = (id: string) => (id === 'joined' ? [] : ['out']);
  const forward = verdictsFrom('late.out', 'source', context, outputsOf);
  expect([...forward].filter(([, refusal]) => refusal === null).map(([end]) => end)).toEqual(['joined.left']);
  const backward = verdictsFrom('joined.right', 'target', context, outputsOf);
  expect([...backward].filter(([, refusal]) => refusal === null).map(([end]) => end)).toEqual(['airports.out']);
});
