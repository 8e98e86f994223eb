import { describe, expect, it } from 'vitest';
import { randomScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

/** Everything that was written, bytes included. */
async function course(seed: number) {
  const { ledger, trace } = await simulate(randomScenario(seed), {}, { traced: true });
  const entries = ledger.entries.map(({ tasks, ranges }) => ({
    tasks,
    ranges: ranges.map(({ topic, partition, from, batch }) => [topic, partition, from, Array.from(batch.bytes)]),
  }));
  return { entries, trace };
}

describe('a seed', () => {
  it('always gives the same course of events and the same bytes', async () => {
    for (let seed = 0; seed < 12; seed++) expect(await course(seed)).toEqual(await course(seed));
  });

  it('gives another course than another seed', async () => {
    const traces = [];
    for (let seed = 0; seed < 12; seed++) traces.push((await course(seed)).trace.join('\n'));
    expect(new Set(traces).size).toBe(12);
  });
});
