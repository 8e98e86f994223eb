import { topicCatalogue, validatePipeline } from '@millrace/engine';
import { describe, expect, it } from 'vitest';
import { queryFiles } from './query-files.ts';

const files = queryFiles();

describe('the Nexmark queries', () => {
  it('are q0 to q22, each in a file of its own', () => {
    expect([...files.keys()]).toEqual(Array.from({ length: 23 }, (_, number) => number));
    for (const [number, { id }] of files) expect(id).toBe(`nexmark-q${number}`);
  });

  it.each([...files])('q%i has nothing to complain about', (_number, pipeline) => {
    expect(validatePipeline(pipeline, topicCatalogue([])).diagnostics).toEqual([]);
  });

  it.each([...files])(
    'q%i says what it asks, and every node has a place of its own on the canvas',
    (_number, pipeline) => {
      expect(pipeline.description).not.toBe('');
      const places = pipeline.layout.nodes;
      expect(places.map(({ id }) => id).sort()).toEqual(pipeline.nodes.map(({ id }) => id).sort());
      expect(new Set(places.map(({ x, y }) => `${x},${y}`)).size).toBe(places.length);
      // 256 × 88 is a node's size; its inputs are above it.
      for (const { x, y } of places) expect([x % 40, y % 40]).toEqual([0, 0]);
      for (const { from, to } of pipeline.edges) {
        const above = places.find(({ id }) => id === from.split('.')[0]);
        const below = places.find(({ id }) => id === to.split('.')[0]);
        expect((below?.y ?? 0) - (above?.y ?? 0)).toBeGreaterThanOrEqual(120);
      }
    },
  );
});
