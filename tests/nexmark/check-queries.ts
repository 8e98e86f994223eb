import { planTopology, topicCatalogue } from '@millrace/engine';
import { afterAll, describe, expect, it } from 'vitest';
import type { Inputs } from './auction-house.ts';
import { differences } from './compare-output.ts';
import type { ExpectedOutput } from './expected-output.ts';
import { GeneratedInputs, outOfOrder } from './generated-inputs.ts';
import { queryFiles, withSeed } from './query-files.ts';
import { runQuery } from './run-query.ts';

const seeds = [1, 2, 3];
const eventsMin = 100_000;

/** Tests that queries give exactly what is computed for them, for each of the seeds. */
export function checkQueries(expectedOutputs: { readonly [query: number]: (inputs: Inputs) => ExpectedOutput }): void {
  const files = queryFiles();
  describe.each(seeds)('over the events of seed %i', (seed) => {
    const generated = new GeneratedInputs();
    afterAll(() => generated.clear());
    for (const [number, compute] of Object.entries(expectedOutputs)) {
      it(`q${number} gives what a plain computation gives`, { timeout: 300_000 }, () => {
        const pipeline = files.get(Number(number));
        if (pipeline === undefined) throw new Error(`There is no file of q${number}.`);
        const topology = planTopology(withSeed(pipeline, seed), topicCatalogue([]));
        const { topics, inputs } = generated.of(topology);
        const { records, counters } = runQuery(topology, topics);
        const expected = compute(inputs);

        expect(inputs.events.length).toBeGreaterThanOrEqual(eventsMin);
        expect(records.length).toBeGreaterThan(0);
        expect(differences(records, expected)).toEqual([]);
        const isInOrder = number === '12';
        expect(outOfOrder(inputs) > 0).toBe(!isInOrder);
        for (const [node, late] of Object.entries(expected.late ?? {})) {
          expect([node, counters.get(node)?.late]).toEqual([node, late]);
          expect([node, late > 0]).toEqual([node, !isInOrder]);
        }
      });
    }
  });
}
